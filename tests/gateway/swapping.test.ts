import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  // A domain whose subgraph cannot be opened: it comes last by name, after others were opened anew.
  gateway = await gatewayHere({
    opening: (open) => (managed) => {
      if (managed.products.some(({ domain }) => domain === ('zzz' as string)))
        throw new Error('this domain does not open');
      return open(managed);
    },
  });
});
afterAll(() => gateway.close());

/** `stock/<name>` with one property besides its key. */
function shaped(name: string, property: string) {
  return folderOf({ domain: 'stock', name, properties: [property] });
}

async function readiness(): Promise<Record<string, Tree>> {
  return (await fetch(`${gateway.url}/readyz`)).json() as Promise<Record<string, Tree>>;
}

/** Publishes, loads, and waits until this gateway serves it. */
async function publishWithData(folder: ReturnType<typeof shaped>, columns: string, values: string): Promise<void> {
  expect((await gateway.publish([folder])).__typename).toBe('Published');
  const run = await gateway.load(`stock/${folder.name}`, folder.name, columns, values);
  expect((await gateway.ask(`{ run(id: "${run}") { phase } }`)).data.run.phase).toBe('SUCCEEDED');
}

test('while new shapes go live with their data, every answer is whole and of one shape', async () => {
  const number = shaped('bolts', '{ name: size, logicalType: integer }');
  const text = shaped('bolts', '{ name: size, logicalType: string }');
  await publishWithData(number, 'id text primary key, size bigint', `values ('b', 7)`);
  let swapping = true;
  const seen = new Set<string>();
  const client = async (): Promise<void> => {
    while (swapping) {
      const { data, errors } = await gateway.ask('{ bolts { nodes { id size } } }');
      expect(errors).toBeUndefined();
      seen.add(JSON.stringify(data));
    }
  };
  const clients = Array.from({ length: 6 }, client);
  for (let round = 0; round < 4; round++) {
    await publishWithData(text, 'id text primary key, size text', `values ('b', 'seven')`);
    await publishWithData(number, 'id text primary key, size bigint', `values ('b', 7)`);
  }
  swapping = false;
  await Promise.all(clients);
  expect([...seen].sort()).toEqual([
    '{"bolts":{"nodes":[{"id":"b","size":"seven"}]}}',
    '{"bolts":{"nodes":[{"id":"b","size":7}]}}',
  ]);
});

test('a column under another name goes live with its data, though the text of the graph stays the same', async () => {
  const before = shaped('nuts', '{ name: size, logicalType: string }');
  const after = shaped('nuts', '{ name: size, physicalName: width, logicalType: string }');
  await publishWithData(before, 'id text primary key, size text', `values ('n', 'old')`);
  const { supergraph } = await readiness();
  await publishWithData(after, 'id text primary key, width text', `values ('n', 'new')`);
  expect((await readiness())['supergraph']).toBe(supergraph);
  const { data, errors } = await gateway.ask('{ nuts { nodes { size } } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ nuts: { nodes: [{ size: 'new' }] } });
});

test('a subgraph that was replaced still answers a router that asks it, from tables that it knows', async () => {
  const before = shaped('pins', '{ name: size, logicalType: string }');
  const after = shaped('pins', '{ name: length, logicalType: string }');
  await publishWithData(before, 'id text primary key, size text', `values ('p', 'old')`);
  const sdl = await (await fetch(`${gateway.url}/supergraph.graphql`)).text();
  const [, address] = /STOCK @join__graph\(name: "stock", url: "([^"]+)"\)/.exec(sdl)!;
  await publishWithData(after, 'id text primary key, length text', `values ('p', 'new')`);
  const response = await fetch(address!, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer weft_admin_of_this_test' },
    body: JSON.stringify({ query: '{ pins { nodes { size } } }' }),
  });
  expect(await response.json()).toEqual({ data: { pins: { nodes: [{ size: 'old' }] } } });
});

test('a subgraph that cannot be opened leaves the old graph served, whole, and newer ones wait for its end', async () => {
  await publishWithData(
    shaped('cogs', '{ name: size, logicalType: string }'),
    'id text primary key, size text',
    `values ('c', 'old')`,
  );
  const { supergraph } = await readiness();
  await gateway.publish([folderOf({ domain: 'zzz', name: 'broken' })]);
  expect(await readiness()).toMatchObject({ supergraph, failure: { message: 'this domain does not open' } });
  // Of another shape: the old graph knows neither the type nor the table.
  const cogs = shaped('cogs', '{ name: size, logicalType: integer }');
  await gateway.publish([cogs]);
  await gateway.load('stock/cogs', 'cogs', 'id text primary key, size bigint', `values ('c', 5)`);
  for (let round = 0; round < 5; round++) {
    await sleep(100);
    const { data, errors } = await gateway.ask('{ cogs { nodes { size } } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ cogs: { nodes: [{ size: 'old' }] } });
  }
  expect((await gateway.order('mutation { retire(product: "zzz/broken") { status } }')).errors).toBeUndefined();
  expect((await readiness())['failure']).toBeUndefined();
  expect((await gateway.ask('{ cogs { nodes { size } } }')).data).toEqual({ cogs: { nodes: [{ size: 5 }] } });
});
