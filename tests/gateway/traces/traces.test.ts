import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf, remoteFolder } from '../product-text.ts';
import { answering, ended, listening, urlOf } from '../remote/services-here.ts';
import { collectorHere, type CollectorHere, type SpanHere } from './collector-here.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting(name: String): String }
type Airport @key(fields: "id") { id: ID! mood(of: String): String }`;
const [SERVER, CLIENT] = [2, 3];
const ERROR = 2;
const MOODS = answering(200, JSON.stringify({ data: { _entities: [{ __typename: 'Airport', mood: 'calm' }] } }));

let collector: CollectorHere;
let gateway: GatewayHere;
let service: Server;
let behave: RequestListener;
let told: (string | undefined)[];

beforeAll(async () => {
  told = [];
  service = await listening((request, response) => {
    told.push(request.headers['traceparent'] as string | undefined);
    behave(request, response);
  });
  collector = await collectorHere();
  gateway = await gatewayHere({ config: { traces: collector.config, answerCacheBytes: 1_000_000, slowMs: 0 } });
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA'), ('s3cret')`);
  await gateway.publish([remoteFolder('moods', `${urlOf(service)}/graphql?key=s3cret`, SDL)]);
  while ((await gateway.ask('{ airports { totalCount } }')).data?.airports.totalCount !== '2') await sleep(20);
});
afterEach(() => {
  told.length = 0;
});
afterAll(async () => {
  await gateway.close();
  await ended(service, collector.server);
});

/** The span of the operation of that name. */
function operation(name: string): Promise<SpanHere> {
  return collector.span(({ attributes }) => attributes['graphql.operation.name'] === name);
}

test('an operation on managed products is a span, and its one statement a span below it', async () => {
  const query = `query Managed($id: ID!) { airports(where: { id: { ne: "s3cret" } }) { nodes { id } } airport(id: $id) { id } }`;
  expect((await gateway.ask(query, { id: 's3cret' })).errors).toBeUndefined();
  const span = await operation('Managed');
  expect(span).toMatchObject({ name: 'query Managed', kind: SERVER, status: { code: 0 } });
  expect(span.parentSpanId).toBeUndefined();
  expect(span.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'graphql.operation.type': 'query',
    'weft.operation.path': 'managed',
    'weft.outcome': 'ok',
    'weft.products': ['network/airports'],
  });
  expect(span.attributes['graphql.document']).toContain('airports(where: $_)');
  const [statement, ...others] = collector.below(span);
  expect(others).toEqual([]);
  expect(statement).toMatchObject({
    name: 'SELECT',
    kind: CLIENT,
    traceId: span.traceId,
    attributes: { 'db.system.name': 'postgresql', 'weft.lane': 'quick', 'weft.answer.rows': 1 },
  });
  expect(statement!.attributes['db.query.text']).toContain('"network"."airports_');
  for (const [one, other] of [
    [span.startTimeUnixNano, statement!.startTimeUnixNano],
    [statement!.startTimeUnixNano, statement!.endTimeUnixNano],
    [statement!.endTimeUnixNano, span.endTimeUnixNano],
  ] as const)
    expect(BigInt(one) <= BigInt(other)).toBe(true);
  const { resource, scopeSpans } = collector.requests[0]!.body.resourceSpans[0];
  expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'weft-gateway' } });
  expect(resource.attributes).toContainEqual({ key: 'service.version', value: { stringValue: expect.any(String) } });
  expect(scopeSpans[0].scope.name).toBe('weft');
});

test('an answer that was kept has no statement, and says so', async () => {
  for (let times = 0; times < 3; times++) await gateway.ask('query Kept { airports { nodes { id } } }');
  const span = await collector.span(({ attributes }) => attributes['weft.operation.path'] === 'kept');
  expect(span).toMatchObject({ name: 'query Kept', attributes: { 'weft.products': ['network/airports'] } });
  expect(collector.below(span)).toEqual([]);
});

test('a planned operation has a span for each fetch, and a service is told of its own', async () => {
  behave = MOODS;
  await gateway.ask('query Planned { airports(first: 1) { nodes { id mood(of: "s3cret") } } }');
  const span = await operation('Planned');
  expect(span.attributes).toMatchObject({
    'weft.operation.path': 'planned',
    'weft.products': ['elsewhere/moods', 'network/airports'],
  });
  const [managed, remote, ...others] = collector.below(span);
  expect(others).toEqual([]);
  expect(managed).toMatchObject({ name: 'fetch managed products' });
  expect(collector.below(managed!)).toMatchObject([{ name: 'SELECT', attributes: { 'weft.answer.rows': 1 } }]);
  expect(remote).toMatchObject({
    name: 'POST elsewhere/moods',
    kind: CLIENT,
    attributes: {
      'peer.service': 'elsewhere/moods',
      'weft.product': 'elsewhere/moods',
      'http.response.status_code': 200,
      'url.full': `${urlOf(service)}/graphql`,
      'weft.fetch.entities': 1,
      'weft.fetch.shared': false,
    },
  });
  expect(told).toEqual([`00-${span.traceId}-${remote!.spanId}-01`]);
});

