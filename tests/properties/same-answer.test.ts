import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWays, type Ways } from './answers.ts';
import { propertyConfig } from './config.ts';
import { differences, federatedDifferences } from './differences.ts';
import { openFederation, type Federation } from './federated.ts';
import { askRandomly } from './random-operations.ts';
import { openWorld, type World } from './world.ts';

const { cases, seed } = propertyConfig();
/** Several fetches each, and a plan. */
const FEDERATED_CASES = Math.ceil(cases / 10);
const A_DAY_MS = 24 * 60 * 60 * 1000;

let world: World;
let ways: Ways;
let federation: Federation;
beforeAll(async () => {
  process.stderr.write(`Property tests: ${cases} cases, WEFT_PROPERTY_SEED=${seed}\n`);
  world = await openWorld();
  ways = openWays(world);
  federation = await openFederation(world);
});
afterAll(async () => {
  await world.close();
});

test(
  'whatever is asked of whatever data, the compiled statement and the checked execution answer as plain GraphQL does',
  async () => {
    let asked = 0;
    await askRandomly({ world, ways, cases, seed }, (operation, loaded) => {
      asked += 1;
      return differences(ways, operation, loaded);
    });
    expect(asked).toBe(cases);
  },
  A_DAY_MS,
);

test(
  'whatever is asked, domains behind a gateway answer as all of them together do',
  async () => {
    let asked = 0;
    await askRandomly({ world, ways, cases: FEDERATED_CASES, seed: seed + 1 }, (operation, loaded) => {
      asked += 1;
      return federatedDifferences(ways, federation, operation, loaded);
    });
    expect(asked).toBe(FEDERATED_CASES);
  },
  A_DAY_MS,
);
