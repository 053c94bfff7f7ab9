import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { linkMesh } from '../../../schema/contract/link.ts';
import type { Mesh, Product } from '../../../schema/contract/model.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { promote, type Promotion } from '../../../schema/ledger/promote.ts';
import { headSupergraph, lockHead } from '../../../schema/ledger/supergraphs.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.pool.query(`
    truncate weft.supergraphs, weft.supergraph_head, weft.subgraphs, weft.domains, weft.events cascade;
    insert into weft.supergraph_head default values;
    insert into weft.domains values ('network'), ('operations'), ('geography')`);
});

/** A managed product of one object: `columns` are further properties beside its key. */
function managed(domain: string, object: string, columns: string, keyType = 'string'): Product {
  const contract = `
apiVersion: v3.1.0
kind: DataContract
id: ${domain}-${object}
version: 1.0.0
status: active
schema:
  - name: ${object}
    properties:
      - { name: code, logicalType: ${keyType}, primaryKey: true, required: true }
${columns}`;
  const source = contract.replace(
    `id: ${domain}-${object}`,
    `id: ${domain}-${object}-source\nservers: [{ server: s, type: local, path: x.csv, format: csv }]`,
  );
  return read(domain, object, [
    { path: 'out.odcs.yaml', text: contract },
    { path: 'in.odcs.yaml', text: source },
    {
      path: 'product.odps.yaml',
      text: descriptor(domain, object, `${domain}-${object}-source`, `${domain}-${object}`),
    },
  ]);
}

function descriptor(domain: string, name: string, input: string, output: string): string {
  return `
apiVersion: v1.0.0
kind: DataProduct
id: ${domain}-${name}
domain: ${domain}
name: ${name}
version: 1.0.0
status: active
inputPorts: [{ name: in, version: 1.0.0, contractId: ${input} }]
outputPorts: [{ name: out, version: 1.0.0, contractId: ${output} }]`;
}

function read(domain: string, name: string, files: { path: string; text: string }[]): Product {
  const { product, findings } = readProduct(files, { folder: name });
  if (product === null) throw new Error(`${domain}/${name}: ${JSON.stringify(findings)}`);
  return product;
}

function meshOf(...products: Product[]): Mesh {
  const { mesh, findings } = linkMesh(products);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return mesh;
}

function promoted(mesh: Mesh): Promise<Promotion> {
  return transaction(database.pool, async (trx) => {
    await lockHead(trx);
    return promote(trx, { mesh, cause: 'test' });
  });
}

async function served(): Promise<Record<string, number>> {
  const head = await headSupergraph(database.pool);
  return Object.fromEntries((head?.subgraphs ?? []).map(({ name, revision }) => [name, revision]));
}

const AIRPORTS = managed('network', 'airports', '      - { name: city, logicalType: string }');
const RUNWAYS = managed('network', 'runways', '');
const ORIGIN = '      - { name: originCode, logicalType: string, relationships: [{ to: airports.code }] }';
const FLIGHTS = managed('operations', 'flights', ORIGIN);

test('only the subgraphs that changed get a new revision, those that depend on them too', async () => {
  await promoted(meshOf(AIRPORTS, FLIGHTS));
  expect(await served()).toEqual({ network: 1, operations: 1 });
  await promoted(meshOf(AIRPORTS, RUNWAYS, FLIGHTS));
  expect(await served()).toEqual({ network: 2, operations: 1 });
  const keyedByNumber = managed('network', 'airports', '', 'integer');
  const flights = managed('operations', 'flights', ORIGIN.replace('string', 'integer'));
  await promoted(meshOf(keyedByNumber, RUNWAYS, flights));
  expect(await served()).toEqual({ network: 3, operations: 2 });
});

test('promoting what is served already writes nothing', async () => {
  const first = await promoted(meshOf(AIRPORTS));
  expect(await promoted(meshOf(AIRPORTS))).toEqual({ ...first, hints: [] });
  const { rows } = await database.pool.query(`select 1 from weft.events where type = 'supergraph.moved'`);
  expect(rows).toHaveLength(1);
});

test('a graph that does not compose changes nothing, and the findings say why', async () => {
  await promoted(meshOf(AIRPORTS));
  const stranger: Product = {
    ...read('geography', 'maps', [
      {
        path: 'product.odps.yaml',
        text: descriptor('geography', 'maps', 'none', 'maps')
          .replace('name: out,', 'name: out, type: graphql,')
          .replace(/inputPorts.*\n/, ''),
      },
      {
        path: 'maps.odcs.yaml',
        text: 'apiVersion: v3.1.0\nkind: DataContract\nid: maps\nversion: 1.0.0\nstatus: active\nservers: [{ server: s, type: api, location: "http://127.0.0.1:1/graphql" }]\nschema: []\n',
      },
      { path: 'schema.graphql', text: 'type Query { map: String }' },
    ]),
    // Not marked as shareable here, nor there.
    remote: { url: 'http://127.0.0.1:1/graphql', sdl: 'type Query { airport(code: Int!): Int }' },
  };
  const outcome = await promoted(meshOf(AIRPORTS, stranger));
  expect(outcome.promoted).toBe(false);
  expect(outcome.promoted ? [] : outcome.findings.map(({ code }) => code)).toContain('COMPOSITION_FIELD_TYPE_MISMATCH');
  expect(await served()).toEqual({ network: 1 });
});

test('a domain without products leaves the graph', async () => {
  await promoted(meshOf(AIRPORTS, FLIGHTS));
  await promoted(meshOf(AIRPORTS));
  expect(await served()).toEqual({ network: 1 });
});