test('a fetch that is sent twice says so, and one that fails has the code of its failure', async () => {
  let times = 0;
  behave = (request, response) => (++times === 1 ? answering(503, '') : MOODS)(request, response);
  await gateway.ask('query Retried { airports(first: 1) { nodes { mood } } }');
  const remote = collector.below(await operation('Retried')).at(-1)!;
  expect(remote.attributes).toMatchObject({ 'http.request.resend_count': 1, 'http.response.status_code': 200 });
  expect(told).toEqual([told[0], told[0]]);

  behave = answering(500, 's3cret');
  await gateway.ask('query Failed { airports(first: 1) { nodes { mood } } }');
  const failed = await operation('Failed');
  expect(failed).toMatchObject({
    status: { code: ERROR },
    attributes: {
      'weft.outcome': 'error',
      'error.type': 'SUBGRAPH_UNAVAILABLE',
      'weft.error.codes': ['SUBGRAPH_UNAVAILABLE'],
    },
  });
  expect(collector.below(failed).at(-1)).toMatchObject({
    status: { code: ERROR },
    attributes: { 'error.type': '500' },
  });
});

test('of two that ask the same at once, one is asked, and the other points at its span', async () => {
  let release = (): void => undefined;
  behave = (request, response) => void (release = () => MOODS(request, response));
  const both = [gateway.ask('query One { airports(first: 1) { nodes { mood } } }')];
  while (told.length === 0) await sleep(5);
  both.push(gateway.ask('query Other { airports(first: 1) { nodes { mood } } }'));
  while (!/weft_remote_requests_total{service="elsewhere\/moods",outcome="shared"} [1-9]/.test(await metrics()))
    await sleep(5);
  release();
  for (const { errors } of await Promise.all(both)) expect(errors).toBeUndefined();
  const [one, other] = [await operation('One'), await operation('Other')].map((span) => collector.below(span).at(-1)!);
  expect(told).toHaveLength(1);
  expect(other!.attributes['weft.fetch.shared']).toBe(true);
  expect(other!.links).toEqual([{ traceId: one!.traceId, spanId: one!.spanId }]);
});

test('equal operations under way are one, and each has a span', async () => {
  let release = (): void => undefined;
  behave = (request, response) =>
    void (release = () => answering(200, '{"data":{"greeting":"hi"}}')(request, response));
  const query = 'query Equal { greeting }';
  const first = gateway.ask(query);
  while (told.length === 0) await sleep(5);
  const second = gateway.ask(query);
  // There is nothing to see of one that waits for another.
  await sleep(300);
  release();
  await Promise.all([first, second]);
  const joined = await collector.span(({ attributes }) => attributes['weft.answer.shared'] === true);
  expect(joined).toMatchObject({ name: 'query Equal', attributes: { 'weft.outcome': 'ok' } });
  expect(collector.below(joined)).toEqual([]);
});

