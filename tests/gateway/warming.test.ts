import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kind } from 'graphql';
import type { ManagedSubgraph } from '../../schema/reading.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;
/** The names of the operations that managed products were asked to compile, in that order. */
const compiled: string[] = [];

beforeAll(async () => {
  gateway = await gatewayHere({ opening: (open) => (products) => watched(open(products)) });
  await gateway.publish([
    folderOf({ domain: 'network', name: 'airports', properties: ['{ name: town, logicalType: string }'] }),
    folderOf({ domain: 'mountain', name: 'huts' }),
  ]);
  const run = await gateway.load(
    'network/airports',
    'airports',
    'id text primary key, town text',
    `values ('O', 'Oslo')`,
  );
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
});
afterAll(() => gateway.close());

function watched(subgraph: ManagedSubgraph): ManagedSubgraph {
  return {
    ...subgraph,
    compile: (document, name) => {
      const [first] = document.definitions;
      compiled.push(first?.kind === Kind.OPERATION_DEFINITION ? (first.name?.value ?? '') : '');
      return subgraph.compile(document, name);
    },
  };
}

const town = (operation: string): string => `query ${operation} { airport(id: "O") { town } }`;

async function asked(query: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) expect((await gateway.ask(query)).status).toBe(200);
}

/** What was compiled while the graph was swapped for another, before anybody asked anything of that. */
async function compiledWhile(swap: () => Promise<unknown>): Promise<string[]> {
  compiled.length = 0;
  await swap();
  // What swaps it is asked too, and has no name.
  return compiled.filter((name) => name !== '');
}

let more = 0;
const swap = (): Promise<unknown> => gateway.publish([folderOf({ domain: 'other', name: `things-${(more += 1)}` })]);

test('what is asked most is compiled for a new graph before that is served, the most asked first; what was asked once is not', async () => {
  await asked(town('Seldom'), 2);
  await asked(town('Often'), 5);
  await asked(town('Once'), 1);
  expect(await compiledWhile(swap)).toEqual(['Often', 'Seldom']);
  compiled.length = 0;
  await asked(town('Often'), 1);
  expect(compiled).toEqual([]);
  await asked(town('Once'), 1);
  expect(compiled).toEqual(['Once']);
});

test('what is not asked any more is forgotten graph by graph', async () => {
  await asked(town('Fashion'), 4);
  const warmed = [await compiledWhile(swap), await compiledWhile(swap), await compiledWhile(swap)];
  expect(warmed.map((names) => names.includes('Fashion'))).toEqual([true, true, false]);
});

test('what the new graph does not have any more holds nothing up, and is refused when it is asked again', async () => {
  const huts = 'query Huts { huts { totalCount } }';
  await asked(huts, 9);
  await asked(town('Beside'), 3);
  const names = await compiledWhile(() => gateway.order('mutation { retire(product: "mountain/huts") { id } }'));
  expect(names).toContain('Beside');
  expect((await gateway.ask(huts)).status).toBe(400);
  expect(gateway.log).toEqual([]);
});
