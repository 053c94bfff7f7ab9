import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish(['airports', 'beacons', 'charts'].map((name) => folderOf({ domain: 'network', name })));
});
afterAll(() => gateway.close());

test('a page whose size is null has the default size', async () => {
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA')`);
  const { data, errors } = await gateway.ask(`{
    dataProducts(first: null) { nodes { id } pageInfo { hasNextPage } }
    runs(first: null) { nodes { id } pageInfo { hasNextPage } }
    dataProduct(id: "network/airports") { runs(first: null) { id } datasetVersions(first: null) { version } }
  }`);
  expect(errors).toBeUndefined();
  expect(data.dataProducts.nodes).toHaveLength(3);
  expect(data.runs).toEqual({ nodes: [{ id: run }], pageInfo: { hasNextPage: false } });
  expect(data.dataProduct).toEqual({ runs: [{ id: run }], datasetVersions: [{ version: 1 }] });
});

test.each([
  'runs(first: -1) { nodes { id } }',
  'runs(first: 1001) { nodes { id } }',
  'runs(after: "nonsense") { nodes { id } }',
  `runs(after: "${Buffer.from('id:network/airports').toString('base64url')}") { nodes { id } }`,
  `dataProducts(after: "${Buffer.from('id:no product').toString('base64url')}") { nodes { id } }`,
])('a page that cannot be is refused: %s', async (page) => {
  const { errors } = await gateway.ask(`{ ${page} }`);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', status: 400, retry: false } }]);
});

test('who sees in a list that a run succeeded reads what it made', async () => {
  for (let round = 0; round < 5; round++) {
    const rows = Array.from({ length: round + 1 }, (_, at) => `('row${at}')`).join(', ');
    await gateway.load('network/beacons', 'beacons', 'id text primary key', `values ${rows}`);
    const { data } = await gateway.ask(
      '{ runs(product: "network/beacons", first: 1) { nodes { phase datasetVersion } } }',
    );
    expect(data.runs.nodes).toEqual([{ phase: 'SUCCEEDED', datasetVersion: round + 1 }]);
    expect((await gateway.ask('{ beacons { totalCount } }')).data.beacons.totalCount).toBe(String(round + 1));
  }
});

test('runs behind versions are the runs that made them', async () => {
  const runs: string[] = [];
  for (const row of ['a', 'b', 'c'])
    runs.unshift(await gateway.load('network/charts', 'charts', 'id text primary key', `values ('${row}')`));
  const { data, errors } = await gateway.ask(`{ dataProduct(id: "network/charts") {
    datasetVersions { version run { id phase trigger requestedBy datasetVersion stages { name } } } } }`);
  expect(errors).toBeUndefined();
  expect(data.dataProduct.datasetVersions).toEqual(
    runs.map((id, at) => ({
      version: 3 - at,
      run: { id, phase: 'SUCCEEDED', trigger: 'MANUAL', requestedBy: 'test', datasetVersion: 3 - at, stages: [] },
    })),
  );
});

test('a refusal says its code, what it would be in HTTP, and whether trying again helps', async () => {
  const { errors } = await gateway.order('mutation { refresh(product: "network/nothing") { joined } }');
  expect(errors![0]!.extensions).toEqual({ code: 'NOT_FOUND', status: 404, retry: false, serviceName: 'catalog' });
});

test('metrics name the version that readers of each product see', async () => {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toContain('weft_dataset_version{product="network/charts"} 3');
  expect(metrics).toMatch(/weft_supergraph_id \d+/);
});
