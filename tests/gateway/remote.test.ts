import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { folderOf, remoteFolder } from './product-text.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting: String }
type Airport @key(fields: "id") { id: ID! mood: String }`;

let gateway: GatewayHere;
let service: Server;
let canary: Server;
let canaryHits = 0;
let behave: RequestListener;

beforeAll(async () => {
  service = await listening((request, response) => behave(request, response));
  canary = await listening((_request, response) => {
    canaryHits += 1;
    response.end('{"data":{"greeting":"from inside"}}');
  });
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA')`);
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
  expect(await gateway.publish([remoteFolder('moods', `${urlOf(service)}/graphql`, SDL)])).toMatchObject({
    __typename: 'Published',
  });
});
afterAll(async () => {
  await gateway.close();
  for (const server of [service, canary]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answering(status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

test('a service of another make answers in the same graph, and the answer names its product', async () => {
  behave = answering(200, JSON.stringify({ data: { _entities: [{ __typename: 'Airport', mood: 'calm' }] } }));
  const { data, errors, extensions } = await gateway.ask('{ airports { nodes { id mood } } }');
  expect(errors).toBeUndefined();
  expect(data).toEqual({ airports: { nodes: [{ id: 'SEA', mood: 'calm' }] } });
  expect(extensions!.dataProducts.map(({ id }) => id)).toEqual(['elsewhere/moods', 'network/airports']);
});

test.each<[string, () => RequestListener, RegExp]>([
  ['answers 500', () => answering(500, 'secret stack'), /JSON|500/],
  ['answers a page', () => answering(200, '<html>secret</html>'), /JSON/],
  ['cuts its answer off', () => answering(200, '{"data":{"_ent'), /JSON/],
  ['answers a list', () => answering(200, '["secret"]'), /GraphQL/],
  ['answers data that is no object', () => answering(200, '{"data":"secret"}'), /GraphQL/],
  ['sends 9 MB', () => answering(200, JSON.stringify({ data: { x: 's'.repeat(9_000_000) } })), /more than/],
  ['resets the connection', () => (request) => request.socket.destroy(), /reached/],
  ['sends elsewhere', () => answering(307, '', { location: urlOf(canary) }), /307|JSON/],
])(
  'where the service %s, the other fields are answered, and one error names it without a word of its body',
  async (_name, make, says) => {
    behave = make();
    const { data, errors } = await gateway.ask('{ airports { nodes { id mood } } }');
    expect(data).toEqual({ airports: { nodes: [{ id: 'SEA', mood: null }] } });
    expect(errors).toHaveLength(1);
    expect(errors![0]!.message).toMatch(says);
    expect(errors![0]!.extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', product: 'elsewhere/moods' });
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(canaryHits).toBe(0);
  },
);

test('keys that would change prototypes are dropped from an answer', async () => {
  behave = answering(
    200,
    '{"data":{"greeting":"hi","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
  );
  const { data } = await gateway.ask('{ greeting }');
  expect(data).toEqual({ greeting: 'hi' });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test("the service's own errors come with their place", async () => {
  behave = answering(
    200,
    JSON.stringify({ data: { greeting: null }, errors: [{ message: 'no greeting today', path: ['greeting'] }] }),
  );
  const { data, errors } = await gateway.ask('{ greeting }');
  expect(data).toEqual({ greeting: null });
  expect(errors).toMatchObject([{ message: 'no greeting today', path: ['greeting'] }]);
});