test('a client’s trace goes on in ours; whether it is recorded, a stranger does not say', async () => {
  const id = 'a'.repeat(32);
  const traceparent = (flags: string): Record<string, string> => ({
    traceparent: `00-${id}-${'b'.repeat(16)}-${flags}`,
  });
  await gateway.ask('query Stranger { airports { totalCount } }', {}, traceparent('00'));
  expect(await operation('Stranger')).toMatchObject({ traceId: id, parentSpanId: 'b'.repeat(16) });
  const key = { authorization: 'Bearer weft_admin_of_this_test' };
  behave = answering(200, '{"data":{"greeting":"hi"}}');
  await gateway.ask('query Known { greeting }', {}, { ...traceparent('00'), ...key });
  expect(told[0]).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-00$`));
  await gateway.ask('query Malformed { airports { totalCount } }', {}, { traceparent: `00-${'0'.repeat(32)}-x-01` });
  expect((await operation('Malformed')).traceId).not.toBe('0'.repeat(32));
  expect(collector.spans.filter(({ name }) => name === 'query Known')).toEqual([]);
});

test('a sampler that records nothing is not overruled by a stranger, but by who has a key', async () => {
  const sampler = { name: 'parentbased_traceidratio', argument: 0 } as const;
  const traces = { ...collector.config, sampler };
  const quiet = await gatewayHere({ database: gateway.database, config: { traces } });
  const trusting = await gatewayHere({ database: gateway.database, config: { traces: { ...traces, trusts: 'all' } } });
  const traceparent = `00-${'0'.repeat(31)}1-${'b'.repeat(16)}-01`;
  const query = (name: string): string => `query ${name} { airports { totalCount } }`;
  const as = async (one: GatewayHere, name: string, headers: Record<string, string>): Promise<void> => {
    expect((await one.ask(query(name), {}, headers)).errors).toBeUndefined();
  };
  await as(quiet, 'Unheard', { traceparent });
  await as(quiet, 'Unasked', {});
  await as(quiet, 'Heard', { traceparent, authorization: 'Bearer weft_admin_of_this_test' });
  await as(trusting, 'Trusted', { traceparent });
  await Promise.all([quiet.close(), trusting.close()]);
  expect(collector.below(await operation('Heard'))).toHaveLength(1);
  expect(collector.below(await operation('Trusted'))).toHaveLength(1);
  expect(collector.spans.filter(({ name }) => /Unheard|Unasked/.test(name))).toEqual([]);
});

test('what is refused is a span with the code, and no failure of the server’s', async () => {
  const { status } = await gateway.ask(`{ ${Array.from({ length: 201 }, (_, at) => `a${at}: __typename`).join(' ')} }`);
  expect(status).toBe(400);
  const span = await collector.span(({ attributes }) => attributes['error.type'] === 'BAD_INPUT');
  expect(span).toMatchObject({
    name: 'GraphQL Operation',
    status: { code: 0 },
    attributes: { 'http.response.status_code': 400 },
  });
});

test('an operation in a form that only Apollo Server takes has the same spans', async () => {
  behave = MOODS;
  const headers = { 'content-type': 'application/json; charset="utf-8"' };
  await gateway.ask('query Odd { airports(first: 1) { nodes { id mood } } }', {}, headers);
  const span = await operation('Odd');
  expect(span).toMatchObject({ name: 'query Odd', kind: SERVER, attributes: { 'weft.operation.path': 'planned' } });
  expect(collector.below(span).map(({ name }) => name)).toEqual(['fetch managed products', 'POST elsewhere/moods']);
  await gateway.ask('query Wrong { nonsense }', {}, headers);
  const wrong = await collector.span(({ attributes }) => attributes['error.type'] === 'GRAPHQL_VALIDATION_FAILED');
  expect(wrong.attributes['http.response.status_code']).toBe(400);
});

test('mutations of the catalog and swaps of the supergraph are in it', async () => {
  const span = await collector.span(({ name }) => name === 'mutation');
  expect(collector.below(span)).toMatchObject([{ name: 'fetch catalog' }]);
  expect(await collector.span(({ name }) => name === 'swap supergraph')).toMatchObject({
    attributes: { 'weft.supergraph': expect.any(Number) },
  });
});

test('the log of slow operations names the trace', async () => {
  await gateway.ask('query Slow { airports { totalCount } }');
  const { traceId } = await operation('Slow');
  expect(gateway.log.find(({ operation: name }) => name === 'Slow')).toMatchObject({ trace_id: traceId });
});

test('no value of a variable, a text, a service’s address or body is told to anyone', () => {
  expect(JSON.stringify(collector.requests.map(({ body }) => body))).not.toContain('s3cret');
});

test('what the receiver is too busy for is sent again, and what it refuses is lost, which the log says once', async () => {
  const busy = await collectorHere({ compress: true, headers: { 'x-token': 'of the receiver' } });
  const here = await gatewayHere({ database: gateway.database, config: { traces: busy.config } });
  busy.statuses.push(503);
  await here.ask('query Busy { airports { totalCount } }');
  await busy.span(({ name }) => name === 'query Busy');
  expect(busy.requests[0]).toMatchObject({ url: '/v1/traces', headers: { 'x-token': 'of the receiver' } });
  busy.statuses.push(400, 400);
  for (let asked = 1; asked <= 2; asked++) {
    const before = busy.requests.length;
    await here.ask('query Lost { airports { totalCount } }');
    while (busy.requests.length === before) await sleep(10);
  }
  await here.ask('query Found { airports { totalCount } }');
  await busy.span(({ name }) => name === 'query Found');
  expect(here.log.filter(({ msg }) => String(msg).startsWith('traces cannot'))).toHaveLength(1);
  await here.close();
  await ended(busy.server);
});

test.each<[string, RequestListener | null]>([
  ['is not there', null],
  ['hangs', () => undefined],
])('a receiver that %s keeps no answer and no shutdown waiting', async (_name, listener) => {
  const receiver = await listening(listener ?? (() => undefined));
  const url = urlOf(receiver);
  if (listener === null) await ended(receiver);
  const traces = { ...collector.config, url, batch: { delayMs: 1, queueMax: 4, sizeMax: 2 } };
  const here = await gatewayHere({ database: gateway.database, config: { traces } });
  for (let times = 0; times < 20; times++)
    expect((await here.ask('{ airports { totalCount } }')).data).toEqual({ airports: { totalCount: '2' } });
  await here.close();
  if (listener !== null) await ended(receiver);
});

test('where traces are off, nothing is made, sent or told', async () => {
  const before = collector.requests.length;
  const here = await gatewayHere({ database: gateway.database });
  behave = MOODS;
  const asked = await here.ask(
    'query Off { airports(first: 1) { nodes { mood } } }',
    {},
    {
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    },
  );
  expect(asked.errors).toBeUndefined();
  await here.close();
  expect(told).toEqual([undefined]);
  expect(collector.spans.some(({ name }) => name === 'query Off')).toBe(false);
  expect(collector.requests).toHaveLength(before);
});

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text();
}
