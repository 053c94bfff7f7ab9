import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface ProgramAsk {
  /** The interpreter by which it is started and followed. */
  readonly python: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Where it runs: its own, which is removed where this process is killed. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** How long it may say nothing, on either output. */
  readonly silentMs: number;
  /** When it must have ended. */
  readonly untilMs: number;
}

/** How a program failed; the message completes a sentence that begins with its name. It may have secrets in it. */
export class ProgramFault extends Error {}

const LAUNCHER = fileURLToPath(new URL('./launch.py', import.meta.url));
/** Of one line: a record with a document in it may have some megabytes, and DuckDB takes no more. */
const LINE_BYTES = 16 * 1024 * 1024;
/** What ends a traceback of Python, else what is logged as an error. */
const TELLING = [/^(\w+\.)*\w*(Error|Exception|Exit)\b/, /critical|fatal|\berror\b/i];
/** Of what it said last on its error output: a traceback has some thousand letters. */
const TAIL_LETTERS = 16 * 1024;

/**
 * Runs a program to its end and yields the lines of its output, some at a time, as they are asked for: it waits meanwhile. It ends,
 * with all that it started, when the signal fires, when nobody asks on, and with this process, however that ends. Throws ProgramFault.
 */
export async function* linesOf(ask: ProgramAsk): AsyncGenerator<readonly string[]> {
  const { python, command, folder, environment, signal, silentMs, untilMs } = ask;
  signal.throwIfAborted();
  const child = spawn(python, ['-IS', LAUNCHER, folder, ...command], {
    // A group of its own, which can be ended as a whole.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', PYTHONIOENCODING: 'utf-8', TZ: 'UTC', ...environment },
  });
  const ended = endOf(child);
  const ending: { fault?: ProgramFault } = {};
  const stop = (why: string): void => {
    ending.fault ??= new ProgramFault(why);
    killGroup(child);
  };
  const silent = setTimeout(() => stop(`said nothing for ${silentMs / 1_000} s, which silentSeconds allows`), silentMs);
  const late = setTimeout(() => stop('took longer than timeoutSeconds allows'), Math.max(0, untilMs - Date.now()));
  const abort = (): void => killGroup(child);
  signal.addEventListener('abort', abort);
  const lastWords = tailOf(child.stderr, () => silent.refresh());
  try {
    for await (const lines of wholeLines(child.stdout)) {
      silent.refresh();
      yield lines;
      silent.refresh();
    }
    const { code, said } = await ended;
    signal.throwIfAborted();
    if (code !== 0) throw new ProgramFault(`${said}: ${lastWords()}`);
  } catch (error) {
    throw ending.fault ?? error;
  } finally {
    clearTimeout(silent);
    clearTimeout(late);
    signal.removeEventListener('abort', abort);
    killGroup(child);
    await ended.catch(() => undefined);
  }
}

function endOf(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const ended = new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      // What it left behind would hold its output open.
      killGroup(child);
      resolve({ code, said: code === null ? `was ended by ${signal ?? 'a signal'}` : `ended with exit code ${code}` });
    });
    child.once('error', (error) => reject(new ProgramFault(`cannot be started: ${error.message}`, { cause: error })));
  });
  // Told by whoever waits for it.
  ended.catch(() => undefined);
  return ended;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function* wholeLines(output: Readable): AsyncGenerator<readonly string[]> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of output as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf('\n');
    if (end >= 0) {
      yield Buffer.concat([...rest, chunk.subarray(0, end)])
        .toString('utf8')
        .split('\n');
      rest = [];
      bytes = 0;
    }
    const more = chunk.subarray(end + 1);
    rest.push(more);
    bytes += more.length;
    if (bytes > LINE_BYTES) throw new ProgramFault(`said a line of more than ${LINE_BYTES / 1024 / 1024} MiB`);
  }
  if (bytes > 0) yield [Buffer.concat(rest).toString('utf8')];
}

/** Follows what a program says of itself; answers the line that tells most of why it ended. */
function tailOf(output: Readable, onHeard: () => void): () => string {
  let tail = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    onHeard();
    tail += text;
    if (tail.length <= TAIL_LETTERS) return;
    const kept = tail.slice(-TAIL_LETTERS);
    // A line that was cut might show a part of a secret that nobody would find in it.
    tail = kept.slice(kept.indexOf('\n') + 1);
  });
  return () => {
    const lines = tail.split('\n').filter((line) => line.trim() !== '');
    const telling = TELLING.map((words) => lines.findLast((line) => words.test(line))).find(
      (line) => line !== undefined,
    );
    return (telling ?? lines.at(-1) ?? 'it said nothing of why').trim();
  };
}
