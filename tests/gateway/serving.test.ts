import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { gatewayHere, type GatewayHere, type Tree } from './gateway-here.ts';
import { edited, folderOf } from './product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA'), ('SFO')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
});
afterAll(() => gateway.close());

async function readiness(): Promise<Record<string, Tree>> {
  return (await fetch(`${gateway.url}/readyz`)).json() as Promise<Record<string, Tree>>;
}

test('while ten publishes go through, no request fails and every answer is right', async () => {
  let publishing = true;
  let answered = 0;
  const client = async (): Promise<void> => {
    while (publishing) {
      const { data, errors } = await gateway.ask('{ airports(orderBy: [{ id: ASC }]) { nodes { id } } }');
      expect(errors).toBeUndefined();
      expect(data).toEqual({ airports: { nodes: [{ id: 'SEA' }, { id: 'SFO' }] } });
      answered += 1;
    }
  };
  const clients = Array.from({ length: 8 }, client);
  const names = ['boats', 'cars', 'drones', 'engines', 'ferries', 'gliders', 'harbors', 'islands', 'jets', 'kites'];
  for (const [at, name] of names.entries()) {
    // Half of them change the very subgraph that is read.
    const domain = at % 2 === 0 ? 'network' : `domain${at}`;
    expect(await gateway.publish([folderOf({ domain, name })])).toMatchObject({
      __typename: 'Published',
    });
    const { errors } = await gateway.ask(`{ ${name} { totalCount } }`);
    expect([at, errors?.map(({ message }) => message)]).toEqual([at, undefined]);
  }
  publishing = false;
  await Promise.all(clients);
  expect(answered).toBeGreaterThan(50);
});

test('a supergraph that does not load leaves the old one served, and says so, until a good one comes', async () => {
  const { supergraph } = await readiness();
  await gateway.database.pool.query(
    `insert into weft.supergraphs (id, sdl, cause) values (9999, 'type Query { broken', 'test');
     insert into weft.supergraph_subgraphs select 9999, name, revision from weft.supergraph_subgraphs where supergraph_id = ${supergraph};
     update weft.supergraph_head set supergraph_id = 9999`,
  );
  for (let wait = 0; (await readiness())['failure'] === undefined && wait < 50; wait++) await sleep(100);
  expect(await readiness()).toMatchObject({ ready: true, supergraph, failure: { supergraph: 9999 } });
  expect((await gateway.ask('{ airports { totalCount } }')).data).toEqual({ airports: { totalCount: '2' } });
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
    'weft_supergraph_swaps_total{outcome="failed"} 1',
  );
  expect(gateway.log).toContainEqual(expect.objectContaining({ supergraph: 9999 }));

  await gateway.publish([folderOf({ domain: 'network', name: 'heals' })]);
  expect(await readiness()).toEqual({ ready: true, supergraph: 10_000 });
});

