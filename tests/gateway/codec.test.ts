import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type PayloadCodec, payloadCodec } from '../../schema/payload-codec.ts';
import { type GatewayHere, gatewayHere, KEY } from './gateway-here.ts';

const UI = 'http://127.0.0.1:8233';
const codec: PayloadCodec = payloadCodec(() => null, `one:${randomBytes(32).toString('base64')}`)!;
let gateway: GatewayHere;
let body: string;

beforeAll(async () => {
  gateway = await gatewayHere({ config: { codec } });
  const sealed = await codec.encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"hush"') },
  ]);
  body = JSON.stringify({
    payloads: sealed.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata!).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      ),
      data: Buffer.from(data!).toString('base64'),
    })),
  });
}, 60_000);
afterAll(() => gateway.close());

function decode(headers: Record<string, string>, text = body): Promise<Response> {
  const type = { 'content-type': 'application/json', origin: UI };
  return fetch(`${gateway.url}/codec/decode`, { method: 'POST', headers: { ...type, ...headers }, body: text });
}

test.each([
  ['a bearer token', `Bearer ${KEY}`],
  ['the password of a browser', `Basic ${Buffer.from(`admin:${KEY}`).toString('base64')}`],
])('payloads are decoded for the Web UI by the admin key as %s', async (_what, authorization) => {
  const response = await decode({ authorization });
  expect(await response.json()).toEqual({
    payloads: [
      {
        metadata: { encoding: Buffer.from('json/plain').toString('base64') },
        data: Buffer.from('"hush"').toString('base64'),
      },
    ],
  });
  expect(response.headers.get('access-control-allow-origin')).toBe(UI);
});

test('nobody else has them decoded, and a browser is asked for the key', async () => {
  const response = await decode({});
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic /)]);
  expect((await decode({ authorization: 'Bearer of-somebody-else' })).status).toBe(401);
});

test('pages of other origins may not read them', async () => {
  const response = await decode({ authorization: `Bearer ${KEY}`, origin: 'https://elsewhere.example' });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('what is not of Temporal’s form is refused', async () => {
  expect((await decode({ authorization: `Bearer ${KEY}` }, '{"payloads":[{"data":"*"}]}')).status).toBe(400);
});
