/** What a proxy says whose service does not answer. */
export const NOBODY_THERE: ReadonlySet<number> = new Set([502, 503, 504]);

/** What a service did or is, as the end of a sentence that begins with its name and is safe to show: never a word of its body. */
export class Misbehavior extends Error {}

/** It did not answer at all: such failures, one after another, are what opens its circuit breaker. */
export class OutOfReach extends Misbehavior {
  /** A moment later it may answer, and nothing of an answer has come: a query may be sent again. */
  readonly again: boolean;
  /** Of HTTP, where something before it answered. */
  readonly status: number | null;

  constructor(
    message: string,
    again: boolean,
    { cause, status = null }: { cause?: unknown; status?: number | null } = {},
  ) {
    super(message, { cause });
    this.again = again;
    this.status = status;
  }
}
