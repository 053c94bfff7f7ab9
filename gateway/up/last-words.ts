import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Enough for the last lines of a log, also where they are JSON. */
const TAIL_BYTES = 16 * 1024;

/** What a process last complained of in its log since `from`, as the end of a sentence; empty where it said nothing. */
export function lastWords(log: string, from = 0): string {
  const lines = tail(log, from)
    .split('\n')
    .map((line) => messageOf(line.trim()))
    .filter((line) => line !== null);
  const complaint = lines.findLast((line) => line.isComplaint) ?? lines.at(-1);
  return complaint === undefined ? '.' : `. It says: ${complaint.text.slice(0, 500)}`;
}

function messageOf(line: string): { text: string; isComplaint: boolean } | null {
  if (line === '' || line.startsWith('at ') || line.startsWith('Node.js v')) return null;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry === 'object' && entry !== null && 'msg' in entry) {
      const cause = 'err' in entry && typeof entry.err === 'object' ? entry.err : null;
      const detail = cause !== null && 'message' in cause ? `: ${String(cause.message)}` : '';
      return { text: `${String(entry.msg)}${detail}`, isComplaint: 'level' in entry && Number(entry.level) >= 50 };
    }
  } catch {
    // A plain line.
  }
  const logfmt = /\blevel=(\w+) msg=("(?:[^"\\]|\\.)*")/.exec(line);
  if (logfmt?.[2] !== undefined)
    return { text: logfmt[2].slice(1, -1), isComplaint: /error|fatal/i.test(logfmt[1] ?? '') };
  return { text: line, isComplaint: /\b(FATAL|PANIC|[A-Za-z]*Error\b|error:)/.test(line) };
}

function tail(log: string, from: number): string {
  let file: number;
  try {
    file = openSync(log, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(Math.min(from, size), size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
