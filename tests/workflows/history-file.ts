/** Workflow histories as JSON files: numbers for 64-bit numbers, `{ "$bytes": … }` in base64 for bytes, and nothing of the machine. */

const OF_THE_MACHINE: Readonly<Record<string, string>> = { stackTrace: '', identity: 'worker' };

/** The text of a history as `fetchHistory` answers it. */
export function historyText(history: object): string {
  return `${JSON.stringify(plain(history), null, 1)}\n`;
}

/** A history that `runReplayHistories` takes. */
export function readHistory(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && '$bytes' in value
      ? Buffer.from(String(value.$bytes), 'base64')
      : value,
  );
}

/** By own fields: the messages' own `toJSON` writes enums as words, which nothing here reads back. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  // Names of workers and of their sticky queues: process and host.
  if (typeof value === 'string') return value.replace(/\b\d+@[\w.-]+/g, 'worker');
  if (typeof value !== 'object' || value === null) return value;
  if ('toNumber' in value && typeof value.toNumber === 'function') return (value as { toNumber(): number }).toNumber();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, OF_THE_MACHINE[key] ?? plain(inner)]));
}
