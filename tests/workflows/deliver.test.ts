import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import S3rver from '@20minutes/s3rver';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';

import { type Home, openHome } from '../../gateway/up/home.ts';
import { type Postgres, startPostgres } from '../../gateway/up/postgres.ts';
import { domainOf, type ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { deliveriesOf, dueDeliveries, keepDestinations } from '../../schema/ledger/destinations.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { addressOf, deliverVersion } from '../../workflows/deliver/deliver-version.ts';
import { objectStore } from '../../workflows/deliver/object-store.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { removeHome } from '../testkit/servers.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

/** What the store and the warehouse know; the warehouse's is its superuser's. */
const KEY = 'S3RVER';

let database: TestDatabase;
let deps: RefreshDeps;
let root: string;
let home: Home;
let warehouse: Postgres;
let there: Pool;
let store: S3rver;
let storeUrl: string;

beforeAll(async () => {
  database = await cloneDatabase();
  root = await mkdtemp(join(tmpdir(), 'weft-deliveries-'));
  home = await openHome(temporaryHome());
  warehouse = await startPostgres(home, home, { port: 0, env: process.env, durable: false });
  there = new Pool({ connectionString: warehouse.url, max: 4 });
  // Its server is ended at last.
  there.on('error', () => undefined);
  await there.query('create schema copies; create schema shift; create role reader');
  store = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: await mkdtemp(join(tmpdir(), 'weft-store-')),
    configureBuckets: [{ name: 'lake' }],
  });
  storeUrl = `http://127.0.0.1:${(await store.run()).port}`;
  const password = new URL(warehouse.url).password;
  deps = {
    ...(await refreshDeps(database)),
    deliveryRoots: [root],
    secrets: (name) => ({ LAKE: KEY, WAREHOUSE: password })[name] ?? null,
  };
}, 200_000);
afterAll(async () => {
  await there.end();
  await warehouse.child.stop();
  await store.close();
  removeHome(home.folder);
  await rm(root, { recursive: true, force: true });
  await database.drop();
});

const SOURCE = [
  '{ name: id, logicalType: integer, physicalType: bigint, required: true }',
  '{ name: label, logicalType: string }',
  `{ name: price, logicalType: number, physicalType: 'numeric(12,2)' }`,
  '{ name: at, logicalType: timestamp }',
  '{ name: tags, logicalType: array, items: { logicalType: string } }',
  '{ name: owner, logicalType: string }',
];
const OUTPUT = [
  '{ name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true, primaryKeyPosition: 1 }',
  ...SOURCE.slice(1, -1),
  '{ name: owner, logicalType: string, classification: confidential }',
];
const line = (row: object): string => JSON.stringify(row);
const FIRST = [
  line({ id: 1, label: `it's "one"\n\\N`, price: 1.1, at: '2026-01-02T03:04:05Z', tags: ['a', 'b "c"'], owner: 'Ann' }),
  line({ id: 9007199254740993n.toString(), label: '', price: null, at: null, tags: null, owner: null }),
].join('\n');
const SECOND = line({ id: 3, label: 'three', price: 3, at: null, tags: [], owner: 'Cy' });

/** A product with the server in its output contract, published and refreshed; `refresh` brings other rows. */
async function delivering(name: string, server: string) {
  const folder = await smallProduct({
    ...{ name, format: 'ndjson', file: 'things.ndjson', source: SOURCE, output: OUTPUT, content: FIRST },
  });
  const publish = (text: string) =>
    plainPublish(database.pool, folder, {
      refresh: false,
      change: (files) =>
        files.map((file) =>
          file.path === `${name}.odcs.yaml`
            ? { ...file, text: file.text.replace('schema:\n', `servers:\n  - ${text}\nschema:\n`) }
            : file,
        ),
    });
  const { product } = await publish(server);
  const { id } = product;
  const follow = (one = product): Promise<void> =>
    transaction(database.pool, (trx) =>
      keepDestinations(
        trx,
        { productId: id, revision: 1 },
        one.destinations.map((to) => ({ name: to.name, address: addressOf(to) })),
      ),
    );
  await follow();
  const refresh = async (text: string): Promise<void> => {
    await writeFile(join(folder, 'things.ndjson'), text);
    const run = await refreshHere(deps, id);
    if (run.phase !== 'succeeded') throw new Error(run.error?.message);
  };
  await refresh(FIRST);
  return { id, refresh, publish, follow };
}

function deliver(productId: ProductId, destination = 'out') {
  return deliverVersion(deps, { productId, domain: domainOf(productId), destination }, new AbortController().signal);
}

function storeAt(key: string) {
  const credentials = { accessKeyId: KEY, secretAccessKey: '${secret:LAKE}', sessionToken: null };
  return objectStore(
    { endpoint: storeUrl, region: 'us-east-1', bucket: 'lake', key, credentials },
    { ...deps, name: 'out', signal: new AbortController().signal },
  );
}

