import { Refusal } from '../../schema/errors.ts';
import type { ReaderPools, Reading } from '../../schema/reading.ts';
import type { BoundValue } from './fetch.ts';
import { openLane, TooSlow } from './lane.ts';
import type { Limits } from './limits.ts';
import { recent } from './recent.ts';
import { rowsIn } from './rows-in.ts';
import type { Variables } from './slot.ts';
import type { Statement } from './statement.ts';

/** Runs a statement of one row and one column of text, and answers that. Failures of the database are refusals. */
export type RunStatement = (statement: Statement, variables: Variables, reading: Reading) => Promise<string | null>;

/** Statements that are known to be slow: those that a mesh's dashboards have, and more. */
const KNOWN_SLOW = 2_000;

/**
 * Runs statements in two lanes, so that those which take seconds never stand before those which take a millisecond: whatever is not
 * done in the quick lane's time is stopped there and begun anew in the slow one, where its like go at once from then on.
 */
export function statementRunner(
  pools: ReaderPools,
  { quickMs, statementTimeoutMs }: Pick<Limits, 'quickMs' | 'statementTimeoutMs'>,
): RunStatement {
  const { server = null } = pools;
  const lanes = {
    quick: openLane(pools.quick, { timeoutMs: quickMs, plans: 'generic', server }),
    slow: openLane(pools.slow, { timeoutMs: statementTimeoutMs, plans: 'custom', server }),
  };
  const isSlow = recent<boolean>(KNOWN_SLOW);
  const inLane = async (
    name: 'quick' | 'slow',
    statement: Statement,
    values: readonly BoundValue[],
    reading: Reading,
  ) => {
    const lane = lanes[name];
    const { signal, watch } = reading;
    if (watch === undefined) return lane.run(statement, values, signal);
    const began = performance.now();
    let text: string | null;
    try {
      text = await lane.run(statement, values, signal);
    } catch (error) {
      const ms = performance.now() - began;
      watch.saw({ sql: statement.text, ms, bytes: 0, lane: name, failure: failureCode(error) });
      throw error;
    }
    const ms = performance.now() - began;
    const rows = watch.counts ? { rows: rowsIn(text ?? '') } : {};
    const plan = watch.explain ? { plan: await lane.explain(statement, values, signal) } : {};
    watch.saw({ sql: statement.text, ms, bytes: text?.length ?? 0, lane: name, ...rows, ...plan });
    return text;
  };
  return async (statement, variables, reading) => {
    const values = statement.parameters.map(({ of }) => of(variables));
    for (const product of statement.products) reading.productsRead.add(product);
    if (isSlow.get(statement.name) !== true)
      try {
        return await inLane('quick', statement, values, reading);
      } catch (error) {
        if (!(error instanceof TooSlow)) throw error;
        isSlow.set(statement.name, true);
      }
    try {
      const began = performance.now();
      const text = await inLane('slow', statement, values, reading);
      // It may have been the other values, or an empty cache.
      if (performance.now() - began < quickMs / 4) isSlow.set(statement.name, false);
      return text;
    } catch (error) {
      if (!(error instanceof TooSlow)) throw error;
      const message = `The query took longer than ${statementTimeoutMs / 1000} s and was stopped; filter it, or ask for less.`;
      throw new Refusal('QUERY_TIMEOUT', message, { cause: error });
    }
  };
}

function failureCode(error: unknown): string {
  if (error instanceof TooSlow) return 'TOO_SLOW';
  return error instanceof Refusal ? error.code : 'INTERNAL';
}
