import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { publicBase } from '../../gateway/door/public-base.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';

let gateway: GatewayHere;
beforeAll(async () => {
  gateway = await gatewayHere();
});
afterAll(() => gateway.close());

test.each([
  ['example.com', 'http://example.com'],
  ['EXAMPLE.com:4000', 'http://example.com:4000'],
  ['[::1]:4000', 'http://[::1]:4000'],
  ['a_b', 'http://a_b'],
  [undefined, 'http://[::]:80'],
  ['', 'http://[::]:80'],
  ['a"b', 'http://[::]:80'],
  ['a$&b', 'http://[::]:80'],
  ['a/b', 'http://[::]:80'],
  ['user@a', 'http://[::]:80'],
  ['a:99999', 'http://[::]:80'],
  ['[:::1]', 'http://[::]:80'],
])('of the Host %s the address is %s', (host, base) => {
  expect(publicBase({ protocol: 'http', host }, { host: '::', port: 80 })).toBe(base);
});

test('no Host header gets into the exported supergraph but as a host', async () => {
  const sdlFor = (host: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const ask = request(`${gateway.url}/supergraph.graphql`, { headers: { host } }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk))).once('end', () => resolve(text));
      });
      ask.once('error', reject).end();
    });
  expect(await sdlFor('graph.example:81')).toContain('"http://graph.example:81/subgraphs/catalog');
  for (const host of ['x") @evil(y: "', '$&$&', 'x\\']) {
    const sdl = await sdlFor(host);
    expect(() => parse(sdl)).not.toThrow();
    expect(sdl).toContain(`"http://127.0.0.1:0/subgraphs/catalog`);
    expect(sdl).not.toContain('evil');
  }
});
