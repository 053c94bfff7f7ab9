import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { RunId } from '../../../schema/ids.ts';
import { transaction } from '../../../schema/ledger/connect.ts';
import { beginStage, endStage, failRun, startRun, succeedRun } from '../../../schema/ledger/runs.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { freePorts } from '../../testkit/free-port.ts';
import { firstMessage } from '../../testkit/processes.ts';
import { folderOf, returnsProduct, weft, type Ran } from './weft.ts';

const MAIN = fileURLToPath(new URL('../../../gateway/main.ts', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../../gateway/cli/weft.js', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const KEY = 'weft_admin_of_this_test';

let database: TestDatabase;
let gateway: ChildProcess;
let env: Record<string, string>;
const products = folderOf(returnsProduct());

const ask = (...args: string[]): Promise<Ran> => weft(args, { env, cwd: products.path });

// The tests go on from one another, as a domain team does: publish, look, ask, refresh, retire.
beforeAll(async () => {
  database = await cloneDatabase();
  const [port] = await freePorts(1);
  env = { WEFT_URL: `http://127.0.0.1:${port}`, WEFT_KEY: KEY };
  gateway = fork(MAIN, {
    execArgv: ['--import', LOADER],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, DATABASE_URL: database.url, PORT: String(port), WEFT_ADMIN_KEY: KEY },
  });
  await firstMessage(gateway);
}, 60_000);

afterAll(async () => {
  const over = new Promise((resolve) => gateway.once('exit', resolve));
  gateway.kill('SIGTERM');
  await over;
  products.remove();
  await database.drop();
});

test('a check by the server passes, and changes nothing', async () => {
  const ran = await ask('check', 'returns', '--json');
  expect(ran.json()).toEqual({
    passed: true,
    checkedBy: ['offline', 'server'],
    products: ['sales/returns'],
    findings: [],
    changes: [],
    counts: { errors: 0, warnings: 0, hints: 0, breaking: 0, risky: 0, safe: 0 },
  });
  expect((await ask('products', '--json')).json()).toMatchObject({ totalCount: 0 });
  expect(ran.code).toBe(0);
});

test('publish without a key, or with a wrong one, is not allowed: 3', async () => {
  for (const WEFT_KEY of ['', 'wrong']) {
    const ran = await weft(['publish', 'returns'], { env: { ...env, WEFT_KEY }, cwd: products.path });
    expect(ran.err).toContain('WEFT_KEY');
    expect(ran.code).toBe(3);
  }
});

test('a product that does not pass is refused with each place as it lies here: 1', async () => {
  const broken = folderOf(
    returnsProduct((file, text) =>
      file.endsWith('returns.odcs.yaml') ? text.replace('status: active', 'status: 7') : text,
    ),
  );
  const ran = await weft(['publish', '.'], { env, cwd: broken.path });
  broken.remove();
  expect(ran.err).toMatch(/^returns\/returns\.odcs\.yaml\n {2}6:9 +error /m);
  expect(ran.err).toContain('nothing was changed');
  expect(ran.out).toBe('');
  expect(ran.code).toBe(1);
});

test('publish tells version, state and run', async () => {
  const ran = await ask('publish', 'returns', '--no-refresh', '--json');
  expect(ran.json()).toEqual({
    outcome: 'published',
    supergraph: expect.any(Number),
    products: [{ id: 'sales/returns', version: '1.0.0', revision: 1, state: 'live', run: null }],
    findings: [],
    changes: [],
  });
  expect(ran.code).toBe(0);
  const again = await ask('publish', 'returns');
  expect(again.out).toBe('sales/returns  unchanged\n');
  expect(again.code).toBe(0);
});

test('products lists it, also by search and by domain', async () => {
  const ran = await ask('products', '--search', 'reason', '--domain', 'sales');
  expect(ran.out).toMatch(
    /^PRODUCT +TITLE +VERSION.*\nsales\/returns +Returns +1\.0\.0 +active +managed +no data yet\n$/,
  );
  expect((await ask('products', '--domain', 'network')).err).toContain('0 products');
});

test('product shows owner and fields, and refuses an id that nobody has: 1', async () => {
  const ran = await ask('product', 'sales/returns');
  expect(ran.out).toContain('returns@sales.example');
  expect(ran.out).toMatch(/^id +ID! +key +Given at the counter\.$/m);
  expect((await ask('product', 'sales/returns', '--json')).json()).toMatchObject({
    product: { id: 'sales/returns', kind: 'managed', datasetVersion: null },
  });
  expect((await ask('product', 'sales/nothing')).code).toBe(1);
});

test('query asks the graph with typed variables, from text, file and stdin, as JSON and as a table', async () => {
  const text =
    'query Q($first: Int!, $domain: ID!) { domain(id: $domain) { id } returns(first: $first) { totalCount nodes { id } } }';
  const given = ['-v', 'first=5', '-v', 'domain=sales'];
  let ran = await ask('query', text, ...given);
  // The gateway hears of the new graph a moment after the publish.
  for (const until = Date.now() + 10_000; ran.code !== 0 && Date.now() < until;) {
    await sleep(200);
    ran = await ask('query', text, ...given);
  }
  expect(ran.json()).toMatchObject({ data: { domain: { id: 'sales' }, returns: { totalCount: '0', nodes: [] } } });
  writeFileSync(join(products.path, 'q.graphql'), text);
  expect((await ask('query', 'q.graphql', '-v', 'first=5', '-v', 'domain=sales')).json()).toEqual(ran.json());
  const piped = await weft(['query', '-', '-o', 'table'], {
    env,
    stdin: '{ dataProducts { nodes { id team { name } } } }',
  });
  const verbose = await ask('query', '{ returns { totalCount } }', '--verbose');
  expect(verbose.err).toMatch(/^MADE OF .*\nsales\/returns +1\.0\.0 +0 +beyond$/m);
  expect(piped.out).toBe('id             team.name\nsales/returns  Sales\n');
});

test('a query that the graph does not know is wrong usage: 2', async () => {
  const ran = await ask('query', '{ nonsense }');
  expect(ran.err).toContain('nonsense');
  expect(ran.code).toBe(2);
});

test('refresh --wait tells the stages and ends by the outcome; a second one joins', async () => {
  const asked = await ask('refresh', 'sales/returns', '--json');
  const { run, joined } = asked.json<{ run: { id: RunId; phase: string }; joined: boolean }>();
  expect([joined, run.phase]).toEqual([false, 'queued']);
  const waiting = ask('refresh', 'sales/returns', '--wait');
  await sleep(700);
  await workOn(run.id);
  await transaction(database.pool, (trx) =>
    failRun(trx, run.id, { code: 'SOURCE_MISSING', message: 'There is no \u001b[2Jreturns.csv.', findings: [] }),
  );
  const ran = await waiting;
  expect(ran.err).toContain(`Joined the run ${run.id}`);
  expect(ran.err).toMatch(/^sales\/returns {2}extract +done .* rowsRead 3,000$/m);
  expect(ran.err).toContain('There is no returns.csv.');
  expect(ran.out).not.toContain('\u001b');
  expect(ran.code).toBe(1);
  const shown = await ask('run', run.id);
  expect(shown.out).toContain('SOURCE_MISSING  There is no returns.csv.');
  expect(shown.code).toBe(0);
});

test('Ctrl-C leaves the run going and says so; run --watch of a run that succeeds ends by 0', async () => {
  const { run } = (await ask('refresh', 'sales/returns', '--json')).json<{ run: { id: RunId } }>();
  const watching = ask('run', run.id, '--watch', '--json');
  const left = interrupted(['run', run.id, '--watch']);
  await workOn(run.id);
  expect(await left).toEqual({
    code: 130,
    said: expect.stringContaining(`The run ${run.id} goes on without us: weft run ${run.id} --watch`),
  });
  await transaction(database.pool, (trx) => succeedRun(trx, run.id, 1));
  const ran = await watching;
  expect(ran.json()).toMatchObject({
    run: { id: run.id, phase: 'succeeded', stages: [{ name: 'extract', state: 'done' }] },
  });
  expect(ran.code).toBe(0);
});

test('runs lists them newest first, by product, phase and limit', async () => {
  const all = (await ask('runs', '--json')).json<{ runs: { phase: string }[] }>();
  expect(all.runs.map(({ phase }) => phase)).toEqual(['succeeded', 'failed']);
  const failed = await ask('runs', '--phase', 'failed', '--product', 'sales/returns');
  expect(failed.out).toMatch(/\n\S+ +sales\/returns +failed +manual .* SOURCE_MISSING: There is no returns\.csv\.\n$/);
  expect((await ask('runs', '--limit', '1', '--json')).json<{ runs: unknown[] }>().runs).toHaveLength(1);
  const unknown = await ask('run', '00000000-0000-0000-0000-000000000000');
  expect(unknown.code).toBe(1);
});

test('doctor names the run that failed with its fix, and ends by 1', async () => {
  const { run } = (await ask('refresh', 'sales/returns', '--json')).json<{ run: { id: RunId } }>();
  expect((await ask('doctor')).code).toBe(0);
  await workOn(run.id);
  await transaction(database.pool, (trx) =>
    failRun(trx, run.id, { code: 'SOURCE_MISSING', message: 'Gone.', findings: [] }),
  );
  // One document, though it ends badly.
  const watched = await ask('run', run.id, '--watch', '--json');
  expect(watched.json()).toMatchObject({ run: { phase: 'failed', error: { code: 'SOURCE_MISSING' } } });
  expect(watched.code).toBe(1);
  const ran = await ask('doctor');
  expect(ran.out).toContain('the newest run of sales/returns failed: Gone.');
  expect(ran.out).toContain(`fix: weft run ${run.id}, then weft refresh sales/returns --wait`);
  expect(ran.code).toBe(1);
});

test('a failed run is taken up again, called off, and the product and its domain are stopped and go on', async () => {
  const { run: failed } = (await ask('refresh', 'sales/returns', '--priority', '1', '--json')).json<{
    run: { id: RunId; priority: number };
  }>();
  expect(failed.priority).toBe(1);
  await transaction(database.pool, (trx) =>
    failRun(trx, failed.id, { code: 'OVERLOADED', message: 'full', findings: [] }),
  );
  const { run } = (await ask('retry', failed.id, '--json')).json<{ run: { id: RunId; trigger: string } }>();
  expect(run).toMatchObject({ trigger: 'retry', phase: 'queued', retryOf: { id: failed.id } });
  expect((await ask('retry', failed.id)).code).toBe(1);
  expect((await ask('cancel', run.id, '--json')).json()).toMatchObject({ run: { phase: 'cancelled' } });

  expect((await ask('pause', 'sales/returns', '--reason', 'a move')).out).toMatch(/paused by admin since .*: a move/);
  expect((await ask('product', 'sales/returns')).out).toMatch(/^refreshes +paused by admin/m);
  expect((await ask('hold', 'sales', '--json')).json()).toMatchObject({ domain: { hold: { by: 'admin' } } });
  expect((await ask('product', 'sales/returns')).out).toMatch(/^domain +held by admin/m);
  expect((await ask('release', 'sales')).out).toBe('sales  released\n');
  expect((await ask('resume', 'sales/returns')).out).toBe('sales/returns  goes on\n');
  expect((await ask('history', 'sales/returns')).out).toMatch(/admin +pause +sales\/returns +a move/);
  const back = await ask('rollback', 'sales/returns', '--data', '--to', '99', '--yes');
  expect([back.code, back.err]).toEqual([1, expect.stringContaining('has no data yet')]);
});

test('retire takes it out of the graph; a second time it is refused: 1', async () => {
  const ran = await ask('retire', 'sales/returns', '--yes');
  expect(ran.out).toBe('sales/returns  1.0.0  retired\n');
  expect(ran.code).toBe(0);
  expect((await ask('retire', 'sales/returns', '--yes')).code).toBe(1);
  expect((await ask('products', '--json')).json()).toMatchObject({ totalCount: 0 });
});

/** What a worker would do first. */
async function workOn(id: RunId): Promise<void> {
  await transaction(database.pool, (trx) => startRun(trx, id, {}));
  const { attempt } = await beginStage(database.pool, id, 'extract');
  await endStage(database.pool, id, 'extract', attempt, { rowsRead: 3000 });
  await sleep(700);
}

/** A command in a process of its own that gets Ctrl-C once it has told something. */
function interrupted(args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (!child.killed) child.kill('SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
}
