import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { edited } from '../product-text.ts';
import { type RegisteredText, openWarehouse, registeredFolder, type Warehouse } from './warehouse.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';

let gateway: GatewayHere;
let warehouse: Warehouse;
let secrets: Record<string, string>;

beforeAll(async () => {
  warehouse = await openWarehouse();
  secrets = { WAREHOUSE_PASSWORD: warehouse.password, WRONG: 'canary-wrong-password' };
  gateway = await gatewayHere({ config: { secrets: (name) => secrets[name] ?? null } });
  await warehouse.run(`
    create type mood as enum ('calm', 'wild');
    create domain code as char(3);
    create table plain (id int primary key, big bigint unique, at timestamp, made uuid, word varchar(9), mood mood, code code,
                        fixed char(4), price numeric(9,2), tags text[], doc json, span interval, raw bytea, ip inet, cost money, half real);
    create index on plain (at); create index on plain (made);
    create table loose (id int, name text);
    create view seen as select * from plain;
    create table writable (id int primary key);
    create table hidden (id int primary key)`);
  await warehouse
    .run(`grant insert on writable to ${warehouse.user}; revoke all on plain from nobody_such`)
    .catch(() => undefined);
  await warehouse.run(`grant insert on writable to ${warehouse.user}`);
});
afterAll(async () => {
  await gateway.close();
  await warehouse.close();
});

type Objects = RegisteredText['objects'];

const folder = (objects: Objects, more: Partial<RegisteredText> = {}) =>
  registeredFolder({ domain: 'checks', name: 'checked', at: warehouse, objects, ...more });

const plain = (...properties: string[]): Objects => ({ plain: { properties: [KEY, ...properties] } });

/** `code severity line` of each finding. */
async function found(text: ReturnType<typeof folder>): Promise<string[]> {
  const { findings } = await gateway.publish([text], { check: true });
  return findings.map(({ code, severity, line }) => `${code} ${severity.toLowerCase()} ${line ?? '-'}`);
}

test.each<[string, () => Objects, readonly string[]]>([
  ['a table that is not there', () => ({ nothing: { properties: [KEY] } }), ['TABLE_MISSING error 17']],
  [
    'a table of another schema',
    () => ({ t: { as: 'pg_catalog.pg_authid', properties: [KEY] } }),
    ['TABLE_NAME error 18'],
  ],
  ['a column that is not there', () => plain('{ name: gone, logicalType: string }'), ['COLUMN_MISSING error 20']],
  ['a bigint as Int', () => plain('{ name: big, logicalType: integer }'), ['COLUMN_TYPE error 20']],
  ['a bigint', () => plain('{ name: big, logicalType: integer, physicalType: bigint }'), []],
  ['a text as a number', () => plain('{ name: word, logicalType: integer }'), ['COLUMN_TYPE error 20']],
  ['a list as one value', () => plain('{ name: tags, logicalType: string }'), ['COLUMN_TYPE error 20']],
  ['a timestamp as a date', () => plain('{ name: at, logicalType: date }'), ['COLUMN_TYPE error 20']],
  [
    'an indexed timestamp without zone',
    () => plain('{ name: at, logicalType: timestamp }'),
    ['INDEX_UNUSED warning 20'],
  ],
  ['the same, as it is', () => plain('{ name: at, logicalType: timestamp, physicalType: timestamp }'), []],
  ['an indexed uuid as text', () => plain('{ name: made, logicalType: string }'), ['INDEX_UNUSED warning 20']],
  [
    'a key that no index has',
    () => ({ loose: { properties: [KEY] } }),
    ['KEY_NULLABLE error 19', 'KEY_NOT_UNIQUE error 17'],
  ],
  ['a key of a view', () => ({ seen: { properties: [KEY] } }), ['KEY_UNKNOWN warning 17']],
  [
    'a required column that may be null',
    () => plain('{ name: word, logicalType: string, required: true }'),
    ['REQUIRED_NULLABLE warning 20'],
  ],
  [
    'a unique column that no index has',
    () => plain('{ name: word, logicalType: string, unique: true }'),
    ['UNIQUE_UNKNOWN warning 20'].map((one) => one.replace('20', '17')),
  ],
  ['a role that may write', () => ({ writable: { properties: [KEY] } }), ['ROLE_CAN_WRITE warning 17']],
  [
    'types of all kinds',
    () =>
      plain(
        '{ name: mood, logicalType: string, enum: [{ value: calm }, { value: wild }] }',
        '{ name: code, logicalType: string }',
        '{ name: fixed, logicalType: string }',
        '{ name: price, logicalType: number }',
        '{ name: tags, logicalType: array, items: { logicalType: string } }',
        '{ name: doc, logicalType: object }',
        '{ name: span, logicalType: string }',
        '{ name: raw, logicalType: string }',
        '{ name: ip, logicalType: string }',
        '{ name: cost, logicalType: number, physicalType: numeric }',
        '{ name: half, logicalType: number, physicalType: real }',
      ),
    [],
  ],
])('%s', async (_name, objects, expected) => {
  const codes = await found(folder(objects()));
  expect(codes.filter((code) => !code.startsWith('ENUM'))).toEqual(expected);
});

