import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProductId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { datasetHistory } from '../../schema/ledger/datasets.ts';
import { addSubscription } from '../../schema/ledger/subscriptions.ts';
import { addUsage } from '../../schema/ledger/usage.ts';
import { cancelRun, requestRun, requireRun } from '../../schema/ledger/runs.ts';
import type { RunId } from '../../schema/ids.ts';
import { randomUUID } from 'node:crypto';
import { gatewayHere, type Answer, type GatewayHere } from './gateway-here.ts';
import { edited, folderOf, remoteFolder } from './product-text.ts';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere({ config: { usageDays: 30 } });
});
afterAll(() => gateway.close());

const rename = (product: string, to: string): Promise<Answer> =>
  gateway.order('mutation ($product: ID!, $to: ID!) { renameProduct(product: $product, to: $to) { id renamedFrom } }', {
    product,
    to,
  });
const events = async (type: string, subject: string): Promise<unknown[]> =>
  (
    await gateway.database.pool.query('select payload from weft.events where type = $1 and subject = $2 order by id', [
      type,
      subject,
    ])
  ).rows;
async function published(folders: readonly ProductFolder[]): Promise<void> {
  const { __typename, findings } = await gateway.publish(folders);
  expect([__typename, findings.filter(({ severity }) => severity === 'ERROR')]).toEqual(['Published', []]);
}
/** The gateway hears of new data a moment after it is there. */
async function answers(query: string, part: string): Promise<Answer> {
  for (const until = Date.now() + 5_000; ;) {
    const answer = await gateway.ask(query);
    if (JSON.stringify(answer.data).includes(part) || Date.now() > until) return answer;
  }
}
const TO = (target: string): string => `{ name: partId, logicalType: string, relationships: [${target}] }`;

test('history, runs and data go with a product to its new name, and the old id still finds it', async () => {
  const tools = folderOf({ domain: 'stock', name: 'tools', properties: ['{ name: maker, logicalType: string }'] });
  const users = folderOf({
    domain: 'work',
    name: 'jobs',
    reads: 'stock/tools',
    transform: 'select id, id as tool from tools',
    properties: ['{ name: tool, logicalType: string }'],
  });
  await published([tools, users]);
  const run = await gateway.load('stock/tools', 'tools', 'id text primary key, maker text', `values ('saw', 'Bo')`);
  const made = await gateway.load('work/jobs', 'jobs', 'id text primary key, tool text', `values ('j', 'saw')`);
  await gateway.database.pool.query(`update weft.runs set input_versions = '{"stock/tools": 1}' where id = $1`, [made]);
  const shown = '{ tools { nodes { id maker } } jobs { nodes { id } } }';
  await answers(shown, 'saw');
  const before = await answers(shown, '"j"');

  expect((await rename('stock/tools', 'stock/implements')).data).toEqual({
    renameProduct: { id: 'stock/implements', renamedFrom: ['stock/tools'] },
  });
  const after = await gateway.ask(shown);
  expect(after.data).toEqual(before.data);
  expect(after.extensions!.dataProducts).toMatchObject([
    { id: 'stock/implements', datasetVersion: 1 },
    { id: 'work/jobs' },
  ]);
  const { data } = await gateway.ask(`{ dataProduct(id: "stock/tools") {
    id renamedFrom revisions { revision state } datasetVersion { version run { id } } downstream { id }
    export(format: ODPS) { text }
  } }`);
  expect(data.dataProduct).toEqual({
    id: 'stock/implements',
    renamedFrom: ['stock/tools'],
    revisions: [
      { revision: 2, state: 'LIVE' },
      { revision: 1, state: 'SUPERSEDED' },
    ],
    datasetVersion: { version: 1, run: { id: run } },
    downstream: [{ id: 'work/jobs' }],
    export: [{ text: tools.files[0]!.text.replace('name: tools', 'name: implements') }],
  });
  expect((await requireRun(gateway.database.pool, made)).inputVersions).toEqual({ 'stock/implements': 1 });
  expect(await events('product.renamed', 'stock/implements')).toEqual([
    { payload: { from: 'stock/tools', consumers: expect.any(Array) } },
  ]);

  const again = await gateway.publish([tools]);
  expect([again.__typename, again.findings[0]!.code]).toEqual(['Rejected', 'PRODUCT_RENAMED']);
  expect(again.findings[0]!.message).toContain('stock/implements');
  const told = edited(tools, 'product.odps.yaml', (text) => text.replace('name: tools', 'name: implements'));
  expect(await gateway.publish([told])).toMatchObject({ __typename: 'Unchanged' });
  const { errors } = await gateway.order('mutation { refresh(product: "stock/tools") { joined } }');
  expect(errors![0]!.message).toContain('it is stock/implements now');
});