test('who sees a run succeed reads what it made', async () => {
  for (let round = 0; round < 5; round++) {
    const rows = Array.from({ length: round + 1 }, (_, at) => `('row${at}')`).join(', ');
    const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ${rows}`);
    const { data } = await gateway.ask('query ($id: ID!) { run(id: $id) { phase datasetVersion } }', { id: run });
    expect(data.run.phase).toBe('SUCCEEDED');
    expect((await gateway.ask('{ airports { totalCount } }')).data.airports.totalCount).toBe(String(round + 1));
  }
});

test('an answer says what it was made of: versions, freshness, warnings', async () => {
  const fresh = edited(folderOf({ domain: 'slow', name: 'tides' }), 'output.odcs.yaml', (text) =>
    text.replace('schema:', 'slaProperties:\n  - { property: freshness, value: 1, unit: h }\nschema:'),
  );
  await gateway.publish([fresh]);
  const products = async (): Promise<unknown> =>
    (await gateway.ask('{ tides { totalCount } }')).extensions?.dataProducts;
  expect(await products()).toEqual([
    {
      id: 'slow/tides',
      kind: 'managed',
      version: '1.0.0',
      datasetVersion: 0,
      refreshedAt: null,
      withinSlo: false,
      failedWarnings: [],
    },
  ]);
  const run = await gateway.load('slow/tides', 'tides', 'id text primary key', `values ('high')`, 'low');
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
  expect(await products()).toEqual([
    {
      id: 'slow/tides',
      kind: 'managed',
      version: '1.0.0',
      datasetVersion: 1,
      refreshedAt: expect.any(String),
      withinSlo: true,
      failedWarnings: ['low'],
    },
  ]);
  expect((await gateway.ask('{ me { name } }')).extensions).toEqual({ dataProducts: [] });
});

test('every field of the catalog answers, for a product and its run', async () => {
  const { data, errors } = await gateway.ask(`{
    domains { id products { id } relationships { kind from { id } to { id } } }
    domain(id: "network") { id }
    contextMap { kind }
    me { name admin }
    runs(product: "network/airports", first: 2) {
      nodes { id product { id } revision trigger phase requestedBy requestedAt startedAt endedAt datasetVersion temporalUrl
              stages { name state attempt startedAt endedAt detail } quality { rule outcome } error { code message findings { code } } }
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
    dataProduct(id: "network/airports") {
      id domain { id } name version status kind purpose limitations usage tags team { name members { username name role } }
      support { channel url tool } inputPorts { name contractId serverType product { id } }
      outputPorts { name version type description contract { id file text } } contracts { id file text }
      schemaObjects { name type description quality { id property type severity description expected }
        properties { name field type description primaryKey required unique classification deprecated examples } }
      sla { property value unit element description } files { path text }
      revision { revision version state publishedBy publishedAt liveAt } revisions { revision }
      datasetVersion { version revision publishedAt withinSlo objects { name rows } run { id phase } }
      datasetVersions(first: 2) { version } runs(first: 2) { id } upstream { id } downstream { id } referencedBy { id }
    }
  }`);
  expect(errors).toBeUndefined();
  expect(data.dataProduct).toMatchObject({
    kind: 'MANAGED',
    revision: { revision: 1, state: 'LIVE', publishedBy: 'admin' },
    datasetVersion: { objects: [{ name: 'airports' }], run: { phase: 'SUCCEEDED' } },
    schemaObjects: [{ type: 'Airport', properties: [{ field: 'id', type: 'ID!', primaryKey: true }] }],
  });
  expect(data.runs.pageInfo.hasNextPage).toBe(true);
  expect(data.runs.nodes[0].temporalUrl).toBe(
    'http://127.0.0.1:8233/namespaces/default/workflows/refresh%3Anetwork%2Fairports',
  );
});

test('the catalog is searched, filtered and paged, each product once', async () => {
  const seen: string[] = [];
  for (let after: string | null = null; ;) {
    const { data } = await gateway.ask(
      'query ($after: String) { dataProducts(first: 3, after: $after) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }',
      { after },
    );
    seen.push(...data.dataProducts.nodes.map(({ id }: { id: string }) => id));
    expect(data.dataProducts.totalCount).toBe(13);
    if (!data.dataProducts.pageInfo.hasNextPage) break;
    after = data.dataProducts.pageInfo.endCursor;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toHaveLength(13);
  const found = await gateway.ask(
    '{ dataProducts(search: "TIDES slow", filter: { kind: MANAGED, domain: "slow" }) { nodes { id } } }',
  );
  expect(found.data.dataProducts.nodes).toEqual([{ id: 'slow/tides' }]);
  const bad = await gateway.ask('{ dataProducts(after: "nonsense") { nodes { id } } }');
  expect(bad.errors![0]!.extensions['code']).toBe('BAD_INPUT');
});

test('the exported supergraph is one that a router reads, with this server’s addresses; a subgraph answers who has the key', async () => {
  const sdl = await (await fetch(`${gateway.url}/supergraph.graphql`)).text();
  expect(() => parse(sdl)).not.toThrow();
  const [, address] = /NETWORK @join__graph\(name: "network", url: "([^"]+)"\)/.exec(sdl)!;
  expect(address).toContain(`${gateway.url}/subgraphs/network/`);
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' } as Record<string, string>,
    body: JSON.stringify({ query: '{ airports { totalCount } }' }),
  };
  expect((await fetch(address!, request)).status).toBe(401);
  request.headers['authorization'] = 'Bearer weft_admin_of_this_test';
  expect(await (await fetch(address!, request)).json()).toEqual({ data: { airports: { totalCount: '5' } } });
  expect((await fetch(`${gateway.url}/subgraphs/network/12345`, request)).status).toBe(404);
});