test.each<[string, Partial<RegisteredText>, string, RegExp]>([
  ['a host that nobody allowed', { host: '10.0.0.7' }, 'SERVER_HOST error 7', /WEFT_ALLOWED_HOSTS/],
  ['the address of cloud metadata', { host: '169.254.169.254' }, 'SERVER_HOST error 7', /not allowed/],
  ['a folder of sockets', { host: '/var/run/postgresql' }, 'SERVER_HOST error 7', /no host/],
  ['a host with a user in it', { host: 'a@127.0.0.1' }, 'SERVER_HOST error 7', /no host/],
  ['a secret that is not there', { secret: '${secret:NONE}' }, 'SECRET_MISSING error 7', /WEFT_SECRET_NONE/],
  ['a password in clear', { secret: 'canary-clear' }, 'SERVER_PASSWORD error 14', /secret/],
  ['a wrong password', { secret: '${secret:WRONG}' }, 'SERVER_UNREACHABLE error 7', /password authentication failed/],
  [
    'a port where nobody is',
    { at: { port: 1, database: 'x', user: 'y' } },
    'SERVER_UNREACHABLE error 7',
    /ECONNREFUSED/,
  ],
])('%s is refused at its place, and no secret is told', async (_name, more, expected, says) => {
  const outcome = await gateway.publish([folder(plain(), more)]);
  const findings = outcome.findings.map(
    ({ code, severity, line }) => `${code} ${severity.toLowerCase()} ${line ?? '-'}`,
  );
  expect([outcome.__typename, ...findings]).toEqual(['Rejected', expected]);
  expect(outcome.findings[0]!.file).toBe('tables.odcs.yaml');
  expect(outcome.findings[0]!.message).toMatch(says);
  expect(JSON.stringify([outcome, gateway.log])).not.toMatch(/canary/);
});

test('a server that does not answer is given up in bounded time', async () => {
  await warehouse.be('silent');
  const began = performance.now();
  expect(await found(folder(plain()))).toEqual(['SERVER_UNREACHABLE error 7']);
  expect(performance.now() - began).toBeLessThan(10_000);
  await warehouse.be('there');
}, 30_000);

test("tables in Weft's own database are read by a role of theirs, and never by the ledger's", async () => {
  const url = new URL(gateway.database.url);
  const own = { port: Number(url.port), database: url.pathname.slice(1), user: url.username };
  secrets['LEDGER'] = decodeURIComponent(url.password);
  await gateway.database.pool.query(`create schema if not exists public; create table public.plain (id int primary key);
    insert into public.plain values (5); grant usage on schema public to ${warehouse.user}; grant select on public.plain to ${warehouse.user}`);
  expect(await found(folder(plain(), { at: own, secret: '${secret:LEDGER}' }))).toEqual([
    'ROLE_OF_LEDGER error 7',
    'ROLE_CAN_WRITE warning 17',
  ]);
  expect(await gateway.publish([folder(plain(), { at: { ...own, user: warehouse.user } })])).toMatchObject({
    __typename: 'Published',
    findings: [],
  });
  expect((await gateway.ask('{ plains { nodes { id } } }')).data).toEqual({ plains: { nodes: [{ id: '5' }] } });
  const { rows } = await gateway.database.pool.query<{ text: string }>(
    'select files::text as text from weft.product_revisions',
  );
  expect(rows.map(({ text }) => text).join('')).not.toContain(warehouse.password);
  await gateway.database.pool.query(`drop owned by ${warehouse.user}`);
});

test('what is managed does not become registered, and the catalog lists what is by its kind', async () => {
  const { data } = await gateway.ask(
    '{ dataProducts(filter: { kind: REGISTERED }) { nodes { id kind server { name tables } datasetVersion { version } } } }',
  );
  expect(data.dataProducts.nodes).toEqual([
    {
      id: 'checks/checked',
      kind: 'REGISTERED',
      server: { name: 'warehouse', tables: ['public.plain'] },
      datasetVersion: null,
    },
  ]);
  const withInput = edited(folder(plain()), 'product.odps.yaml', (text) =>
    text.replace('outputPorts:', 'inputPorts:\n  - { name: in, version: 1.0.0, contractId: other/one }\noutputPorts:'),
  );
  expect(await found(withInput)).toContain('PRODUCT_KIND error -');
});
