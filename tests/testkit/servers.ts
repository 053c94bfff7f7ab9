import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { openHome, type Home } from '../../gateway/up/home.ts';
import { lockHolder } from '../../gateway/up/lock.ts';
import { freePort } from '../../gateway/up/ports.ts';
import { startPostgres } from '../../gateway/up/postgres.ts';
import { ChildRegistry } from '../../gateway/up/registry.ts';
import { startTemporal } from '../../gateway/up/temporal.ts';
import { openPool } from '../../schema/ledger/connect.ts';
import { migrate } from '../../schema/ledger/migrate.ts';

/** Test homes lie here, so that a later run can end what a killed one left. */
const HOMES = join(tmpdir(), `weft-test-homes-${process.getuid?.() ?? 0}`);
/** The migrated database that each test file's own is a copy of. */
const TEMPLATE = 'weft_template';

const JUST_MADE_MS = 30_000;

interface Running {
  readonly answer: () => unknown;
  readonly stop: () => Promise<void>;
}

export interface TestServers {
  close(): Promise<void>;
}

/**
 * One PostgreSQL and one Temporal for the whole run: those of `first` at once, else when the first test asks, so that a run of
 * pure tests starts neither. Tests are in other processes, so they ask over HTTP, at WEFT_TEST_SERVERS.
 */
export async function openTestServers(first: readonly ServerName[]): Promise<TestServers> {
  await endForgotten();
  const folder = mkdtempSync(join(HOMES, 'run-'));
  // PostgreSQL of root runs as another user, who must pass through.
  chmodSync(folder, 0o711);
  const home = await openHome(folder);
  const running = new Map<ServerName, Promise<Running>>();
  const started = (name: ServerName): Promise<Running> => {
    const starting = running.get(name) ?? STARTERS[name](home);
    running.set(name, starting);
    return starting;
  };

  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    // A kept connection may be closed at the very moment when a busy machine asks again.
    response.setHeader('connection', 'close');
    if (!isServerName(name)) return void response.writeHead(404).end();
    started(name).then(
      ({ answer }) => response.end(JSON.stringify(answer())),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  process.env['WEFT_TEST_SERVERS'] = await listen(server);
  await Promise.all(first.map(started));
  return {
    async close() {
      server.closeAllConnections();
      server.close();
      await Promise.all([...running.values()].map(async (starting) => (await starting.catch(() => null))?.stop()));
      // What became of a server whose preparation failed.
      await home.registry.endLeftovers();
      removeHome(folder);
    },
  };
}

const STARTERS = { postgres: runPostgres, temporal: runTemporal } as const;
type ServerName = keyof typeof STARTERS;

function isServerName(name: string): name is ServerName {
  return Object.hasOwn(STARTERS, name);
}

async function runPostgres(home: Home): Promise<Running> {
  // Copies of the template wait for no disk: durability is tested by tests that start their own.
  const postgres = await startPostgres(home, home, { port: 0, env: process.env, durable: false, progress: say });
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const pool = openPool(withDatabase(postgres.url, TEMPLATE), { name: 'template', max: 1 });
  await migrate(pool);
  await pool.end();
  return { answer: () => ({ url: postgres.url, template: TEMPLATE }), stop: () => postgres.child.stop() };
}

async function runTemporal(home: Home): Promise<Running> {
  const temporal = await startTemporal(home, home, {
    port: await freePort(),
    uiPort: await freePort(),
    namespace: 'default',
    env: process.env,
    progress: say,
  });
  return { answer: () => ({ address: temporal.address }), stop: () => temporal.child.stop() };
}

/** The same server, another database. */
function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('The test servers have no port');
      resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** A test run that was killed leaves its servers; the next one ends them. */
async function endForgotten(): Promise<void> {
  mkdirSync(HOMES, { recursive: true });
  chmodSync(HOMES, 0o711);
  for (const name of readdirSync(HOMES)) {
    const folder = join(HOMES, name);
    // A run that begins beside this one has its folder before its lock.
    if (lockHolder(join(folder, 'lock')) !== null || Date.now() - statSync(folder).mtimeMs < JUST_MADE_MS) continue;
    await new ChildRegistry(folder).endLeftovers();
    removeHome(folder);
  }
}

/** Removes a test's WEFT_HOME, and its data where they had to lie elsewhere. */
export function removeHome(folder: string): void {
  const data = join(folder, 'postgres');
  if (lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    const target = readlinkSync(data);
    rmSync(target, { recursive: true, force: true });
    rmSync(`${target}.weft-home`, { force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
