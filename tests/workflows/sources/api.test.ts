import type { ServerResponse } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { waitOf } from '../../../workflows/sources/rate-limit.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';
import { type Answers, type ApiServer, type Asked, json, openApiServer } from './api-server.ts';
import { checkedProduct, rowsOf } from './asked-source.ts';

const SOURCE = ['{ name: id, logicalType: integer, required: true }', '{ name: name, logicalType: string }'];
const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';
const OUTPUT = [KEY, '{ name: name, logicalType: string }'];
const SECRETS: Readonly<Record<string, string>> = { TOKEN: 's3cret', USER: 'ada', PASSWORD: 'pass:word' };

let database: TestDatabase;
let deps: RefreshDeps;
let server: ApiServer;
let other: ApiServer;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  [server, other] = [await openApiServer(), await openApiServer()];
  deps = { ...(await refreshDeps(database)), secrets: (name) => SECRETS[name] ?? null };
});
afterAll(async () => {
  await Promise.all([server.close(), other.close()]);
  await database.drop();
});

/** A product of an API with the settings given, as JSON, which is YAML too. */
function trial(settings: Record<string, unknown>, more: Partial<SmallProduct> & { path?: string } = {}): SmallProduct {
  const { path = '/things', ...rest } = more;
  const properties = Object.entries(settings).map(([property, value]) => ({ property, value }));
  return {
    name: `things${(count += 1)}`,
    content: null,
    source: SOURCE,
    output: OUTPUT,
    server: `{ server: shop, type: api, location: '${server.url}${path}', customProperties: ${JSON.stringify(properties)} }`,
    ...rest,
  };
}

async function refreshed(small: SmallProduct) {
  const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
  return {
    run: await refreshHere(deps, product.id),
    refresh: () => refreshHere(deps, product.id),
    table: `trial.${small.name!}`,
  };
}

/** `things` of these numbers. */
function things(from: number, to: number): { id: number; name: string }[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({
    id: from + index,
    name: `thing ${from + index}`,
  }));
}

