import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openWays, type Ways } from './answers.ts';
import { datasets, type Dataset } from './data.ts';
import { differences } from './differences.ts';
import { ODD } from './odd-operations.ts';
import { openWorld, type World } from './world.ts';

/** Of random data: some has nothing in it, and some has values that the graph cannot say. */
const SEED = 4;

let world: World;
let ways: Ways;
let data: Dataset[];
beforeAll(async () => {
  world = await openWorld();
  ways = openWays(world);
  data = fc.sample(datasets(world.products), { numRuns: 4, seed: SEED });
});
afterAll(() => world.close());

for (const [what, table] of Object.entries(ODD))
  describe(`${what}, compiled, answer as by GraphQL`, () => {
    test.each(table)('%s', async (_name, query, variables = '{}', operationName?) => {
      const operation = {
        query,
        variables: JSON.parse(variables) as Record<string, unknown>,
        ...(operationName === undefined ? {} : { operationName }),
      };
      for (const dataset of data) {
        const loaded = await world.fill(dataset);
        // Twice: the second time by the form that was kept, and prepared.
        expect(await differences(ways, operation, loaded)).toEqual([]);
        expect(await differences(ways, operation, loaded)).toEqual([]);
      }
    });
  });
