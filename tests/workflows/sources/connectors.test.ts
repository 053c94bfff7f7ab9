import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { connectorHost } from '../../../workflows/sources/connectors/connector-host.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { killHard, runs, untilGone } from '../../testkit/processes.ts';
import { plainPublish } from '../plain-publish.ts';
import { refreshDeps, refreshHere } from '../refresh-here.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';
import { checkedProduct, rowsOf, withSource } from './asked-source.ts';
import { trialHost } from './connector-hosts.ts';

const TOKEN = 'c4nary/+t0ken "quoted"';
const KEY = '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }';
const WORDS = '{ name: words, logicalType: string }';

const host = await trialHost();
const within = host === null ? describe.skip : describe;

let database: TestDatabase;
let deps: RefreshDeps;
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  deps = {
    ...(await refreshDeps(database)),
    secrets: (name) => (name === 'SHOP_TOKEN' ? TOKEN : null),
    ...(host !== null && { connectors: host }),
  };
});
afterAll(() => database.drop());

interface Trial {
  readonly by?: 'singer' | 'airbyte';
  readonly connector?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly source?: readonly string[];
  readonly load?: Readonly<Record<string, unknown>>;
  readonly stream?: string;
}

function trial({ by = 'singer', connector, config, settings, source = [KEY, WORDS], load, stream = 'things' }: Trial) {
  const command = by === 'singer' ? 'tap-trial' : 'source-trial';
  const properties = {
    connector: { by, package: 'trial-connector==1.0.0', command, ...connector },
    config: { token: '${secret:SHOP_TOKEN}', ...config },
    ...settings,
  };
  const listed = Object.entries(properties).map(
    ([property, value]) => `{ property: ${property}, value: ${JSON.stringify(value)} }`,
  );
  return {
    name: `things${(count += 1)}`,
    content: null,
    source,
    output: source,
    sourceKeys: [`physicalName: ${stream}`],
    server: `{ server: shop, type: custom, customProperties: [${listed.join(', ')}] }`,
    ...(load !== undefined && { load }),
  } satisfies SmallProduct;
}

/** What becomes of reading it: its refusal's code and message. */
async function refusalOf(small: SmallProduct): Promise<string> {
  return rowsOf(deps, small).then(
    (rows) => `no refusal, but ${rows.length} rows`,
    (error: unknown) => `${String((error as { code?: unknown }).code)}: ${(error as Error).message}`,
  );
}

const MERGE = { loadMode: 'merge' };

