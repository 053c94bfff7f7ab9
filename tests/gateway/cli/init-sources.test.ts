import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { buildSchema, graphqlSync } from 'graphql';
import { parse } from 'yaml';

import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { folderOf, weft, type Ran } from './weft.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external"])

type Query {
  places: [Place!]!
}

"Somewhere."
type Place @key(fields: "place_id") {
  place_id: ID!
  name: String!
  kind: Kind
  tags: [String!]!
  near: [Place!]
  openedAt: Stamp
  old: String @deprecated(reason: "Use name.")
  and: Int
}

type PlaceConnection {
  nodes: [Place!]!
}

enum Kind {
  CITY
  LAKE
}

scalar Stamp
`;

const OPENAPI = `openapi: 3.1.0
info: { title: Pets, version: '1' }
servers: [{ url: /v2 }]
paths:
  /pets:
    get:
      responses:
        '200':
          content:
            application/json:
              schema: { type: array, items: { $ref: '#/components/schemas/Pet' } }
  /pets/{petId}:
    get: { responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } } }
  /visits:
    get:
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  next: { type: string }
                  items: { type: array, items: { $ref: '#/components/schemas/Visit' } }
  /health:
    get: { responses: { '200': { content: { application/json: { schema: { type: object } } } } } }
components:
  schemas:
    Pet:
      required: [id, name]
      allOf:
        - { $ref: '#/components/schemas/Named' }
        - properties:
            id: { type: integer, format: int32 }
            status: { type: string, enum: [available, sold] }
            born: { type: string, format: date }
            weight: { type: [number, 'null'] }
            parent: { $ref: '#/components/schemas/Pet' }
    Named: { properties: { name: { type: string, description: What it hears. } } }
    Visit: { type: object, properties: { visitId: { type: string, format: uuid }, at: { type: string, format: date-time } } }