async function idsOf(small: SmallProduct, options?: Parameters<typeof rowsOf>[2]): Promise<number[]> {
  const rows = await rowsOf(deps, small, options);
  return rows.map((row) => Number(row['id'])).sort((a, b) => a - b);
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const numberIn = ({ url }: Asked, name: string, otherwise = 0): number =>
  Number(url.searchParams.get(name) ?? otherwise);

/** Pages of 10 of 25 things, by the number of the page. */
const byPage: Answers = (asked, response) => {
  const page = numberIn(asked, 'page', 1);
  json(response, { items: things(page * 10 - 9, Math.min(25, page * 10)), pages: 3 });
};

describe('pages', () => {
  test.each<[string, Record<string, unknown>, Answers]>([
    ['one answer', {}, (_, response) => json(response, things(1, 25))],
    [
      'the Link header',
      { pagination: { by: 'link' } },
      (asked, response) => {
        const page = numberIn(asked, 'p', 1);
        const link = `</things?p=1>; rel="first", </things?p=${page + 1}>; title="a, b"; rel="next last"`;
        json(response, things(page * 10 - 9, Math.min(25, page * 10)), { headers: page < 3 ? { link } : {} });
      },
    ],
    [
      'an address in the answer',
      { records: 'items', pagination: { by: 'link', next: 'links.next' } },
      (asked, response) => {
        const page = numberIn(asked, 'p', 1);
        const next = page < 3 ? `${server.url}/things?p=${page + 1}` : null;
        json(response, { items: things(page * 10 - 9, Math.min(25, page * 10)), links: { next } });
      },
    ],
    [
      'a cursor in the answer',
      { records: 'data.items', pagination: { by: 'cursor', cursor: 'meta.next', param: 'after' } },
      (asked, response) => {
        const after = numberIn(asked, 'after');
        const last = Math.min(25, after + 10);
        json(response, { data: { items: things(after + 1, last) }, meta: last < 25 ? { next: String(last) } : {} });
      },
    ],
    [
      'the last record',
      { records: 'data', pagination: { by: 'cursor', lastRecord: 'id', param: 'starting_after', more: 'has_more' } },
      (asked, response) => {
        const after = numberIn(asked, 'starting_after');
        json(response, { data: things(after + 1, Math.min(25, after + 10)), has_more: after + 10 < 25 });
      },
    ],
    ['numbers, as many as there are', { records: 'items', pagination: { by: 'page', pages: 'pages' } }, byPage],
    ['numbers, until one is empty', { records: 'items', pagination: { by: 'page' } }, byPage],
    [
      'offsets, of fewer records than were asked for',
      { pagination: { by: 'offset', param: 'skip' }, params: { limit: 100 } },
      (asked, response) =>
        json(response, things(numberIn(asked, 'skip') + 1, Math.min(25, numberIn(asked, 'skip') + 10))),
    ],
    [
      'offsets, with a total',
      { records: 'items', pagination: { by: 'offset', total: 'total' } },
      (asked, response) => {
        const from = numberIn(asked, 'offset');
        json(response, { items: things(from + 1, Math.min(25, from + 10)), total: 25 });
      },
    ],
  ])('by %s are all read, once', async (_, settings, answers) => {
    server.answer(answers);
    expect(await idsOf(trial(settings))).toEqual(upTo(25));
  });

  test.each<[string, Record<string, unknown>, Answers, string]>([
    [
      'whose cursor comes back',
      { records: 'items', pagination: { by: 'cursor', cursor: 'next', param: 'after' } },
      (asked, response) =>
        json(response, { items: things(asked.before, asked.before), next: ['a', 'b'][asked.before % 2] }),
      'circle',
    ],
    [
      'that do not heed their number',
      { pagination: { by: 'page' } },
      (_, response) => json(response, things(1, 10)),
      'the same page again',
    ],
    [
      'that go on where the contract says nothing of it',
      {},
      (_, response) => json(response, things(1, 10), { headers: { link: '</things?page=2>; rel=next' } }),
      'further pages',
    ],
    [
      'of more than the contract allows',
      { pagination: { by: 'offset' }, limits: { pages: 5 } },
      (asked, response) => json(response, things(asked.before + 1, asked.before + 1)),
      'limits.pages',
    ],
    [
      'fewer than their total',
      { records: 'items', pagination: { by: 'offset', total: 'total' } },
      (asked, response) => json(response, { items: asked.before === 0 ? things(1, 5) : [], total: 9 }),
      'fewer than it says',
    ],
    [
      'that are said to go on, without a cursor',
      { records: 'items', pagination: { by: 'cursor', cursor: 'next', more: 'more', param: 'after' } },
      (_, response) => json(response, { items: things(1, 5), more: true }),
      'gives no cursor',
    ],
  ])('%s are refused as incomplete', async (_, settings, answers, message) => {
    server.answer(answers);
    await expect(idsOf(trial(settings))).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining(message),
    });
  });
});