async function stateOf(id: ProductId) {
  const [state] = await deliveriesOf(database.pool, [id]);
  return state!;
}

async function parquet(path: string): Promise<unknown[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    return (
      await connection.runAndReadAll(`select * from read_parquet('${path}', hive_partitioning = false) order by id`)
    ).getRowObjectsJson();
  } finally {
    connection.closeSync();
  }
}

const PUBLIC_ROWS = [
  { id: '1', label: `it's "one"\n\\N`, price: '1.10', at: '2026-01-02 03:04:05+00', tags: ['a', 'b "c"'] },
  { id: '9007199254740993', label: '', price: null, at: null, tags: null },
];

describe('a folder', () => {
  const server = (path: string, more = ''): string =>
    `{ server: out, type: local, path: ${path}, format: parquet, customProperties: [{ property: deliver, value: true }${more}] }`;

  test('has each version whole as Parquet with its types, the manifest says which is meant, and older ones than are kept go', async () => {
    const { id, refresh } = await delivering('folder', server('folder', ', { property: keep, value: 1 }'));
    expect(await deliver(id)).toEqual({ version: 1, rows: 2, more: false });
    expect(await parquet(join(root, 'folder/folder/version=1/*.parquet'))).toEqual(PUBLIC_ROWS);
    await refresh(SECOND);
    // As a worker that was killed leaves it.
    await mkdir(join(root, 'folder/folder/.weft-draft-1'));
    expect(await deliver(id)).toEqual({ version: 2, rows: 1, more: false });
    expect(JSON.parse(await readFile(join(root, 'folder/_latest.json'), 'utf8'))).toMatchObject({
      product: id,
      latest: 2,
      versions: [{ version: 2, objects: { folder: { rows: 1, files: ['folder/version=2/part-0.parquet'] } } }],
    });
    expect(await readdir(join(root, 'folder/folder'))).toEqual(['version=2']);
    expect(await stateOf(id)).toMatchObject({ destination: 'out', version: 2, rows: 1, error: null });
  });

  test('gets what is classified where the contract lists it, and follows a version that was gone back to without writing it again', async () => {
    const { id, refresh } = await delivering(
      'back',
      server('back', ', { property: classifications, value: [confidential] }'),
    );
    await deliver(id);
    expect(await parquet(join(root, 'back/back/version=1/*.parquet'))).toMatchObject([
      { owner: 'Ann' },
      { owner: null },
    ]);
    await refresh(SECOND);
    await deliver(id);
    await transaction(database.pool, (trx) => restoreData(trx, { product: id, toVersion: 1 }));
    expect(await deliver(id)).toMatchObject({ version: 1 });
    expect(JSON.parse(await readFile(join(root, 'back/_latest.json'), 'utf8'))).toMatchObject({ latest: 1 });
    expect(await deliver(id)).toEqual({ version: null, rows: 0, more: false });
  });

  test('that lies outside of the roots, by its path or by a link, is refused, and the ledger says why', async () => {
    await symlink(tmpdir(), join(root, 'away'));
    const { id } = await delivering('outside', server('away/outside'));
    await expect(deliver(id)).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
    expect(await stateOf(id)).toMatchObject({ version: null, error: { code: 'DELIVERY_REFUSED' } });
    const due = await dueDeliveries(database.pool, { retrySeconds: 900 });
    expect(due.map(({ productId }) => productId)).not.toContain(id);
  });

  test("is no place for a second product's versions", async () => {
    await deliver((await delivering('one', server('shared'))).id);
    const { id } = await delivering('other', server('shared'));
    await expect(deliver(id)).rejects.toThrow('has the versions of trial/one');
  });
});

describe('an object store', () => {
  const server = (prefix: string): string =>
    `{ server: out, type: s3, location: 's3://lake/${prefix}', endpointUrl: '${storeUrl}', format: parquet, customProperties: [{ property: deliver, value: true }, { property: keep, value: 1 }, { property: accessKeyId, value: '\${secret:LAKE}' }, { property: secretAccessKey, value: '\${secret:LAKE}' }] }`;

  test('has the same, and what was written before the manifest is none of its versions', async () => {
    const { id, refresh } = await delivering('stored', server('products/'));
    await deliver(id);
    await refresh(SECOND);
    expect(await deliver(id)).toMatchObject({ version: 2 });
    const reading = storeAt('products/');
    expect(JSON.parse((await reading.readText('_latest.json'))!)).toMatchObject({
      latest: 2,
      versions: [{ version: 2 }],
    });
    expect(await reading.readText('stored/version=1/part-0.parquet')).toBeNull();
    expect(await reading.readText('stored/version=2/part-0.parquet')).toMatch(/^PAR1/);
    await reading.close();
  });

  test('is sent a file larger than a part in several, whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weft-large-'));
    const text = randomBytes(9 * 1024 * 1024).toString('hex');
    await writeFile(join(folder, 'large'), text);
    const writing = storeAt('large/');
    await writing.writeFolder('things', [{ name: 'large', path: join(folder, 'large') }]);
    expect((await writing.readText('things/large')) === text).toBe(true);
    await writing.close();
  });
});

