import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { RunId } from '../../../schema/ids.ts';
import { emrServerless } from '../../../workflows/engines/spark/emr-serverless.ts';

const ADDRESS =
  'emr-serverless://00f1example?region=eu-central-1&role=arn:aws:iam::123456789012:role/weft&jars=s3://jars/postgresql.jar';
const RUN = '3f1c2f1e-0c0e-4f6f-8a55-0d6f4a5e9b11' as RunId;

/** What stands in for AWS: the session API's documented shapes. */
let server: Server;
let asked: { method: string; path: string; body: Record<string, unknown> }[];
/** The states that a session goes through, one a question; its last one stays. */
let states: Record<string, string[]>;
let token: { value: string; livesSeconds: number };
/** Sessions by client token: the same token is the same session. */
let sessions: Map<string, string>;

beforeEach(async () => {
  asked = [];
  states = {};
  token = { value: 'first', livesSeconds: 3600 };
  sessions = new Map();
  server = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const { method = '', url = '' } = request;
      asked.push({ method, path: url, body });
      const applicationId = '00f1example';
      const sessionId = /sessions\/(\w+)/.exec(url)?.[1] ?? '';
      const answer = (): object => {
        if (method === 'POST') {
          const ofRun = String(body['clientToken']);
          sessions.set(ofRun, sessions.get(ofRun) ?? `s${sessions.size + 1}`);
          return { applicationId, sessionId: sessions.get(ofRun), arn: 'arn:aws:emr-serverless:::session' };
        }
        if (url.endsWith('/endpoint'))
          return {
            applicationId,
            sessionId,
            endpoint: `https://${sessionId}.example.com`,
            authToken: token.value,
            authTokenExpiresAt: Date.now() / 1000 + token.livesSeconds,
          };
        if (method === 'DELETE') return { applicationId, sessionId };
        const left = states[sessionId] ?? ['STARTED'];
        return {
          session: {
            applicationId,
            sessionId,
            state: left.length > 1 ? left.shift() : left[0],
            stateDetails: 'no room',
          },
        };
      };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer()));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL_EMR_SERVERLESS'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();
const told = (): string[] =>
  asked.map(({ method, path }) => `${method} ${path.replace('/applications/00f1example', '')}`);

test('a session is started for a run, waited for, given, and terminated', async () => {
  states = { s1: ['SUBMITTED', 'STARTING', 'IDLE'] };
  const remote = await emrServerless(ADDRESS).with({ runId: RUN, signal }, async ({ address, headers }) => ({
    address,
    headers: await headers(),
  }));
  expect(remote).toEqual({ address: 's1.example.com:443', headers: { 'x-aws-proxy-auth': 'first' } });
  expect(told()).toEqual([
    'POST /sessions',
    ...Array.from({ length: 3 }, () => 'GET /sessions/s1'),
    'GET /sessions/s1/endpoint',
    'DELETE /sessions/s1',
  ]);
  expect(asked[0]?.body).toMatchObject({
    clientToken: `${RUN}-1`,
    executionRoleArn: 'arn:aws:iam::123456789012:role/weft',
    configurationOverrides: {
      runtimeConfiguration: [
        { classification: 'spark-defaults', properties: { 'spark.jars': 's3://jars/postgresql.jar' } },
      ],
    },
  });
});

test('a token that is about to end is asked for anew', async () => {
  token = { value: 'first', livesSeconds: 60 };
  await emrServerless(ADDRESS).with({ runId: RUN, signal }, async ({ headers }) => {
    token = { value: 'second', livesSeconds: 3600 };
    for (const _ of [1, 2]) expect(await headers()).toEqual({ 'x-aws-proxy-auth': 'second' });
    expect(told().filter((line) => line.endsWith('/endpoint'))).toHaveLength(2);
  });
});

test('an attempt whose former one ended its session has another; one that is alive is taken', async () => {
  states = { s1: ['TERMINATED'] };
  const addressNow = (): Promise<string> =>
    emrServerless(ADDRESS).with({ runId: RUN, signal }, ({ address }) => Promise.resolve(address));
  expect(await addressNow()).toBe('s2.example.com:443');
  expect(await addressNow()).toBe('s2.example.com:443');
  expect(new Set(sessions.keys())).toEqual(new Set([`${RUN}-1`, `${RUN}-2`]));
});

test('a session that cannot be started is a fault, with what AWS says of it', async () => {
  states = { s1: ['STARTING', 'FAILED'] };
  await expect(emrServerless(ADDRESS).with({ runId: RUN, signal }, () => Promise.resolve())).rejects.toThrow(
    'EMR Serverless could not start a session (FAILED): no room.',
  );
});

test('a session is terminated when the work in it fails', async () => {
  const failing = emrServerless(ADDRESS).with({ runId: RUN, signal }, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(told().at(-1)).toBe('DELETE /sessions/s1');
});

test.each(['emr-serverless://x', 'emr-serverless://x?region=eu-central-1', 'emr-serverless://X Y?region=a&role=arn:x'])(
  '%s is no address',
  (text) => {
    expect(() => emrServerless(text)).toThrow(/no address of EMR Serverless/);
  },
);
