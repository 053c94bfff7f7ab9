import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { readUpFile } from '../../../gateway/up/home.ts';
import { freePorts } from '../../testkit/free-port.ts';
import { startMesh, type RunningMesh } from '../../testkit/mesh.ts';
import { runs, untilGone } from '../../testkit/processes.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';

const LAUNCHER = fileURLToPath(new URL('../../../gateway/cli/weft.js', import.meta.url));
const EMPTY = { WEFT_EXAMPLES: 'off' };

const started: RunningMesh[] = [];
const homes = new Set<string>();

async function start(home: string, env: Record<string, string> = {}): Promise<RunningMesh> {
  homes.add(home);
  const mesh = await startMesh({ home, env: { ...EMPTY, ...env } });
  started.push(mesh);
  return mesh;
}

/** A start that is expected to end by itself. */
async function tryStart(home: string, env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  homes.add(home);
  const child = spawn(process.execPath, [LAUNCHER, 'up'], {
    env: { ...process.env, ...EMPTY, ...env, WEFT_HOME: home },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

afterEach(async () => {
  for (const mesh of started.splice(0)) if (runs(mesh.pid)) await mesh.stop({ keep: true });
  homes.forEach(removeHome);
  homes.clear();
});

test('a second start on the same WEFT_HOME names the first, and harms nothing', async () => {
  const mesh = await start(temporaryHome());
  const second = await tryStart(mesh.home, {});
  expect(second.said).toContain(`Weft already runs on ${mesh.home} at ${mesh.url} (pid ${mesh.pid}).`);
  expect(second.code).toBe(1);
  expect((await fetch(`${mesh.url}/healthz`)).status).toBe(200);
  expect(Object.values(readUpFile(mesh.home)!.pids).every(runs)).toBe(true);
}, 180_000);

test('Ctrl-C ends the gateway, then the worker, then Temporal, then PostgreSQL, and the exit code is 0', async () => {
  const mesh = await start(temporaryHome());
  const { pids } = readUpFile(mesh.home)!;
  expect(Object.keys(pids).sort()).toEqual(['gateway', 'postgres', 'temporal', 'worker']);
  const gone: string[] = [];
  const stopping = mesh.stop({ keep: true });
  while (gone.length < 4) {
    for (const [name, pid] of Object.entries(pids)) if (!gone.includes(name) && !runs(pid)) gone.push(name);
    await sleep(2);
  }
  await stopping;
  expect(await mesh.exitCode).toBe(0);
  expect(gone).toEqual(['gateway', 'worker', 'temporal', 'postgres']);
  expect(readUpFile(mesh.home)).toBeNull();
}, 180_000);

test('after kill -9 of the parent a new start leaves no process behind and has the data', async () => {
  const home = temporaryHome();
  const mesh = await start(home);
  const { pids } = readUpFile(home)!;
  await query(home, 'create table public.kept as select 42 as answer');
  process.kill(mesh.pid, 'SIGKILL');
  await untilGone([mesh.pid, pids['gateway']!, pids['worker']!], 30_000);

  const again = await start(home);
  expect(Object.values(pids).filter(runs)).toEqual([]);
  expect(again.output()).toContain('Ended what a killed start had left behind: temporal, postgres');
  expect(await query(home, 'select answer from public.kept')).toEqual([{ answer: 42 }]);
}, 240_000);

test('a busy port ends the start with one sentence that names it and the variable, and no process', async () => {
  const busy = createServer((_request, response) => response.end('something else')).listen(0, '127.0.0.1');
  await new Promise((resolve) => busy.once('listening', resolve));
  const { port } = busy.address() as { port: number };
  const [free, ui] = await freePorts(2);
  const home = temporaryHome();
  const cases = [
    { PORT: String(port) },
    { PORT: String(free), WEFT_TEMPORAL_PORT: String(port) },
    { PORT: String(free), WEFT_TEMPORAL_PORT: String(ui), WEFT_TEMPORAL_UI_PORT: String(port) },
  ];
  for (const env of cases) {
    const { code, said } = await tryStart(home, env);
    const variable = Object.keys(env).at(-1)!;
    expect(said).toMatch(
      new RegExp(`✗ Port ${port} for .* is busy: another process listens there\\..* set ${variable} to`),
    );
    expect(said).not.toContain('    at ');
    expect(code).toBe(1);
    expect(JSON.parse(readFileSync(join(home, 'children.json'), 'utf8'))).toEqual({});
  }
  busy.close();
}, 180_000);

test('all faults of the environment are told at once', async () => {
  const { code, said } = await tryStart(temporaryHome(), { PORT: 'four', WEFT_EXAMPLES: 'maybe' });
  expect(said).toMatch(/^✗ The environment is not as it must be\. PORT: .*; WEFT_EXAMPLES: .*\n$/);
  expect(code).toBe(1);
});

async function query(home: string, text: string): Promise<unknown[]> {
  const password = readFileSync(join(home, 'postgres.password'), 'utf8').trim();
  const port = readUpFile(home)!.ports['postgres']!;
  const client = new Client({ host: '127.0.0.1', port, user: 'weft', password, database: 'weft' });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