describe.each([
  ['PostgreSQL', 'postgres', 'copies'],
  ['a dialect without COPY FROM STDIN (Redshift)', 'redshift', 'shift'],
])('a database: %s', (_name, type, schema) => {
  const server = (): string => {
    const { hostname, port, username, pathname } = new URL(warehouse.url);
    const ports = type === 'postgres' ? `, port: ${port}` : '';
    const custom = type === 'postgres' ? '' : `, { property: port, value: ${port} }`;
    return `{ server: out, type: ${type}, host: ${hostname}${ports}, database: ${pathname.slice(1)}, schema: ${schema}, customProperties: [{ property: deliver, value: true }, { property: user, value: ${username} }, { property: password, value: '\${secret:WAREHOUSE}' }${custom}] }`;
  };

  test('has the newest version in a table, which its readers and what hangs on it keep', async () => {
    const name = `${type}-table`;
    const table = `${schema}.${type}_table`;
    const { id, refresh } = await delivering(name, server());
    expect(await deliver(id)).toEqual({ version: 1, rows: 2, more: false });
    const { rows } = await there.query(
      `select id, label, price::text, at, array_to_json(string_to_array(tags::text, '~')) is not null as tags from ${table} order by id`,
    );
    expect(rows).toMatchObject([
      { id: '1', label: `it's "one"\n\\N`, price: '1.10', at: new Date('2026-01-02T03:04:05Z') },
      { id: '9007199254740993', label: '', price: null, at: null },
    ]);
    await there.query(`grant select on ${table} to reader`);
    await refresh(SECOND);
    await deliver(id);
    await there.query(`create view ${table}_seen as select id from ${table}`);
    await refresh(FIRST);
    expect(await deliver(id)).toMatchObject({ version: 3 });
    expect((await there.query(`select id from ${table}_seen order by id`)).rows).toEqual([
      { id: '1' },
      { id: '9007199254740993' },
    ]);
    expect((await there.query(`select has_table_privilege('reader', '${table}', 'select') as may`)).rows).toEqual([
      { may: true },
    ]);
    expect(
      (await there.query(`select object, version from ${schema}.weft_versions where product = $1`, [id])).rows,
    ).toEqual([{ object: name, version: 3 }]);
    const columns = await there.query(
      `select column_name from information_schema.columns where table_schema = $1 and table_name = $2`,
      [schema, `${type}_table`],
    );
    expect(columns.rows.map(({ column_name: column }) => String(column))).not.toContain('owner');
  });

  test('keeps a table that is none of ours', async () => {
    await there.query(`create table ${schema}.${type}_taken (id int)`);
    const { id } = await delivering(`${type}-taken`, server());
    await expect(deliver(id)).rejects.toThrow('was not delivered there for this product');
    expect((await there.query(`select count(*)::int as rows from ${schema}.${type}_taken`)).rows).toEqual([
      { rows: 0 },
    ]);
  });

  test('shows nothing of a version that is not live any more by the time it is there', async () => {
    const { id, refresh } = await delivering(`${type}-late`, server());
    // While somebody holds up the delivery of version 1, the next one goes live.
    const holding = await there.connect();
    await holding.query(`begin; lock table ${schema}.weft_versions in access exclusive mode`);
    const late = deliver(id);
    await refresh(SECOND);
    await holding.query('commit');
    holding.release();
    expect(await late).toEqual({ version: null, rows: 0, more: true });
    const seen = await there.query(`select to_regclass('${schema}.${type}_late') as table`);
    expect(seen.rows).toEqual([{ table: null }]);
    expect(await deliver(id)).toMatchObject({ version: 2 });
  });
});

test('a destination that leads elsewhere now has nothing yet; one that is gone is forgotten', async () => {
  const server = (path: string): string =>
    `{ server: out, type: local, path: ${path}, format: parquet, customProperties: [{ property: deliver, value: true }] }`;
  const { id, publish, follow } = await delivering('moving', server('moving-a'));
  await deliver(id);
  const { product } = await publish(server('moving-b'));
  await follow(product);
  expect(await stateOf(id)).toMatchObject({ version: null });
  await mkdir(join(root, 'moving-b'), { recursive: true });
  expect(await deliver(id)).toMatchObject({ version: 1 });
  await follow({ ...product, destinations: [] });
  expect(await deliveriesOf(database.pool, [id])).toEqual([]);
});