within('a connector (skipped without Python)', () => {
  test('brings every value as it is written, columns by their paths, and only of its stream', async () => {
    const rows = [
      '{"id": 1, "amount": 1.50, "words": null, "at": "2026-01-31T23:59:59.123456Z"}',
      '{"id": 9223372036854775807, "amount": 12345678901234567890.123456789, "words": "a\\n\\"b\\" é", "address": {"city": "Bern"}, "tags": ["a", 1]}',
    ];
    const found = await rowsOf(
      deps,
      trial({
        config: { rows },
        source: [
          '{ name: id, logicalType: integer, physicalType: bigint, primaryKey: true, primaryKeyPosition: 1, required: true }',
          `{ name: amount, logicalType: number, physicalType: 'numeric(38,9)' }`,
          WORDS,
          '{ name: at, logicalType: timestamp }',
          '{ name: city, physicalName: address.city, logicalType: string }',
          `{ name: tags, logicalType: array, physicalType: 'text[]' }`,
        ],
      }),
    );
    expect(found).toEqual([
      { id: '1', amount: '1.5', words: null, at: '2026-01-31T23:59:59.123456Z', 'address.city': null, tags: null },
      {
        id: '9223372036854775807',
        amount: '12345678901234567890.123456789',
        words: 'a\n"b" é',
        at: null,
        'address.city': 'Bern',
        tags: '["a","1"]',
      },
    ]);
  });

  test('is asked for the columns and by the key that the contract names, and sees nothing of the worker', async () => {
    const small = trial({ config: { does: 'tells of itself' }, load: { ...MERGE, watermark: 'id' } });
    const [row] = await rowsOf(deps, small);
    const told = JSON.parse(String(row?.['words'])) as Record<string, unknown>;
    expect(told).toMatchObject({
      own: { selected: true, 'replication-method': 'INCREMENTAL', 'replication-key': 'id' },
      names: ['id', 'words'],
      state: {},
      modes: ['0o700', '0o600'],
    });
    expect(
      (told['environment'] as string[]).filter(
        (name) => !/^(PATH|HOME|TMPDIR|LANG|LC_CTYPE|TZ|PYTHONIOENCODING|PWD|SHLVL|_)$|proxy|SSL|CA_BUNDLE/i.test(name),
      ),
    ).toEqual([]);
  });

  test('that is Airbyte’s is checked, discovered and read, by its namespace and with the state that it gave', async () => {
    const small = trial({ by: 'airbyte', load: { ...MERGE, namespace: 'shop' } });
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    const told = async () => {
      expect(await refreshHere(deps, product.id)).toMatchObject({ phase: 'succeeded' });
      const { rows } = await database.pool.query<{ words: string }>(`select words from trial.${small.name}`);
      return rows.map(({ words }) => JSON.parse(words) as unknown);
    };
    expect(await told()).toEqual([{ mode: 'incremental', cursor: ['id'], state: null }]);
    const descriptor = { name: 'things', namespace: 'shop' };
    expect(await told()).toEqual([
      {
        mode: 'incremental',
        cursor: ['id'],
        state: [{ type: 'STREAM', stream: { stream_descriptor: descriptor, stream_state: { last: 1 } } }],
      },
    ]);
  });

  test('goes on from where it was, exactly; where all is read anew or rows are gone that are missing it is not told', async () => {
    const rows = ['{"id": 2}', '{"id": 3}'];
    const told = async (load: Record<string, unknown>, ...runs: readonly { fullLoad: boolean }[]) => {
      const small = trial({ config: { does: 'tells of itself', rows }, load });
      const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
      const words: unknown[] = [];
      for (const run of runs) {
        expect(await refreshHere(deps, product.id, undefined, run)).toMatchObject({ phase: 'succeeded' });
        const { rows: found } = await database.pool.query<{ words: string }>(
          `select words from trial.${small.name} where words is not null`,
        );
        const { own, state } = JSON.parse(found[0]!.words) as { own: Record<string, unknown>; state: unknown };
        words.push([own['replication-method'], state]);
      }
      return words;
    };
    const [on, anew] = [{ fullLoad: false }, { fullLoad: true }];
    expect(await told(MERGE, on, on, anew)).toEqual([
      ['INCREMENTAL', {}],
      ['INCREMENTAL', { last: 3, big: expect.anything() }],
      ['INCREMENTAL', {}],
    ]);
    expect(await told({ ...MERGE, deletedRows: 'missing' }, on, on)).toEqual([
      ['FULL_TABLE', {}],
      ['FULL_TABLE', {}],
    ]);
  });

  test('keeps its state by the letter', async () => {
    const small = trial({ config: { rows: ['{"id": 1}'] }, load: MERGE });
    await withSource(deps, small, async (source) => {
      expect((await source.read()).position).toBe(
        '{"of":"singer trial-connector things","state":{"last":1,"big":12345678901234567890}}',
      );
    });
  });

  test.each<[string, Trial, string]>([
    [
      'hangs',
      { settings: { silentSeconds: 2 } },
      'SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop said nothing for 2 s, which silentSeconds allows',
    ],
    [
      'hangs',
      { settings: { timeoutSeconds: 4 } },
      'SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop took longer than timeoutSeconds allows',
    ],
    [
      'says nonsense',
      {},
      'SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop says what is no JSON: "Traceback: this is no message"',
    ],
    [
      'breaks off',
      {},
      String.raw`SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop says what is no JSON: "{\"type\": \"RECORD\", \"stream\": \"thin"`,
    ],
    [
      'fails',
      {},
      'SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop ended with exit code 3: requests.exceptions.HTTPError: 401 for https://x.example/?key=***',
    ],
    [
      'fails',
      { by: 'airbyte' },
      'SOURCE_MISSING: The connector of the server shop cannot read things: The key was not taken ***',
    ],
    [
      'may not connect',
      { by: 'airbyte' },
      'SOURCE_MISSING: The connector of the server shop cannot connect: no such key: ***',
    ],
    [
      'says too long a line',
      {},
      'SOURCE_FAILED: The connector trial-connector==1.0.0 of the server shop said a line of more than 16 MiB',
    ],
    [
      'floods',
      { settings: { limits: { megabytes: 20 } } },
      'SOURCE_INCOMPLETE: The connector of the server shop says more than the 20 MiB that limits.megabytes allows.',
    ],
  ])('that %s is refused, and told no secret', async (does, small, refusal) => {
    expect(await refusalOf(trial({ ...small, config: { does } }))).toBe(refusal);
  });

  test('that is not there, or has no such program, stream or column, is refused with what there is', async () => {
    expect(await refusalOf(trial({ connector: { package: 'trial-connector==2.0.0' } }))).toMatch(
      /^SOURCE_MISSING: The connector of the server shop could not be installed \(trial-connector==2\.0\.0\): pip ended with exit code 1: ERROR: (Could not find a version|No matching distribution)/,
    );
    expect(await refusalOf(trial({ connector: { command: 'tap-other' } }))).toBe(
      'SOURCE_MISSING: The connector of the server shop has no program tap-other: trial-connector==1.0.0 has source-trial, tap-trial.',
    );
    expect(await refusalOf(trial({ stream: 'orders' }))).toBe(
      'SOURCE_MISSING: The connector trial-connector==1.0.0 of the server shop has no stream "orders": it tells of db-things. physicalName of the object says which one is meant.',
    );
    const small = trial({
      source: [KEY, '{ name: colour, logicalType: string }', '{ name: at, logicalType: integer }'],
    });
    const { product } = await plainPublish(database.pool, await smallProduct(small), { refresh: false });
    const run = await refreshHere(deps, product.id);
    expect(run).toMatchObject({ phase: 'failed', error: { code: 'SOURCE_DRIFTED' } });
    expect(run.error?.message).toContain(
      '- colour (text) is missing; ~ at is string (date-time) where the contract says integer',
    );
  });

  test('of a worker that is called off ends with all that it started', async () => {
    const note = join(await mkdtemp(join(tmpdir(), 'weft-note-')), 'note.json');
    const calling = new AbortController();
    const reading = rowsOf(deps, trial({ config: { does: 'leaves a child', note } }), { signal: calling.signal });
    reading.catch(() => undefined);
    const { pid, child } = await noteAt(note);
    calling.abort();
    await expect(reading).rejects.toThrow();
    await untilGone([pid, child]);
  });

  test('of a worker that is killed ends with all that it started, and its configuration is gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weft-killed-'));
    const note = join(folder, 'note.json');
    const launcher = new URL('../../../workflows/sources/connectors/launch.py', import.meta.url).pathname;
    const script = `const { spawn } = require('node:child_process');
      spawn(${JSON.stringify(host?.python)}, ['-IS', ${JSON.stringify(launcher)}, ${JSON.stringify(folder)}, ${JSON.stringify(host?.python)}, '-c',
        ${JSON.stringify(`import sys; sys.path[:0] = [${JSON.stringify(new URL('.', import.meta.url).pathname)}]; import trial_connector; trial_connector.misbehave({"does": "leaves a child", "note": "note.json"})`)}],
        { detached: true, stdio: ['pipe', 'pipe', 'pipe'] }); setInterval(() => undefined, 1000)`;
    const worker = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const { pid, child } = await noteAt(note);
    await killHard(worker);
    await untilGone([pid, child]);
    expect(existsSync(folder)).toBe(false);
  });

  test('is installed once for all who want it, and what was begun and forsaken is in nobody’s way', async () => {
    const found = await readdir(host!.folder);
    expect(found).toHaveLength(2);
    expect(found.map((name) => name.replace(/^trial-connector-1\.0\.0-[0-9a-f]{12}/, 'one'))).toEqual([
      'one',
      expect.stringMatching(/^one\.[0-9a-f-]{36}$/),
    ]);
  });

  test('that no operator allows is refused before anything is fetched', async () => {
    const allowing = (allowed: string) => ({
      ...deps,
      connectors: { ...host!, allowed: connectorHost({}, { ...host!, allowed }).allowed },
    });
    const asked = (allowed: string, small: SmallProduct) =>
      withSource(allowing(allowed), small, () => Promise.resolve('allowed')).catch((error: unknown) => error);
    for (const allowed of ['', 'tap-other, other', 'trial-connector==2.0.0'])
      expect(await asked(allowed, trial({}))).toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('trial-connector==1.0.0 from PyPI, whose code would run in this worker'),
      });
    expect(await asked('trial-connector', trial({ connector: { beside: ['evil==1.0'] } }))).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('evil==1.0'),
    });
    for (const allowed of ['*', 'Trial.Connector', 'x trial_connector==1.0.0'])
      expect(await asked(allowed, trial({}))).toBe('allowed');
  });
});

