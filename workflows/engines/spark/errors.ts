import { type ServiceError, status } from '@grpc/grpc-js';

/** What a Spark says against what it was asked. */
export class SparkError extends Error {
  /** Its whole words, for what stands within. */
  readonly said: string;
  /** Null where it gave none. */
  readonly sqlState: string | null;
  /** `UNRESOLVED_COLUMN.WITH_SUGGESTION`; null where it gave none. */
  readonly errorClass: string | null;

  constructor(said: string, options: { cause: unknown }) {
    const [first = said] = said.split(/\n\s*at |\n== SQL|;\n'/);
    super(first.replace(/\s+/g, ' ').trim().slice(0, 600), options);
    this.said = said;
    this.sqlState = /SQLSTATE: ([0-9A-Z]{5})/.exec(said)?.[1] ?? null;
    this.errorClass = /\[([A-Z][A-Z_]+(?:\.[A-Z_]+)?)\]/.exec(said)?.[1] ?? null;
  }
}

/** Nobody answers, or not now: with a code as Node has it, so that it is taken for the outage that it is. */
export class SparkAway extends Error {
  readonly code = 'ECONNREFUSED';
}

/** Codes of gRPC that tell of the server, not of what it was asked. */
const AWAY: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED]);

/** What a call failed by, in our words. */
export function sparkError(error: unknown): Error {
  if (!isServiceError(error)) return error instanceof Error ? error : new Error(String(error));
  const { code, details } = error;
  return AWAY.has(code)
    ? new SparkAway(`Spark is out of reach: ${details}`, { cause: error })
    : new SparkError(details, { cause: error });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number';
}
