/** SQLSTATEs by which Postgres says that it cannot serve now: connections, resources, shutdown, crash, locks, time-outs of a transaction. */
const NOT_NOW = /^(?:08|53[023]|57P|58|25P0[34]|40001|40P01|55P03)/;

/** How Node says that nobody answers, and MySQL's client and server that they do not now. */
const NOBODY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
]);

const BROKEN =
  /connection terminated|connection ended|client has encountered a connection error|timeout exceeded when trying to connect|not queryable|server closed the connection/i;

/** How Postgres, Node and DuckDB say that there is no room; DuckDB by words alone. */
const FULL = /^(?:53100|ENOSPC|EDQUOT)$/;
const FULL_IN_WORDS = /no space left on device|disk quota exceeded|max_temp_directory_size/i;

/**
 * True where a disk is full: of the database, or the worker's own. No outage: what fills the disk by itself would do so again and again, and
 * all others would have to wait for it.
 */
export function isDiskFull(error: unknown): boolean {
  // DuckDB's errors come from native code: not of this realm's class in a sandbox.
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  return FULL.test(String(code)) || FULL_IN_WORDS.test(String(message)) || isDiskFull(cause);
}

/** True where an error says that a server is out of reach for a while: worth waiting for, however long. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (!(error instanceof Error) || isDiskFull(error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (NOBODY.has(code) || (/^[0-9A-Z]{5}$/.test(code) && NOT_NOW.test(code)))) return true;
  return BROKEN.test(error.message) || isOutage(error.cause);
}
