import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { type Answer, gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

let database: TestDatabase;
let one: GatewayHere;
let other: GatewayHere;
const keys: Record<string, string> = {};
const roots = realpathSync(mkdtempSync(join(tmpdir(), 'weft-roots-')));

beforeAll(async () => {
  database = await cloneDatabase();
  one = await gatewayHere({ database, config: { fileRoots: [roots] } });
  other = await gatewayHere({ database });
  keys['admin'] = await create('role: ADMIN, consumer: "operators"');
  keys['publisher'] = await create('role: PUBLISHER, consumer: "network-team", domains: ["network"]');
  keys['consumer'] = await create('role: CONSUMER, consumer: "reports"');
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await database.drop();
});

async function create(args: string): Promise<string> {
  const { data, errors } = await one.order(`mutation { createApiKey(${args}) { key } }`);
  expect(errors).toBeUndefined();
  return data.createApiKey.key as string;
}

function as(key: string, query: string, variables: object = {}, gateway = one): Promise<Answer> {
  return gateway.ask(query, variables, { authorization: `Bearer ${key}` });
}

const PUBLISH = `mutation ($products: [ProductFolder!]!) { outcome: publish(products: $products, refresh: false) { __typename } }`;
const CHECK = `mutation ($products: [ProductFolder!]!) { outcome: check(products: $products) { __typename } }`;
const own = { products: [folderOf({ domain: 'network', name: 'airports' })] };
const foreign = { products: [folderOf({ domain: 'sales', name: 'orders' })] };

const DOES: readonly [what: string, query: string, variables: object][] = [
  ['reads the catalog', '{ domains { id } }', {}],
  ['checks a product of its own', CHECK, own],
  ['publishes a product of its own', PUBLISH, own],
  ['refreshes a product of its own', 'mutation { refresh(product: "network/airports") { joined } }', {}],
  ['checks a product of others', CHECK, foreign],
  ['publishes a product of others', PUBLISH, foreign],
  ['publishes one of its own with one of others', PUBLISH, { products: [...own.products, ...foreign.products] }],
  ['refreshes a product of others', 'mutation { refresh(product: "sales/orders") { joined } }', {}],
  ['retires a product of others', 'mutation { retire(product: "sales/orders") { id } }', {}],
  ['retires a product of its own', 'mutation { retire(product: "network/airports") { id } }', {}],
  ['lists keys', '{ apiKeys { id } }', {}],
  ['makes keys', 'mutation { createApiKey(role: ADMIN, consumer: "me-too") { key } }', {}],
  ['revokes keys', 'mutation { revokeApiKey(id: "0123456789ab") { id } }', {}],
];

const MAY: Readonly<Record<string, readonly string[]>> = {
  consumer: ['reads the catalog'],
  publisher: DOES.slice(0, 4)
    .map(([what]) => what)
    .concat('retires a product of its own'),
  admin: DOES.map(([what]) => what),
};

for (const [who, may] of Object.entries(MAY))
  test(`what the key of a ${who} may do`, async () => {
    await one.publish([...own.products, ...foreign.products]);
    const done: string[] = [];
    for (const [what, query, variables] of DOES) {
      const { errors } = await as(keys[who]!, query, variables);
      const code = errors?.[0]?.extensions['code'] as string | undefined;
      if (code !== 'FORBIDDEN') done.push(what);
      if (code !== undefined && !['FORBIDDEN', 'NOT_FOUND', 'PRODUCT_RETIRED'].includes(code))
        throw new Error(`${what}: ${errors![0]!.message}`);
    }
    expect(done).toEqual(may);
  });

test('rows that broke a rule are shown to owners of the product alone', async () => {
  await one.publish([folderOf({ domain: 'network', name: 'gates' })]);
  const run = await one.load('network/gates', 'gates', 'id text primary key', `values ('a1')`, 'gates.known');
  const samples = [{ id: 'a1' }];
  await database.pool.query('update weft.quality_results set samples = $2 where run_id = $1', [
    run,
    JSON.stringify(samples),
  ]);
  const stranger = await create('role: PUBLISHER, consumer: "sales-team", domains: ["sales"]');
  const query = `{ run(id: "${run}") { quality { rule measured samples } } }`;
  const seen = async (key: string): Promise<unknown> => (await as(key, query)).data.run.quality;
  const found = { rule: 'gates.known', measured: '1' };
  for (const owner of [keys['publisher']!, keys['admin']!]) expect(await seen(owner)).toEqual([{ ...found, samples }]);
  for (const other of [keys['consumer']!, stranger]) expect(await seen(other)).toEqual([{ ...found, samples: [] }]);
  expect((await one.ask(query)).data.run.quality).toEqual([{ ...found, samples: [] }]);
});

test('a publish for a domain that the key does not own names it, and writes nothing', async () => {
  const before = await one.ledger();
  const { data, errors } = await as(keys['publisher']!, PUBLISH, foreign);
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  expect(errors![0]!.message).toBe(
    'The key of network-team is for products of network, not of sales: ask an admin for one that is.',
  );
  expect(await one.ledger()).toEqual(before);
});

test('who may publish nothing is refused before what was sent is read', async () => {
  const nonsense = { products: [{ name: 'x', files: [{ path: 'product.odps.yaml', text: '{{{' }] }] };
  expect((await as(keys['consumer']!, CHECK, nonsense)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  expect((await one.ask(CHECK, nonsense)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
});

test('me is the consumer of the key, and not another who asks the same at the same time', async () => {
  const query = '{ me { name role admin domains key { prefix } } }';
  const answers = await Promise.all(
    [keys['publisher']!, keys['consumer']!, keys['admin']!].map((key) => as(key, query)),
  );
  expect(answers.map(({ data }) => data.me)).toEqual([
    {
      name: 'network-team',
      role: 'PUBLISHER',
      admin: false,
      domains: ['network'],
      key: { prefix: shown('publisher') },
    },
    { name: 'reports', role: 'CONSUMER', admin: false, domains: [], key: { prefix: shown('consumer') } },
    { name: 'operators', role: 'ADMIN', admin: true, domains: [], key: { prefix: shown('admin') } },
  ]);
  expect((await one.ask(query)).data.me).toMatchObject({ name: 'anonymous', role: null, key: null });
  expect((await one.order(query)).data.me).toMatchObject({ name: 'admin', role: 'ADMIN', key: null });
});

function shown(who: string): string {
  return keys[who]!.slice(0, 9);
}

test('the ledger holds no key, but its digest', async () => {
  const { rows } = await database.pool.query<{ row: string; digest: string }>(
    `select k::text as row, encode(digest, 'hex') as digest from weft.api_keys k`,
  );
  expect(rows.length).toBeGreaterThan(2);
  for (const { row, digest } of rows) {
    expect(digest).toHaveLength(64);
    for (const key of Object.values(keys)) expect(row).not.toContain(key.slice(9));
  }
  expect(keys['consumer']).toMatch(/^weft_[\w-]{43}$/);
});

test.each([
  ['cut', (key: string) => key.slice(0, -1)],
  ['longer', (key: string) => `${key}A`],
  ['of other letters', (key: string) => key.toUpperCase()],
  ['only its prefix', (key: string) => key.slice(0, 9)],
])('a key that is %s opens nothing', async (_how, bend) => {
  expect((await as(bend(keys['consumer']!), '{ domains { id } }')).status).toBe(401);
});

test('a key in the query string, or in a cookie, is none', async () => {
  const key = keys['admin']!;
  const response = await fetch(`${one.url}/graphql?key=${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: `authorization=Bearer ${key}` },
    body: JSON.stringify({ query: '{ me { name } }' }),
  });
  expect(await response.json()).toMatchObject({ data: { me: { name: 'anonymous' } } });
});

test('a revoked key is refused at once where it was revoked, and within 2 s by every other gateway', async () => {
  const key = await create('role: CONSUMER, consumer: "leaver"');
  for (const gateway of [one, other])
    await eventually(async () => (await as(key, '{ me { name } }', {}, gateway)).status === 200);
  const { data } = await one.order('{ apiKeys { id consumer } }');
  const { id } = data.apiKeys.find(({ consumer }: { consumer: string }) => consumer === 'leaver');
  const { data: revoked } = await one.order(`mutation { revokeApiKey(id: "${id}") { revokedBy revokedAt } }`);
  expect(revoked.revokeApiKey).toMatchObject({ revokedBy: 'admin' });
  expect((await as(key, '{ me { name } }')).status).toBe(401);
  await eventually(async () => (await as(key, '{ me { name } }', {}, other)).status === 401, 2_000);
});

test('a revoked key is refused where no notification comes', async () => {
  const key = await create('role: CONSUMER, consumer: "unheard"');
  await eventually(async () => (await as(key, '{ me { name } }', {}, other)).status === 200);
  await database.pool.query(`alter table weft.api_keys disable trigger announce`);
  await database.pool.query(`update weft.api_keys set revoked_at = now() where consumer = 'unheard'`);
  await database.pool.query(`alter table weft.api_keys enable trigger announce`);
  await eventually(async () => (await as(key, '{ me { name } }', {}, other)).status === 401, 2_000);
});

test('an expired key is refused at once', async () => {
  const expiresAt = new Date(Date.now() + 1_500);
  const key = await create(`role: CONSUMER, consumer: "guest", expiresAt: "${expiresAt.toISOString()}"`);
  expect((await as(key, '{ me { name } }')).status).toBe(200);
  await sleep(expiresAt.getTime() - Date.now() + 1);
  expect((await as(key, '{ me { name } }')).status).toBe(401);
});

test.each([
  ['role: CONSUMER, consumer: "admin"', 'not anonymous or admin'],
  ['role: CONSUMER, consumer: "Anonymous"', 'not anonymous or admin'],
  ['role: CONSUMER, consumer: ""', 'A consumer is named by'],
  ['role: CONSUMER, consumer: "<b>"', 'A consumer is named by'],
  ['role: PUBLISHER, consumer: "team"', 'name at least one'],
  ['role: PUBLISHER, consumer: "team", domains: ["Not One"]', "no domain's id"],
  ['role: CONSUMER, consumer: "reader", domains: ["sales"]', 'Domains are for keys of publishers'],
  ['role: CONSUMER, consumer: "reader", expiresAt: "2020-01-01T00:00:00Z"', 'a moment to come'],
  ['role: CONSUMER, consumer: "reader", expiresAt: "soon"', 'a moment to come'],
])('a key is not made of %s', async (args, says) => {
  const { errors } = await one.order(`mutation { createApiKey(${args}) { key } }`);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
  expect(errors![0]!.message).toContain(says);
});

async function folderStored(key: string | null, gateway: GatewayHere, name: string, path: string): Promise<string> {
  const products = [{ ...folderOf({ domain: 'network', name }), path }];
  const query = `mutation ($products: [ProductFolder!]!) { publish(products: $products, refresh: false) { ... on Published { findings { code } } } }`;
  const { data, errors } =
    key === null ? await gateway.order(query, { products }) : await as(key, query, { products }, gateway);
  expect(errors).toBeUndefined();
  const { rows } = await database.pool.query<{ folder: string | null }>(
    `select folder from weft.product_revisions where product_id = $1`,
    [`network/${name}`],
  );
  const warned = data.publish.findings.some(({ code }: { code: string }) => code === 'FOLDER_PATH');
  return `${rows[0]!.folder} ${warned ? 'warned' : 'silent'}`;
}

test("a publisher's word of a folder is believed within WEFT_FILE_ROOTS alone", async () => {
  const key = keys['publisher']!;
  mkdirSync(join(roots, 'mine'));
  symlinkSync('/etc', join(roots, 'link'));
  expect(await folderStored(key, one, 'within', join(roots, 'mine'))).toBe(`${join(roots, 'mine')} silent`);
  expect(await folderStored(key, one, 'outside', '/etc')).toBe('null warned');
  expect(await folderStored(key, one, 'dotted', `${roots}/mine/../../../etc`)).toBe('null warned');
  expect(await folderStored(key, one, 'linked', join(roots, 'link'))).toBe('null warned');
  expect(await folderStored(key, one, 'neighbour', `${roots}-2`)).toBe('null warned');
});

test("an admin's word of a folder is believed on loopback, and beyond it within WEFT_FILE_ROOTS alone", async () => {
  expect(await folderStored(null, one, 'here', '/etc')).toBe('/etc silent');
  const open = await gatewayHere({ database, loopbackOnly: false, config: { fileRoots: [roots] } });
  try {
    expect(await folderStored(null, open, 'elsewhere', '/etc')).toBe('null warned');
    expect(await folderStored(null, open, 'rooted', join(roots, 'mine'))).toBe(`${join(roots, 'mine')} silent`);
  } finally {
    await open.close();
  }
});

async function eventually(holds: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
  const until = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`Not within ${withinMs} ms.`);
    await sleep(20);
  }
}