describe('a server that does not last', () => {
  const settings = { records: 'items', pagination: { by: 'page', pages: 'pages' }, limits: { answerSeconds: 1 } };
  const body = JSON.stringify({ items: things(11, 20), pages: 3 });
  const once = (bad: (response: ServerResponse) => void): Answers => {
    let done = false;
    return (asked, response) => {
      if (numberIn(asked, 'page') !== 2 || done) return byPage(asked, response);
      done = true;
      bad(response);
    };
  };

  test.each<[string, (response: ServerResponse) => void]>([
    ['answers 500', (response) => json(response, 'no', { status: 500 })],
    ['answers 429 and says when', (response) => json(response, {}, { status: 429, headers: { 'retry-after': '1' } })],
    ['answers 503 without a word', (response) => json(response, '', { status: 503 })],
    ['closes before it answers', (response) => void response.socket?.destroy()],
    [
      'breaks off within an answer of known length',
      (response) => {
        response.writeHead(200, { 'content-length': String(body.length) });
        response.write(body.slice(0, 100), () => response.socket?.destroy());
      },
    ],
    [
      'breaks off within an answer in chunks',
      (response) => {
        response.writeHead(200);
        response.write(body.slice(0, 100), () => response.socket?.destroy());
      },
    ],
    ['ends an answer too early, in good order', (response) => void response.end(body.slice(0, 100))],
    ['answers with a page of HTML', (response) => void response.end('<html>busy</html>')],
    ['never answers', () => undefined],
    ['stops within an answer', (response) => void response.write(body.slice(0, 100))],
  ])('and once %s is asked again, for that page alone', async (_, bad) => {
    server.answer(once(bad));
    expect(await idsOf(trial(settings))).toEqual(upTo(25));
    expect(server.asked.map((asked) => numberIn(asked, 'page'))).toEqual([1, 2, 2, 3]);
  });

  test('for good is refused, and nothing of what came before is taken for the whole', async () => {
    server.answer((asked, response) =>
      numberIn(asked, 'page') === 3 ? void response.end('{"items": [') : byPage(asked, response),
    );
    await expect(idsOf(trial(settings))).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('no whole JSON'),
    });
  });

  test('is not asked faster than it allows', async () => {
    const moments: number[] = [];
    server.answer((asked, response) => {
      moments.push(performance.now());
      const page = numberIn(asked, 'page');
      json(
        response,
        { items: things(page, page), pages: 2 },
        { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
      );
    });
    expect(await idsOf(trial(settings))).toEqual([1, 2]);
    expect(moments[1]! - moments[0]!).toBeGreaterThan(900);
  });

  test.each([
    ['retry-after', '120', 120_000],
    ['retry-after', 'Thu, 01 Jan 1970 00:02:00 GMT', 119_000],
    ['retry-after', 'soon', 0],
    ['x-ratelimit-reset', '30', 30_000],
    ['x-ratelimit-reset', '1700000000', 1_700_000_000_000 - 1_000],
    ['ratelimit-reset', '1700000000000', 1_700_000_000_000 - 1_000],
  ])('%s: %s is a wish', (name, value, waitMs) => {
    const headers = new Headers({ [name]: value, 'ratelimit-remaining': '0' });
    expect(waitOf({ status: 200, headers }, 1_000)).toBe(waitMs);
  });

  test('takes no longer than the contract allows, nor waits for longer', async () => {
    server.answer((_, response) => json(response, {}, { status: 429, headers: { 'retry-after': '3600' } }));
    await expect(idsOf(trial({ ...settings, timeoutSeconds: 5 }))).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    server.answer(() => undefined);
    await expect(idsOf(trial({ timeoutSeconds: 1 }))).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('longer than 1 s'),
    });
  });

  test('is let go at once by who calls the run off', async () => {
    const controller = new AbortController();
    server.answer(() => controller.abort(new Error('CANCELLED')));
    await expect(idsOf(trial({}), { signal: controller.signal })).rejects.toThrow('CANCELLED');
  });
});