test('its own former id a product may take again, any other id it may not', async () => {
  await published([folderOf({ domain: 'back', name: 'there' }), folderOf({ domain: 'back', name: 'others' })]);
  expect((await rename('back/there', 'back/away')).errors).toBeUndefined();
  for (const to of ['back/others', 'back/there'])
    expect((await rename('back/others', to)).errors).toMatchObject([
      { extensions: { code: to === 'back/others' ? 'BAD_INPUT' : 'PRODUCT_ID_TAKEN' } },
    ]);
  expect((await rename('back/away', 'back/others')).errors).toMatchObject([
    { extensions: { code: 'PRODUCT_ID_TAKEN' } },
  ]);
  expect((await rename('back/away', 'back/there')).data).toEqual({
    renameProduct: { id: 'back/there', renamedFrom: ['back/away'] },
  });
  expect((await gateway.ask('{ dataProduct(id: "back/away") { id } }')).data).toEqual({
    dataProduct: { id: 'back/there' },
  });
  expect((await rename('back/nothing', 'back/more')).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  expect((await rename('back/there', 'Back/There')).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  expect(
    (await gateway.ask('mutation { renameProduct(product: "back/there", to: "back/x") { id } }')).errors,
  ).toBeDefined();
});

test('it is handed over to another domain where its tables lie, while readers read; its next data lies in the new one', async () => {
  await published([folderOf({ domain: 'depot', name: 'parts' }), folderOf({ domain: 'plant', name: 'machines' })]);
  await gateway.load('depot/parts', 'parts', 'id text primary key', `values ('bolt')`);
  const ask = (): Promise<Answer> => gateway.ask('{ parts { nodes { id } } machines { nodes { id } } }');
  await answers('{ parts { nodes { id } } }', 'bolt');
  const reader = { over: false };
  const seen = new Set<string>();
  const reading = (async () => {
    while (!reader.over) seen.add(JSON.stringify((await ask()).data));
  })();
  expect((await rename('depot/parts', 'plant/parts')).errors).toBeUndefined();
  reader.over = true;
  await reading;
  expect([...seen]).toEqual(['{"parts":{"nodes":[{"id":"bolt"}]},"machines":{"nodes":[]}}']);
  const [version] = await datasetHistory(gateway.database.pool, 'plant/parts' as ProductId);
  expect(version!.tables['parts']).toEqual({ schema: 'depot', table: 'parts_1', rows: 1 });
  expect((await gateway.ask('{ domains { id products { id } } }')).data.domains).toEqual(
    expect.arrayContaining([{ id: 'plant', products: [{ id: 'plant/machines' }, { id: 'plant/parts' }] }]),
  );
  await gateway.load('plant/parts', 'parts', 'id text primary key', `values ('nut')`);
  await answers('{ parts { nodes { id } } }', 'nut');
  expect((await ask()).data).toEqual({ parts: { nodes: [{ id: 'nut' }] }, machines: { nodes: [] } });
});

describe('what others hold of it', () => {
  test('by its id is carried: relationships that name the product, or its file, go on', async () => {
    const named = '{ to: bins.id, customProperties: [{ property: product, value: store/bins }] }';
    await published([
      folderOf({ domain: 'store', name: 'bins' }),
      folderOf({ domain: 'hall', name: 'shelves', properties: [TO(named)] }),
    ]);
    expect((await rename('store/bins', 'store/boxes')).errors).toBeUndefined();
    expect((await gateway.ask('{ shelves { nodes { part { id } partId } } }')).errors ?? []).toEqual([]);
    const moved = folderOf({ domain: 'store', name: 'bins', version: '1.1.0' });
    const told = edited(moved, 'product.odps.yaml', (text) => text.replace('name: bins', 'name: boxes'));
    expect(await gateway.publish([told])).toMatchObject({ __typename: 'Published' });
  });

  test('by its domain is refused where it would be lost, naming who', async () => {
    await published([
      folderOf({ domain: 'east', name: 'docks' }),
      folderOf({ domain: 'east', name: 'ferries', properties: [TO('{ to: docks.id }')] }),
    ]);
    const { errors } = await rename('east/docks', 'west/docks');
    expect(errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
    // Filters reach into related objects of the same domain alone.
    expect(errors![0]!.message).toContain('FerryWhere');
    expect((await gateway.ask('{ dataProduct(id: "east/docks") { id } }')).data).toEqual({
      dataProduct: { id: 'east/docks' },
    });
  });

  test('a service that takes fields over from another by its name holds that name', async () => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@override"])';
    const of = (fields: string): string => `${link}\ntype Query { ${fields} }\ntype Song @key(fields: "id") { id: ID! `;
    await published([remoteFolder('old-songs', 'http://127.0.0.1:9/a', `${of('oldSongs: [Song]')} title: String }`)]);
    await published([
      remoteFolder(
        'songs',
        'http://127.0.0.1:9/b',
        `${of('songs: [Song]')} title: String @override(from: "elsewhere/old-songs") }`,
      ),
    ]);
    const { errors } = await rename('elsewhere/old-songs', 'elsewhere/past-songs');
    expect(errors).toMatchObject([{ extensions: { code: 'PRODUCT_IN_USE' } }]);
    expect(errors![0]!.message).toContain('elsewhere/songs');
    expect((await rename('elsewhere/songs', 'music/songs')).errors).toBeUndefined();
  });
});

test('as long as a run is under way, or a revision waits, the name stays; of a race one wins', async () => {
  const cranes = folderOf({ domain: 'yard', name: 'cranes' });
  await published([cranes]);
  await gateway.load('yard/cranes', 'cranes', 'id text primary key', `values ('c')`);
  const { data } = await gateway.order('mutation { refresh(product: "yard/cranes") { run { id } } }');
  const run = data.refresh.run.id as RunId;
  const busy = await rename('yard/cranes', 'yard/hoists');
  expect(busy.errors).toMatchObject([{ extensions: { code: 'PRODUCT_BUSY' } }]);
  expect(busy.errors![0]!.message).toContain(run);
  await transaction(gateway.database.pool, (trx) => cancelRun(trx, run));
  await published([folderOf({ domain: 'yard', name: 'cranes', properties: ['{ name: tons, logicalType: integer }'] })]);
  expect((await rename('yard/cranes', 'yard/hoists')).errors).toMatchObject([{ extensions: { code: 'PRODUCT_BUSY' } }]);
  await gateway.publish([cranes]);

  const racing = await Promise.all([
    ...['a', 'b', 'c', 'd'].map(
      async (letter) => (await rename('yard/cranes', `yard/hoists-${letter}`)).errors === undefined,
    ),
    gateway
      .publish([edited(cranes, 'product.odps.yaml', (text) => `${text}description: { usage: Lift. }\n`)])
      .then(() => false),
    ...['e', 'f'].map(() =>
      transaction(gateway.database.pool, (trx) =>
        requestRun(trx, {
          runId: randomUUID() as RunId,
          productId: 'yard/cranes' as ProductId,
          trigger: 'manual',
          requestedBy: 'test',
        }),
      ).then(
        () => false,
        (error: unknown) => {
          // Never a broken reference: either it runs under the old name, or there is nothing of that name.
          expect(error).toMatchObject({ code: 'NOT_REFRESHABLE' });
          return false;
        },
      ),
    ),
  ]);
  const { rows } = await gateway.database.pool.query<{ id: string; live: number }>(
    `select p.id, (select count(*)::int from weft.product_revisions r where r.product_id = p.id and r.state = 'live') as live
       from weft.products p where p.id like 'yard/%'`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]!.live).toBe(1);
  expect(racing.filter(Boolean)).toHaveLength(rows[0]!.id === 'yard/cranes' ? 0 : 1);
});

test('everything in the ledger that refers to a product follows its id', async () => {
  const { rows } = await gateway.database.pool.query(
    `select conrelid::regclass::text as of, conname as name from pg_constraint
      where contype = 'f' and confrelid = 'weft.products'::regclass and confupdtype <> 'c'`,
  );
  expect(rows).toEqual([]);
});

test('a former revision comes back under the name of now, and is exported under it', async () => {
  const lamps = folderOf({ domain: 'light', name: 'lamps' });
  await published([lamps]);
  await published([edited(lamps, 'product.odps.yaml', (text) => `${text}description: { purpose: Shine. }\n`)]);
  expect((await rename('light/lamps', 'light/lights')).errors).toBeUndefined();
  const sdl = await gateway.ask('{ dataProduct(id: "light/lights") { export(format: SDL, revision: 1) { text } } }');
  expect(sdl.data.dataProduct.export[0].text).toContain('type Lamp @key');
  const back = 'mutation { rollback(product: "light/lights", toRevision: 1) { __typename } }';
  expect((await gateway.order(back)).data).toEqual({ rollback: { __typename: 'Published' } });
  const { data } = await gateway.ask('{ dataProduct(id: "light/lights") { purpose revision { revision } } }');
  expect(data.dataProduct).toEqual({ purpose: null, revision: { revision: 4 } });
});

test('those who used a product lately or subscribe to it are told of its new name and of its retirement', async () => {
  const { pool } = gateway.database;
  await published([folderOf({ domain: 'told', name: 'tales' })]);
  const operation = { hash: 'h', name: 'Tales', type: 'query', coordinates: ['Query.tales', 'Tale.id'] };
  const call = { operation: 'h', clientName: '', clientVersion: '', calls: 1, errors: 0 };
  const minuteMs = 60_000;
  await addUsage(pool, {
    operations: [operation],
    calls: [
      { ...call, consumer: 'ana', agoMs: minuteMs },
      { ...call, consumer: 'old', agoMs: 40 * 24 * 60 * minuteMs },
    ],
    coordinates: [],
  });
  await transaction(pool, (trx) =>
    addSubscription(trx, { productId: 'told/tales' as ProductId, consumer: 'bo', purpose: null, operations: [] }),
  );
  const consumers = [
    { name: 'ana', lastUsedAt: expect.any(String), subscribes: false },
    { name: 'bo', lastUsedAt: null, subscribes: true },
  ];
  expect((await rename('told/tales', 'told/stories')).errors).toBeUndefined();
  expect(await events('product.renamed', 'told/stories')).toEqual([{ payload: { from: 'told/tales', consumers } }]);
  const { data } = await gateway.order(`mutation {
    retire(product: "told/stories") { status retirement { dataUntil consumers { name lastUsedAt subscribes } } }
  }`);
  expect(data.retire).toEqual({ status: 'retired', retirement: { dataUntil: null, consumers } });
  expect(await events('product.retired', 'told/stories')).toEqual([{ payload: { dataUntil: null, consumers } }]);
});
