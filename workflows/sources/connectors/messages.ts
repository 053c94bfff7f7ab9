import { parseExactly } from '../exact-json.ts';
import { ProgramFault } from './program.ts';

/** Messages of JSON, one a line. Throws ProgramFault where a line is none; with `mumbles` only where it looks like one. */
export function messagesOf(lines: readonly string[], { mumbles = false }: { mumbles?: boolean } = {}): unknown[] {
  return lines.flatMap((line) => {
    const text = line.trim();
    return text === '' || (mumbles && !text.startsWith('{')) ? [] : [jsonOf(text)];
  });
}

/** What was said as one value of JSON. Throws ProgramFault where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return parseExactly(text);
  } catch (error) {
    const beginning = JSON.stringify(text.trim().slice(0, 100));
    throw new ProgramFault(`says what is no JSON: ${beginning}`, { cause: error });
  }
}