describe('who asks', () => {
  const allow =
    (is: (asked: Asked) => boolean): Answers =>
    (asked, response) =>
      is(asked) ? json(response, things(1, 3)) : json(response, {}, { status: 401 });

  test.each<[string, Record<string, unknown>, (asked: Asked) => boolean]>([
    [
      'a bearer',
      { auth: { by: 'bearer', token: '${secret:TOKEN}' } },
      ({ headers }) => headers.authorization === 'Bearer s3cret',
    ],
    [
      'a user with a password',
      { auth: { by: 'basic', user: '${secret:USER}', password: '${secret:PASSWORD}' } },
      ({ headers }) => headers.authorization === `Basic ${Buffer.from('ada:pass:word').toString('base64')}`,
    ],
    [
      'a header',
      { auth: { by: 'header', name: 'X-Api-Key', value: '${secret:TOKEN}' }, headers: { 'Accept-Language': 'en' } },
      ({ headers }) => headers['x-api-key'] === 's3cret' && headers['accept-language'] === 'en',
    ],
    [
      'a key in the address',
      { auth: { by: 'query', name: 'api_key', value: '${secret:TOKEN}' }, params: { state: 'a&b' } },
      ({ url }) => url.searchParams.get('api_key') === 's3cret' && url.searchParams.get('state') === 'a&b',
    ],
  ])('is shown by %s', async (_, settings, is) => {
    server.answer(allow(is));
    expect(await idsOf(trial(settings))).toEqual([1, 2, 3]);
    server.answer(allow(() => false));
    await expect(idsOf(trial(settings))).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.not.stringContaining('s3cret'),
    });
  });

  test.each(['basic', 'body'])(
    'has a token of OAuth2 by its credentials in the %s, and another once that is not taken',
    async (send) => {
      let tokens = 0;
      server.answer((asked, response) => {
        if (asked.url.pathname === '/token') {
          const form = new URLSearchParams(asked.body);
          const given =
            send === 'body'
              ? `${form.get('client_id')}:${form.get('client_secret')}`
              : Buffer.from(asked.headers.authorization!.slice(6), 'base64').toString();
          const isKnown =
            given === 'weft:s3cret' && form.get('grant_type') === 'client_credentials' && form.get('scope') === 'read';
          return isKnown
            ? json(response, { access_token: `token${(tokens += 1)}`, expires_in: 3600 })
            : json(response, {}, { status: 400 });
        }
        // The first is not taken from the second page on.
        const page = numberIn(asked, 'page', 1);
        const isTaken = asked.headers.authorization === `Bearer token${page === 1 ? 1 : 2}`;
        return isTaken ? byPage(asked, response) : json(response, {}, { status: 401 });
      });
      const auth = {
        by: 'oauth2',
        tokenUrl: `${server.url}/token`,
        clientId: 'weft',
        clientSecret: '${secret:TOKEN}',
        scope: 'read',
        send,
      };
      expect(await idsOf(trial({ auth, records: 'items', pagination: { by: 'page', pages: 'pages' } }))).toEqual(
        upTo(25),
      );
      expect(tokens).toBe(2);
    },
  );

  test('is told to nobody else: neither by a redirect nor by an address of a next page', async () => {
    const settings = { auth: { by: 'bearer', token: '${secret:TOKEN}' }, pagination: { by: 'link' } };
    server.answer((asked, response) =>
      asked.url.pathname === '/things'
        ? json(response, things(1, 2), { headers: { link: `<${other.url}/next>; rel="next"` } })
        : json(response, {}, { status: 404 }),
    );
    other.answer((_, response) => json(response, things(3, 4)));
    expect(await idsOf(trial(settings))).toEqual([1, 2, 3, 4]);
    server.answer((_, response) => json(response, '', { status: 307, headers: { location: `${other.url}/moved` } }));
    other.answer((_, response) => json(response, things(1, 1)));
    expect(await idsOf(trial(settings))).toEqual([1]);
    for (const { headers } of other.asked) expect(headers.authorization).toBeUndefined();
  });

  test.each(['http://169.254.169.254/latest', 'http://intern.example/', 'file:///etc/passwd'])(
    'is not led to %s, where nobody may go',
    async (location) => {
      server.answer((_, response) => json(response, '', { status: 302, headers: { location } }));
      await expect(idsOf(trial({}))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    },
  );

  test('is not sent in a circle', async () => {
    server.answer((_, response) => json(response, '', { status: 302, headers: { location: '/things' } }));
    await expect(idsOf(trial({}))).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });
});

