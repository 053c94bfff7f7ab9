import { afterEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { answering, weft } from './weft.ts';

const homes: string[] = [];

function homeWithKey(): string {
  const home = mkdtempSync(join(tmpdir(), 'weft-cli-home-'));
  writeFileSync(join(home, 'admin.key'), 'weft_admin_0123456789\n', { mode: 0o600 });
  homes.push(home);
  return home;
}

afterEach(() => homes.splice(0).forEach((home) => rmSync(home, { recursive: true })));

const refusal = (code: string): string => JSON.stringify({ errors: [{ message: 'So it is.', extensions: { code } }] });

test.each([
  [['check']],
  [['check', 'no such folder']],
  [['check', '/dev']],
  [['publish', 'no such folder']],
  [['products', '--bogus']],
  [['frobnicate']],
  [['init']],
  [['init', 'returns']],
  [['check', '.', '--format', 'xml']],
  [['check', '.', '--format', 'sarif', '--json']],
  [['runs', '--phase', 'sleeping']],
  [['runs', '--limit', '0']],
  [['run']],
  [['retire', 'sales/returns']],
  [['query', 'no such file']],
  [['query', '{ a']],
  [['query', '{ a }', '-v', 'x=1']],
  [['query', 'query A { a } query B { b }']],
  [['query', 'query A { a }', '--operation', 'B']],
  [['query', 'query A($x: Int) { a(x: $x) }', '-v', 'x=one']],
  [['query', '{ a }', '-o', 'table', '--json']],
])('`weft %j` is wrong usage: 2, and nothing goes to stdout', async (args) => {
  const ran = await weft(args);
  expect(ran.code).toBe(2);
  expect(ran.err).not.toBe('');
  if (!args.includes('--json')) expect(ran.out).toBe('');
});

test('a command or option that is almost one is told the nearest', async () => {
  expect((await weft(['chekc'])).err).toContain('Did you mean check?');
  expect((await weft(['check', '.', '--formt', 'sarif'])).err).toContain('Did you mean --format?');
});

test.each([
  ['UNAUTHENTICATED', 3],
  ['FORBIDDEN', 3],
  ['BAD_INPUT', 2],
  ['GRAPHQL_VALIDATION_FAILED', 2],
  ['DATABASE_UNREACHABLE', 4],
  ['PRODUCT_IN_USE', 1],
  ['NOT_FOUND', 1],
  ['INTERNAL', 1],
])('what the graph refuses as %s ends by %d', async (code, exit) => {
  const server = await answering(200, refusal(code));
  const ran = await weft(['retire', 'sales/returns', '--yes'], { env: { WEFT_URL: server.url } });
  const asked = await weft(['query', '{ a }'], { env: { WEFT_URL: server.url } });
  const json = await weft(['refresh', 'sales/returns', '--json'], { env: { WEFT_URL: server.url } });
  await server.stop();
  expect([ran.code, asked.code, json.code]).toEqual([exit, exit, exit]);
  expect(ran.err).toContain('weft: So it is.');
  expect(json.json()).toEqual({ error: { code, message: expect.stringContaining('So it is.'), findings: [] } });
});

test.each([['products'], ['product', 'a/b'], ['query', '{ a }'], ['refresh', 'a/b'], ['runs'], ['run', 'x']])(
  'with the server out of reach, `weft %s` ends by 4 and says where it looked',
  async (...args) => {
    const ran = await weft(args);
    expect(ran.err).toMatch(/http:\/\/127\.0\.0\.1:9 cannot be reached.*WEFT_URL/);
    expect(ran.out).toBe('');
    expect(ran.code).toBe(4);
  },
);

test('a server that is not Weft is out of reach: 4', async () => {
  const server = await answering(404, '<html>');
  const ran = await weft(['products', '--json'], { env: { WEFT_URL: server.url } });
  await server.stop();
  expect(ran.json()).toMatchObject({ error: { code: 'SERVER_UNREACHABLE' } });
  expect(ran.code).toBe(4);
});

test.each(['ftp://localhost', 'localhost:4000', 'http://user:secret@localhost:4000'])(
  'WEFT_URL=%s is wrong usage, and no secret of it is shown',
  async (url) => {
    const ran = await weft(['products'], { env: { WEFT_URL: url } });
    expect(ran.err).toContain('WEFT_URL must be like http://localhost:4000');
    expect(ran.err).not.toContain('secret');
    expect(ran.code).toBe(2);
  },
);

test('the kept admin key is sent to a server on this machine, and WEFT_KEY goes before it', async () => {
  const server = await answering(200, refusal('NOT_FOUND'));
  const env = { WEFT_HOME: homeWithKey(), WEFT_URL: server.url };
  await weft(['products'], { env });
  await weft(['products'], { env: { ...env, WEFT_KEY: 'another' } });
  await server.stop();
  expect(server.keys).toEqual(['Bearer weft_admin_0123456789', 'Bearer another']);
});

test('the trace that a command is part of is handed on, and what is none is not', async () => {
  const server = await answering(200, refusal('NOT_FOUND'));
  const traceparent = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`;
  const env = { WEFT_HOME: homeWithKey(), WEFT_URL: server.url };
  await weft(['refresh', 'network/airports'], { env: { ...env, TRACEPARENT: traceparent } });
  await weft(['refresh', 'network/airports'], { env: { ...env, TRACEPARENT: 'none\r\nx: y' } });
  await server.stop();
  expect(server.traces).toEqual([traceparent, undefined]);
});

test('the kept admin key is not for servers elsewhere', async () => {
  const { settings } = await import('../../../gateway/cli/config.ts');
  const WEFT_HOME = homeWithKey();
  expect(settings({ WEFT_HOME, WEFT_URL: 'https://weft.example/' })).toMatchObject({
    url: 'https://weft.example',
    key: null,
  });
  expect(settings({ WEFT_HOME, WEFT_URL: 'http://localhost:1' }).key).toBe('weft_admin_0123456789');
});

test('help goes to stdout, with examples, and ends by 0', async () => {
  for (const command of [
    'up',
    'init',
    'completion',
    'check',
    'publish',
    'products',
    'product',
    'query',
    'refresh',
    'runs',
    'run',
    'doctor',
    'export',
    'rename',
    'retire',
  ]) {
    const ran = await weft([command, '--help']);
    expect(ran.out).toContain(`\nExamples:\n  $ weft ${command}`);
    expect(ran.out).toContain('--json');
    expect(ran.code).toBe(0);
  }
});