`;

let database: TestDatabase;
let server: Server;
let address: string;
const place = folderOf({ 'service.graphql': SDL, 'api.yaml': OPENAPI });

const init = (...args: string[]): Promise<Ran> => weft(['init', ...args], { cwd: place.path });
const read = (file: string): string => readFileSync(join(place.path, file), 'utf8');

beforeAll(async () => {
  database = await cloneDatabase();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const json = (value: unknown): void => void response.end(JSON.stringify(value));
      if (request.url === '/federated') json({ data: { _service: { sdl: SDL } } });
      else if (request.url === '/plain')
        json(
          graphqlSync({
            schema: buildSchema('type Query { cats: [Cat] } type Cat { id: ID! name: String }'),
            source: (JSON.parse(body) as { query: string }).query,
          }),
        );
      else if (request.url === '/openapi.yaml') response.end(OPENAPI);
      else if (request.url === '/endless') response.write('x'.repeat(11 * 1024 * 1024));
      else response.writeHead(404).end('<html>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  place.remove();
  await database.drop();
});

interface Contract {
  readonly servers: readonly Record<string, unknown>[];
  readonly schema: readonly { name: string; physicalName?: string; properties: Record<string, unknown>[] }[];
}

test.each([
  ['the SDL that a service serves as a subgraph', (): string[] => ['--from', `${address}/federated`], '/federated'],
  [
    'SDL from a file',
    (): string[] => ['--from', 'service.graphql', '--url', 'https://places.example/graphql'],
    'https://places.example',
  ],
])('%s becomes a remote product that passes its check', async (_, source, location) => {
  const ran = await init('geo/places', ...source(), '--force');
  expect(ran.err).not.toMatch(/warning|error/);
  expect(ran.code).toBe(0);
  expect(read('places/schema.graphql')).toBe(SDL);
  const contract = parse(read('places/places.odcs.yaml')) as Contract;
  expect(contract.servers[0]).toMatchObject({ type: 'api', location: expect.stringContaining(location) });
  expect(contract.schema.map(({ name }) => name)).toEqual(['places']);
  expect(contract.schema[0]!.properties).toMatchObject([
    {
      name: 'place_id',
      primaryKey: true,
      required: true,
      customProperties: [{ property: 'graphqlName', value: 'place_id' }],
    },
    { name: 'name', logicalType: 'string', required: true },
    { name: 'kind', logicalType: 'string', examples: ['CITY', 'LAKE'] },
    { name: 'tags', logicalType: 'array', items: { logicalType: 'string' } },
    { name: 'near', logicalType: 'array', items: { logicalType: 'object' } },
    { name: 'openedAt', logicalType: 'string' },
    { name: 'old', deprecated: true },
  ]);
  expect(read('places/places.odcs.yaml')).toContain('logicalType: string # guess: the scalar Stamp');
});

test('a service that is no subgraph is read by introspection, and it is said what it lacks', async () => {
  const ran = await init('zoo/cats', '--from', `${address}/plain`);
  expect(ran.err).toContain('It is no Federation subgraph');
  expect(read('cats/schema.graphql')).toContain('type Cat {');
  expect(ran.code).toBe(0);
});

test.each([
  ['a file', (): string => 'api.yaml', 'https://api.example'],
  ['an address', (): string => `${address}/openapi.yaml`, '/v2'],
])(
  'the collections of an OpenAPI document from %s become objects with a transformation each',
  async (_, source, location) => {
    const ran = await init('zoo/pets', '--from', source(), '--force');
    expect(ran.code).toBe(0);
    expect(ran.err).toContain('A refresh cannot read a server of type api yet');
    const input = parse(read('pets/source.odcs.yaml')) as Contract;
    expect(input.servers[0]).toMatchObject({ type: 'api', location: expect.stringContaining(location) });
    expect(input.schema.map(({ name, physicalName }) => [name, physicalName])).toEqual([
      ['pets', '/pets'],
      ['visits', '/visits'],
    ]);
    const output = parse(read('pets/pets.odcs.yaml')) as Contract;
    expect(output.schema[0]!.properties).toMatchObject([
      { name: 'name', description: 'What it hears.', logicalType: 'string', required: true },
      { name: 'id', logicalType: 'integer', physicalType: 'integer', primaryKey: true },
      { name: 'status', enum: [{ value: 'available' }, { value: 'sold' }] },
      { name: 'born', logicalType: 'date' },
      { name: 'weight', logicalType: 'number' },
      { name: 'parent', logicalType: 'object' },
    ]);
    expect(output.schema[1]!.properties).toMatchObject([
      { name: 'visitId', primaryKey: true },
      { logicalType: 'timestamp' },
    ]);
    expect(read('pets/visits.transform.sql')).toBe('select\n  visit_id,\n  at\nfrom visits\n');
  },
);

test('one collection of several is chosen by --table', async () => {
  const ran = await init('zoo/visits', '--from', 'api.yaml', '--table', '/visits');
  expect(ran.code).toBe(0);
  expect(existsSync(join(place.path, 'visits/visits.transform.sql'))).toBe(false);
  const none = await init('zoo/others', '--from', 'api.yaml', '--table', '/nothing');
  expect(none.err).toContain('has no collection /nothing; there are /pets, /visits.');
});

test.each([
  ['nobody there', (): string => 'http://127.0.0.1:9/graphql?key=hidden', 1, 'cannot be reached'],
  ['something else', (): string => `${address}/other`, 1, 'answered 404'],
  ['an answer without end', (): string => `${address}/endless`, 1, 'answers more than 10 MiB'],
  [
    'a database that is not there',
    (): string => 'postgres://me:hidden@127.0.0.1:9/shop',
    1,
    'The database at 127.0.0.1:9 cannot be read',
  ],
  [
    'an address without a database',
    (): string => 'postgres://me:hidden@127.0.0.1',
    2,
    'must name user, host and database',
  ],
])('%s is refused in time, and no secret is shown', async (_, from, code, says) => {
  const ran = await init('zoo/none', '--from', from());
  expect(ran.err).toContain(says);
  expect(ran.err).not.toContain('hidden');
  expect(ran.code).toBe(code);
  expect(existsSync(join(place.path, 'none'))).toBe(false);
});

test('tables of a Postgres are drafted by its catalog: what it declares is no guess', async () => {
  await database.pool.query(`
    set search_path to public;
    create type mood as enum ('happy', 'sad');
    create domain short as varchar(20) not null;
    create table customers (id bigint primary key, email text unique not null, mood mood, code short);
    comment on table customers is 'Who buys.';
    comment on column customers.mood is 'On the day of the last purchase.';
    create table orders (
      "Order No" uuid primary key, customer_id bigint not null references customers, status text check (status in ('open', 'it''s done')),
      total numeric(10, 2), tags text[], meta jsonb, picture bytea, placed_at timestamptz not null default now());
    create view busy as select customer_id, count(*) as orders from orders group by 1;
    insert into customers select n, n || '@x.example', 'happy', 'c' || n from generate_series(1, 50) n;
    insert into orders ("Order No", customer_id, status, total)
      select gen_random_uuid(), 1 + n % 50, 'open', n from generate_series(1, 200) n;
    reset search_path`);
  const ran = await init(
    'sales/orders',
    '--from',
    database.url,
    '--table',
    'orders',
    '--table',
    'customers',
    '--table',
    'busy',
    '--json',
  );
  const contract = parse(read('orders/orders.odcs.yaml')) as Contract;
  const { username, hostname, port, pathname, password } = new URL(database.url);
  expect(ran.code).toBe(0);
  const secret = `${pathname.slice(1).toUpperCase()}_PASSWORD`;
  expect(contract.servers[0]).toEqual({
    server: 'database',
    type: 'postgres',
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    schema: 'public',
    customProperties: [
      { property: 'user', value: decodeURIComponent(username) },
      { property: 'password', value: `\${secret:${secret}}` },
    ],
  });
  const text = read('orders/orders.odcs.yaml');
  if (password.length > 8) expect(text).not.toContain(decodeURIComponent(password));
  expect(ran.out).toContain(`WEFT_SECRET_${secret}`);
  expect(read('orders/product.odps.yaml')).not.toContain('inputPorts');
  expect(contract.schema.map(({ name, physicalName }) => [name, physicalName])).toEqual([
    ['busy', 'busy'],
    ['customers', 'customers'],
    ['orders', 'orders'],
  ]);
  const [busy, customers, orders] = contract.schema;
  expect(busy!.properties).toMatchObject([
    { name: 'customerId', physicalName: 'customer_id', primaryKey: true },
    { name: 'orders' },
  ]);
  expect(customers).toMatchObject({ description: 'Who buys.' });
  expect(customers!.properties).toMatchObject([
    { name: 'id', logicalType: 'integer', physicalType: 'bigint', primaryKey: true, required: true },
    { name: 'email', required: true, unique: true, classification: 'confidential' },
    { name: 'mood', enum: [{ value: 'happy' }, { value: 'sad' }], description: 'On the day of the last purchase.' },
    { name: 'code', physicalType: 'character varying(20)', required: true },
  ]);
  expect(orders!.properties).toMatchObject([
    { name: 'orderNo', physicalName: 'Order No', physicalType: 'uuid', primaryKey: true },
    { name: 'customerId', required: true, relationships: [{ to: 'customers.id' }] },
    { name: 'status', enum: [{ value: 'open' }, { value: "it's done" }] },
    { name: 'total', logicalType: 'number', physicalType: 'numeric(10,2)' },
    { name: 'tags', logicalType: 'array', items: { logicalType: 'string' } },
    { name: 'meta', logicalType: 'object' },
    { name: 'placedAt', logicalType: 'timestamp', required: true },
  ]);
  expect(ran.out).toContain('orders.picture is left out: it holds bytes');
  // The view declares nothing: its key is what was seen.
  expect(text).toContain('primaryKey: true # guess: 50 of 50 distinct');
  expect(text.match(/primaryKey: true # guess/g)).toHaveLength(1);
});

test('a table that is not there is refused, and a schema of none, too', async () => {
  const none = await init('sales/none', '--from', database.url, '--table', 'nothing');
  expect(none.err).toContain('has no table nothing that this user may read');
  expect(none.code).toBe(2);
  const empty = await init('sales/none', '--from', `${database.url}?schema=nowhere`);
  expect(empty.err).toContain('The schema nowhere');
});