describe('GraphQL', () => {
  const query =
    'query Things($after: String, $since: String) { things(after: $after, since: $since, first: 10) { nodes { id name } } }';
  const settings = { query, records: 'data.things.nodes', pagination: { by: 'relay' }, since: 'since' };
  const connection = (asked: Asked, as: 'nodes' | 'edges'): unknown => {
    const { variables } = JSON.parse(asked.body) as { variables: { after?: string; since?: string } };
    const after = Number(variables.after ?? variables.since ?? 0);
    const nodes = things(after + 1, Math.min(25, after + 10));
    const listed = as === 'nodes' ? { nodes } : { edges: nodes.map((node) => ({ node })) };
    return {
      data: { things: { ...listed, pageInfo: { hasNextPage: after + 10 < 25, endCursor: String(after + 10) } } },
    };
  };

  test.each(['nodes', 'edges'] as const)('is asked for all %s of a connection', async (as) => {
    server.answer((asked, response) => json(response, connection(asked, as)));
    expect(await idsOf(trial({ ...settings, records: `data.things.${as}` }))).toEqual(upTo(25));
    expect(server.asked[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } });
  });

  test('is asked for what came since, by a variable', async () => {
    server.answer((asked, response) => json(response, connection(asked, 'nodes')));
    const ids = await idsOf(trial(settings), { since: { column: 'id', value: '20' } });
    expect(ids).toEqual([21, 22, 23, 24, 25]);
  });

  test('that answers 200 with an error is not taken at its data', async () => {
    server.answer((asked, response) =>
      json(response, {
        ...(connection(asked, 'nodes') as object),
        errors: [{ message: 'no such field', path: ['things'] }],
      }),
    );
    await expect(idsOf(trial(settings))).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('no such field'),
    });
  });

  test('that says it is throttled is asked again', async () => {
    server.answer((asked, response) =>
      asked.before === 0
        ? json(response, { errors: [{ message: 'slow down', extensions: { code: 'THROTTLED' } }] })
        : json(response, connection(asked, 'nodes')),
    );
    expect(await idsOf(trial(settings))).toEqual(upTo(25));
  });
});

describe('records', () => {
  test('come to the table as they are: long numbers, nested values, lists, what is missing', async () => {
    const rows = `[
      {"id": 1, "name": "é\\n\\"x\\"", "amount": 12345678901234567890.123456789, "address": {"city": "Bonn", "no": 12345678901234567890}, "tags": ["a,b", null, "\\n"], "on": true, "at": "2024-01-01T10:00:00+02:00"},
      {"id": 2, "name": "", "amount": "0.10", "address": null, "tags": [], "on": null},
      {"id": 9007199254740993, "name": null}]`;
    server.answer((_, response) => json(response, rows));
    const columns = [
      '{ name: name, logicalType: string }',
      "{ name: amount, logicalType: number, physicalType: 'numeric(38,9)' }",
      '{ name: address, logicalType: object }',
      '{ name: tags, logicalType: array, items: { logicalType: string } }',
      '{ name: on, logicalType: boolean }',
      '{ name: at, logicalType: timestamp }',
    ];
    const id = '{ name: id, logicalType: integer, physicalType: bigint';
    const { run, table } = await refreshed(
      trial(
        {},
        {
          source: [
            `${id}, required: true }`,
            ...columns,
            "{ name: city, physicalName: 'address.city', logicalType: string }",
          ],
          output: [
            `${id}, primaryKey: true, primaryKeyPosition: 1, required: true }`,
            ...columns,
            '{ name: city, logicalType: string }',
          ],
        },
      ),
    );
    expect(run.error).toBeNull();
    const { rows: found } = await database.pool.query<{ row: string }>(
      `select t::text as row from ${table} t order by id`,
    );
    expect(found.map(({ row }) => row)).toEqual([
      '(1,"é\n""x""",12345678901234567890.123456789,"{""no"": 12345678901234567890, ""city"": ""Bonn""}","{""a,b"",NULL,""\n""}",t,"2024-01-01 08:00:00+00",Bonn)',
      '(2,"",0.100000000,,{},,,)',
      '(9007199254740993,,,,,,,)',
    ]);
  });

  test.each<[string, Record<string, unknown>, unknown, string]>([
    ['are no list', {}, { items: [] }, 'say in records'],
    ['are not where the contract says', { records: 'data.items' }, { data: {} }, 'no list at data.items'],
    ['are no records', {}, [1, 2], 'no records'],
    ['lack what they must have', {}, [{ name: 'x' }], 'id (integer) is missing'],
    ['never have what the contract names', {}, [{ id: 1 }], 'has name'],
  ])('that %s are a drift', async (_, settings, answer, message) => {
    server.answer((__, response) => json(response, answer));
    const { run } = await refreshed(trial(settings));
    expect(run.error).toMatchObject({ code: 'SOURCE_DRIFTED', message: expect.stringContaining(message) });
  });

  test('that came since are asked for by the parameter that the contract names, and may be none', async () => {
    server.answer((asked, response) => json(response, things(numberIn(asked, 'updated_after') + 1, 5)));
    const small = trial({ since: 'updated_after' });
    expect(await idsOf(small, { since: { column: 'id', value: '3' } })).toEqual([4, 5]);
    expect(await idsOf(small, { since: { column: 'id', value: '5' } })).toEqual([]);
  });

  test('of each object lie at a path of its own, where the address ends in a slash', async () => {
    server.answer((asked, response) =>
      asked.url.pathname === '/v1/orders'
        ? json(response, { orders: things(1, 2) })
        : json(response, {}, { status: 404 }),
    );
    const small = trial({}, { path: '/v1/', sourceKeys: ['physicalName: orders'], load: { records: 'orders' } });
    expect(await idsOf(small)).toEqual([1, 2]);
  });
});

