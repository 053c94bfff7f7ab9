import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { linkMesh } from '../../schema/contract/link.ts';
import type { ManagedProducts, Product } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { sqlName } from '../../schema/ids.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import { ask, NARROW, openWays, toldOf, type Ways } from './answers.ts';
import { propertyConfig } from './config.ts';
import { askRandomly } from './random-operations.ts';
import { openWorld, type World } from './world.ts';

const { cases, seed } = propertyConfig();
const A_DAY_MS = 24 * 60 * 60 * 1000;
const FOLDER = fileURLToPath(new URL('./mesh', import.meta.url));

let world: World;
let ways: Ways;
beforeAll(async () => {
  world = await openWorld();
  ways = openWays(world);
});
afterAll(() => world.close());

/** The same contracts, with a server on which the tables are that Weft has made of them. */
function registeredTwin({ id, domain }: Product): Product {
  const folder = `${FOLDER}/${id}`;
  const server = `servers:
  - server: twin
    type: postgres
    host: 127.0.0.1
    port: 5432
    database: twin
    schema: ${sqlName(domain)}
    customProperties:
      - { property: user, value: reader }
      - { property: password, value: '\${secret:TWIN}' }
schema:`;
  const files = readdirSync(folder)
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => ({ path, text: readFileSync(`${folder}/${path}`, 'utf8') }))
    .map(({ path, text }) => ({
      path,
      text: path.endsWith('.odcs.yaml')
        ? text
            .replace(/^schema:/m, server)
            .replace(/^ {2}- name: (\w+)$/gm, (line, name: string) => `${line}\n    physicalName: ${sqlName(name)}__1`)
        : text,
    }));
  const { product, findings } = readProduct(files, { folder: id.split('/')[1]! });
  if (product?.kind !== 'registered') throw new Error(JSON.stringify(findings));
  return product;
}

function twins(): ManagedProducts {
  const { mesh } = linkMesh(world.products.products.map(registeredTwin));
  const models = [...mesh.registered.values()];
  expect(models).toHaveLength(mesh.domains.size);
  return {
    products: models.flatMap(({ products }) => products),
    references: models.flatMap(({ references }) => references),
  };
}

test(
  'whatever is asked, tables that are registered answer as the same ones do that are managed',
  async () => {
    const products = twins();
    const registered = openSubgraph({ ...world.pools, server: 'twin' }, NARROW)(products);
    // What lists of them are to a row that is missing is an error of managed ones alone: here they may be null, so that an outage stays local.
    const nullable = new Set(
      products.references.flatMap(({ to, reverseField, reverseAggregateField }) => [
        `${to.type}.${reverseField}`,
        `${to.type}.${reverseAggregateField}`,
      ]),
    );
    const isOfList = ({ message }: { readonly message: string }): boolean =>
      nullable.has(/non-nullable field ([\w.]+)\.$/.exec(message)?.[1] ?? '');
    let answered = 0;
    await askRandomly({ world, ways, cases: Math.ceil(cases / 2), seed: seed + 2 }, async (operation, loaded) => {
      if (!ways.isValid(operation)) return [];
      const managed = await ways.compiled(operation, loaded);
      const told = toldOf(await ask(registered, operation, loaded));
      // Where there is an error it is null up to its list, which takes nothing else with it.
      if (managed.errors.length > 0)
        return told.errors.length > 0 || managed.errors.every(isOfList)
          ? []
          : [`It says no error: ${JSON.stringify(managed)}`];
      answered += 1;
      return told.data === managed.data && told.errors.length === 0
        ? []
        : [`registered: ${JSON.stringify(told)}\nmanaged: ${JSON.stringify(managed)}`];
    });
    expect(answered).toBeGreaterThan(cases / 10);
  },
  A_DAY_MS,
);
