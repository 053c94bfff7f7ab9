/** SQLSTATEs by which Postgres says that it cannot serve now: connections, resources, shutdown, crash, locks, time-outs of a transaction. */
const NOT_NOW = /^(?:08|53|57P|58|25P0[34]|40001|40P01|55P03)/;

/** How Node says that nobody answers. */
const NOBODY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOSPC',
]);

const BROKEN =
  /connection terminated|connection ended|client has encountered a connection error|timeout exceeded when trying to connect|not queryable|server closed the connection/i;

/** True where an error says that a server is out of reach for a while: worth waiting for, however long. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (NOBODY.has(code) || (/^[0-9A-Z]{5}$/.test(code) && NOT_NOW.test(code)))) return true;
  return BROKEN.test(error.message) || isOutage(error.cause);
}