test.each<[string, Trial, string]>([
  ['no package in one version', { connector: { package: 'tap-shop' } }, 'must be a package of PyPI in one version'],
  [
    'an address',
    { connector: { package: 'git+https://x.example/tap.git' } },
    'must be a package of PyPI in one version',
  ],
  [
    'an option of pip',
    { connector: { beside: ['--index-url=https://x.example'] } },
    'must be a package of PyPI in one version',
  ],
  ['a path as its program', { connector: { command: '../../bin/sh' } }, 'must be the name of a program of the package'],
  ['a protocol that there is none of', { connector: { by: 'meltano' } }, 'must say by: singer or airbyte'],
  [
    'a secret in clear',
    { config: { credentials: { client_secret: 'abc' } } },
    'config.credentials.client_secret: must be a reference to a secret',
  ],
])('a contract that names %s is refused by its check', async (_what, small, message) => {
  const { findings } = await checkedProduct(trial(small));
  expect(findings.filter(({ severity }) => severity === 'error').map((one) => one.message)).toEqual([
    expect.stringContaining(message),
  ]);
});

test('a contract may say where tokens are asked for, and in whose name', async () => {
  const config = {
    token_url: 'https://x.example',
    auth: { user: 'x', password: 'Bearer ${secret:SHOP_TOKEN}' },
    has_token: true,
  };
  expect((await checkedProduct(trial({ config }))).findings).toEqual([]);
});

async function noteAt(path: string): Promise<{ pid: number; child: number; folder: string }> {
  const untilMs = Date.now() + 60_000;
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') {
    if (Date.now() > untilMs) throw new Error('The connector did not begin');
    await sleep(50);
  }
  const note = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; child: number; folder: string };
  expect([note.pid, note.child].every(runs)).toBe(true);
  return note;
}
