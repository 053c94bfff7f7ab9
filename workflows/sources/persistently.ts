import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { Refusal } from '../../schema/errors.ts';
import { isOutage } from '../outage.ts';

/** Enough for a restart of the server, and less than whoever waits for the stage would wonder at. */
const AGAIN = { maxAttempts: 4, backoff: new ExponentialBackoff({ initialDelay: 500, maxDelay: 8_000 }) };

/**
 * Does `work` from its start as often as its connection breaks, a few times; then refuses with SOURCE_FAILED. What is no matter of
 * the connection is thrown as it is.
 */
export async function persistently<Result>(
  { label, signal }: { readonly label: string; readonly signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await retry(
      handleWhen((error) => !signal.aborted && isBroken(error)),
      AGAIN,
    ).execute(work, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isBroken(error)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      'SOURCE_FAILED',
      `The source ${JSON.stringify(label)} did not last: ${said}. It was tried ${AGAIN.maxAttempts + 1} times; refresh again once it answers.`,
      { cause: error },
    );
  }
}

function isBroken(error: unknown): boolean {
  return !(error instanceof Refusal) && isOutage(error);
}
