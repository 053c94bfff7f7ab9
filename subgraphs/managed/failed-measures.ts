import type { GraphQLFieldResolver } from 'graphql';
import { Refusal } from '../../schema/errors.ts';
import type { JsonSql } from './json-sql.ts';
import { refusalError } from './refusal-error.ts';
import type { FailedMeasures, Statement } from './statement.ts';

/** Stands in the JSON of a measure, which is a scalar, where it has failed. */
interface Failed {
  readonly failed: string;
}

/**
 * The JSON of a statement in which measures may fail on the data: each of those that do says so in its place, and the others are
 * answered. Which they are is found by computing each without the others. What fails elsewhere, in an order or filter, is thrown.
 */
export async function withFailedMeasures(
  make: (failed: FailedMeasures) => Statement,
  run: (statement: Statement) => Promise<string | null>,
): Promise<string | null> {
  const whole = make(new Map());
  try {
    return await run(whole);
  } catch (error) {
    if (!isExpressionFailure(error) || whole.measures.length === 0) throw error;
    const all = whole.measures.map((measure) => [measure, error.message] as const);
    const failed = new Map(all.length === 1 ? all : []);
    if (all.length > 1)
      for (const [measure] of all) {
        const others = new Map(all.filter(([other]) => other !== measure));
        await run(make(others)).catch((failure: unknown) => {
          if (!isExpressionFailure(failure)) throw failure;
          failed.set(measure, failure.message);
        });
      }
    return run(make(failed));
  }
}

/** True of the refusal that an expression of a contract failed on the data. */
export function isExpressionFailure(error: unknown): error is Refusal {
  return error instanceof Refusal && error.code === 'EXPRESSION_FAILED';
}

/** What stands in the place of a measure that failed. */
export function failedSql(message: string): JsonSql {
  const failed: Failed = { failed: message };
  return { sql: `'${JSON.stringify(failed).replaceAll("'", "''")}'`, sound: true };
}

/** Reads a measure by its response key; throws where it has failed. */
export const readMeasure: GraphQLFieldResolver<Readonly<Record<string, unknown>>, unknown> = (
  row,
  _args,
  _context,
  info,
) => {
  const value = row[info.path.key];
  if (typeof value !== 'object' || value === null) return value;
  throw refusalError(new Refusal('EXPRESSION_FAILED', (value as Failed).failed));
};
