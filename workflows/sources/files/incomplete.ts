import { Refusal } from '../../../schema/errors.ts';

/** The refusal of a file that is not whole: `found` completes a sentence that begins with its name. */
export function incomplete(label: string, found: string, cause?: unknown): Refusal {
  return new Refusal(
    'SOURCE_INCOMPLETE',
    `The source file ${JSON.stringify(label)} ${found}. Put the whole file in its place and refresh again.`,
    { cause },
  );
}

/** What DuckDB and decoders say of what breaks off or is damaged. */
const BROKEN =
  /malformed|magic bytes|footer|unexpected end|unterminated|corrupt|truncat|invalid (unicode|utf|input|error)|decompress|gzip|thrift|out of range|failed to (read|decode)|not utf-8|TProtocol|maximum line size|Could not read enough bytes|Maximum_object_size/i;

/** A file that breaks off or is damaged, as DuckDB says it, is a refusal; anything else is returned as it is. */
export function asIncomplete(label: string, error: unknown): unknown {
  if (error instanceof Refusal) return error;
  // DuckDB's errors come from native code: not of this realm's class in a sandbox.
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const [first = ''] = message.split('\n');
  if (!BROKEN.test(message) || /interrupt/i.test(first)) return error;
  return incomplete(label, `cannot be read to its end: ${withoutPaths(first)}`, error);
}

/** A message that names no place of this machine. */
function withoutPaths(message: string): string {
  return message.replace(/"?(?:\/proc\/self\/fd\/\d+|\/[^\s"':]*\/[0-9a-f-]{36}\/[^\s"':]*)"?/g, 'it').slice(0, 300);
}
