import { createSecureServer } from 'node:http2';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { certificate } from '../../testkit/certificate.ts';
import { context, moods, servicesHere, urlOf } from './services-here.ts';

const GREETING = { query: '{ greeting }', isQuery: true } as const;
const IDENTITY = certificate();
const protocols: string[] = [];
const server = createSecureServer({ ...IDENTITY, allowHTTP1: true }, (request, response) => {
  protocols.push(request.httpVersion);
  response.end('{"data":{"greeting":"hello"}}');
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('over TLS a service is asked by HTTP/1.1, also where it has HTTP/2', async () => {
  const services = servicesHere({ authorities: [IDENTITY.cert] });
  expect(await services.ask(moods(urlOf(server, 'https')))(GREETING, context())).toEqual({
    data: { greeting: 'hello' },
  });
  expect(protocols).toEqual(['1.1']);
  await services.close();
});

test('a service whose certificate nobody vouches for is not asked', async () => {
  protocols.length = 0;
  const services = servicesHere();
  expect((await services.ask(moods(urlOf(server, 'https')))(GREETING, context())).errors).toMatchObject([
    { message: 'The service of elsewhere/moods cannot be reached.' },
  ]);
  expect(protocols).toEqual([]);
  await services.close();
});
