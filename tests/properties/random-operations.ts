import fc from 'fast-check';
import type { Ways } from './answers.ts';
import { datasets } from './data.ts';
import { Operations } from './operations/arbitrary.ts';
import type { Operation } from './operations/operation.ts';
import type { Loaded, World } from './world.ts';

/** Operations on the same rows: loading takes as long as some ten of them. */
const CASES_A_DATASET = 100;

/**
 * Asks `cases` random operations of random data for what is wrong with their answers. Throws with the seed, and the smallest
 * operation that it is wrong with.
 */
export async function askRandomly(
  { world, ways, cases, seed }: { world: World; ways: Ways; cases: number; seed: number },
  wrong: (operation: Operation, loaded: Loaded) => Promise<readonly string[]>,
): Promise<void> {
  const { schema, objects } = ways.oracle;
  const numRuns = Math.ceil(cases / CASES_A_DATASET);
  for (const [index, dataset] of fc.sample(datasets(world.products), { numRuns, seed }).entries()) {
    const loaded = await world.fill(dataset);
    const operations = new Operations({ schema, objects, rows: loaded.rows });
    const result = await fc.check(
      fc.asyncProperty(operations, async (operation) => {
        const found = await wrong(operation, loaded);
        if (found.length > 0) throw new Error(found.join('\n'));
      }),
      { numRuns: Math.min(CASES_A_DATASET, cases - index * CASES_A_DATASET), seed: seed + index },
    );
    if (!result.failed) continue;
    const [operation] = result.counterexample ?? [];
    const { errorInstance } = result;
    throw new Error(
      [
        `WEFT_PROPERTY_SEED=${seed}, dataset ${index}, after ${result.numRuns} operations; shrunk ${result.numShrinks} times:`,
        operation?.query,
        JSON.stringify(operation?.variables),
        errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
      ].join('\n'),
    );
  }
}
