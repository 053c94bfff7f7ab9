import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kind } from 'graphql';
import type { ManagedOperation, ManagedSubgraph } from '../../schema/reading.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;
/** How often the managed products compiled an operation, and what it asked for. */
const compiled = new Map<string, number>();

beforeAll(async () => {
  gateway = await gatewayHere({
    config: { answerCacheBytes: 1024 * 1024 },
    opening: (open) => (products) => counted(open(products)),
  });
  await gateway.publish([
    folderOf({ domain: 'network', name: 'airports', properties: ['{ name: town, logicalType: string }'] }),
  ]);
  await gateway.load('network/airports', 'airports', 'id text primary key, town text', `values ('OSL', 'Oslo')`);
  await gateway.ask('{ domains { id } }');
});
afterAll(() => gateway.close());

/** Counts by the operation's name. */
function counted(subgraph: ManagedSubgraph): ManagedSubgraph {
  return {
    ...subgraph,
    compile: (document, name): ManagedOperation | null => {
      const [first] = document.definitions;
      const key = first?.kind === Kind.OPERATION_DEFINITION ? (first.name?.value ?? '') : '';
      compiled.set(key, (compiled.get(key) ?? 0) + 1);
      return subgraph.compile(document, name);
    },
  };
}

const usedMb = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 1024 ** 2;
};

async function post(body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.text();
}

const OFTEN = 'query Often { airport(id: "OSL") { town } }';

/** Distinct operations of several kinds, twenty at a time; the frequent one in their midst. */
async function flood(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 4) {
    await Promise.all([
      ...[0, 1, 2, 3].map((of) => post({ query: `query F${at + of} { airport(id: "OSL") { a${at + of}: town } }` })),
      post({ query: `query I${at} { nothing${at} }` }),
      post({ query: `${OFTEN} # ${at}` }),
      ...(at % 40 === 0 ? large(at) : []),
    ]);
    expect(await post({ query: OFTEN })).toContain('"town":"Oslo"');
  }
}

/** A text of 900 kB with its hash, a planned operation, and variables of 900 kB. */
function large(at: number): Promise<string>[] {
  const query = `query L${at} { airport(id: "OSL") { l${at}: town } } # ${'x'.repeat(900_000)}`;
  return [
    post({ query, extensions: { persistedQuery: { version: 1, sha256Hash: sha256(query) } } }),
    post({ query: `query P${at} { airport(id: "OSL") { p${at}: town } me { name } }` }),
    post({
      query: 'query V($id: ID!) { airport(id: $id) { town } }',
      variables: { id: `${'y'.repeat(900_000)}${at}` },
    }),
  ];
}

test('memory does not grow with the number of operations, and the frequent one is compiled once', async () => {
  await flood(0, 400);
  const before = usedMb();
  await flood(400, 2_400);
  // Kept in full, the large ones alone would be 50 texts and 50 keys of 900 kB.
  expect(usedMb() - before).toBeLessThan(40);
  expect(compiled.get('Often')).toBe(1);
  // More than are kept were asked once each.
  expect(compiled.size).toBeGreaterThan(2_400);
}, 120_000);

test('texts of one operation that differ in white space, commas and comments are compiled once', async () => {
  const ways = [
    'query Ways($id: ID!) { airport(id: $id) { id town } }',
    'query Ways($id:ID!){airport(id:$id){id town}}',
    'query Ways(\n  $id: ID!,\n) {\n  airport(id: $id) { # the town\n    id, town\n  }\n}\n',
    '\uFEFFquery Ways ( $id : ID ! ) { airport ( id : $id ) { id , , town } }',
  ];
  for (const query of [...ways, ...ways])
    for (const operationName of [undefined, 'Ways'])
      expect(JSON.parse(await post({ query, operationName, variables: { id: 'OSL' } })).data).toEqual({
        airport: { id: 'OSL', town: 'Oslo' },
      });
  expect(compiled.get('Ways')).toBe(1);
});

test('what differs otherwise, be it in a string, is another operation', async () => {
  const town = async (query: string, operationName?: string): Promise<unknown> =>
    JSON.parse(await post({ query, operationName }));
  expect(await town('query Text { airport(id: "OSL") { town } }')).toMatchObject({
    data: { airport: { town: 'Oslo' } },
  });
  expect(await town('query Text { airport(id: "O SL") { town } }')).toMatchObject({ data: { airport: null } });
  expect(await town('query Text { airport(id: "OSL # no") { town } }')).toMatchObject({ data: { airport: null } });
  const two = 'query One { airport(id: "OSL") { town } } query Two { airport(id: "OSL") { id } }';
  expect(await town(two, 'One')).toMatchObject({ data: { airport: { town: 'Oslo' } } });
  expect(await town(two, 'Two')).toMatchObject({ data: { airport: { id: 'OSL' } } });
  expect(await town(two)).toMatchObject({ errors: [expect.anything()] });
  expect(await town('query One { airport(id: "OSL") { town } }', 'Other')).toMatchObject({
    errors: [expect.anything()],
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