describe('a check without the server', () => {
  test.each<[string, Record<string, unknown>, string, 'error' | 'warning', string]>([
    ['a token in clear', { auth: { by: 'bearer', token: 's3cret' } }, 'SETTING_INVALID', 'error', 'auth.token'],
    [
      'a secret among the headers',
      { headers: { 'X-Api-Key': 's3cret' } },
      'SETTING_INVALID',
      'error',
      'headers.X-Api-Key',
    ],
    [
      'a secret among the parameters',
      { params: { access_token: 's3cret' } },
      'SETTING_INVALID',
      'error',
      'params.access_token',
    ],
    ['an unknown setting', { paginations: { by: 'link' } }, 'SETTING_UNKNOWN', 'warning', 'Did you mean pagination?'],
    ['an unknown key of a setting', { pagination: { by: 'link', nxt: 'x' } }, 'SETTING_INVALID', 'error', 'nxt'],
    [
      'an unknown way of pages',
      { pagination: { by: 'magic' } },
      'SETTING_INVALID',
      'error',
      'link, cursor, page, offset or relay',
    ],
    [
      'a cursor that lies nowhere',
      { pagination: { by: 'cursor', param: 'after' } },
      'SETTING_INVALID',
      'error',
      'either cursor',
    ],
    ['a query that changes things', { query: 'mutation { drop }' }, 'SETTING_INVALID', 'error', 'one query operation'],
    ['Relay without a query', { pagination: { by: 'relay' } }, 'SERVER_API', 'error', 'needs a query'],
  ])('finds %s, with its place', async (_, settings, code, severity, message) => {
    const { findings } = await checkedProduct(trial(settings));
    const found = findings.filter((finding) => finding.code === code);
    expect(found).toMatchObject([
      { severity, file: 'source.odcs.yaml', line: 7, message: expect.stringContaining(message) },
    ]);
    expect(found[0]!.message).not.toContain('s3cret');
  });

  test('finds a secret in the address', async () => {
    const { findings } = await checkedProduct(trial({}, { path: '/things?api_key=s3cret' }));
    expect(findings).toMatchObject([{ code: 'SERVER_API', severity: 'error' }]);
  });
});
