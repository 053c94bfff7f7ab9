import { afterEach, expect, test } from '@jest/globals';
import { existsSync, lstatSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { openHome } from '../../../gateway/up/home.ts';
import { startPostgres, type Postgres } from '../../../gateway/up/postgres.ts';
import { firstMessage, forkFixture, killHard, runs, untilGone } from '../../testkit/processes.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';

const PARENT = new URL('./fixtures/parent.ts', import.meta.url);
const asRoot = process.getuid?.() === 0 ? test : test.skip;

const homes: string[] = [];
let postgres: Postgres | null = null;

function newHome(access: 'open' | 'private' = 'open'): string {
  const home = temporaryHome(access);
  homes.push(home);
  return home;
}

async function start(folder: string, port = 0): Promise<Postgres> {
  const home = await openHome(folder);
  postgres = await startPostgres(home, home, { port, env: process.env });
  return postgres;
}

afterEach(async () => {
  await postgres?.child.stop();
  postgres = null;
  homes.splice(0).forEach(removeHome);
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('after kill -9 of the parent a new start ends what was left behind and has all that was committed', async () => {
  const folder = newHome();
  const parent = forkFixture(PARENT, process.env, folder);
  const left = await firstMessage<{ url: string; postgres: number; child: number }>(parent);
  await query(left.url, 'create table kept as select 42 as answer');
  await killHard(parent);
  // The child ends by itself, since its channel closed; PostgreSQL has no such channel.
  await untilGone([left.child]);
  expect(runs(left.postgres)).toBe(true);

  const { url } = await start(folder);
  expect(runs(left.postgres)).toBe(false);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
}, 60_000);

test('a server that is killed itself is started again on the same port, with what was committed', async () => {
  const { url, child } = await start(newHome());
  await query(url, 'create table kept as select 42 as answer');
  const first = child.pid()!;
  process.kill(first, 'SIGKILL');
  await untilGone([first]);
  const read = async (): Promise<unknown> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await query(url, 'select answer from kept');
      } catch (error) {
        if (tries === 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  expect(await read()).toEqual([{ answer: 42 }]);
  expect(child.pid()).not.toBe(first);
}, 60_000);

test('it waits for the disk, speaks UTF-8 and UTC, compares by code points, and listens on loopback alone', async () => {
  const { url } = await start(newHome());
  const names = "'fsync', 'synchronous_commit', 'full_page_writes', 'TimeZone', 'listen_addresses', 'server_encoding'";
  const rows = await query(url, `select name, setting from pg_settings where name in (${names}) order by lower(name)`);
  expect(rows).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'full_page_writes', setting: 'on' },
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'server_encoding', setting: 'UTF8' },
    { name: 'synchronous_commit', setting: 'on' },
    { name: 'TimeZone', setting: 'UTC' },
  ]);
  const sorted = await query(
    url,
    "select string_agg(x, '' order by x) as s, upper('é') as u from unnest(array['é','b','A','a']) x",
  );
  expect(sorted).toEqual([{ s: 'Aabé', u: 'É' }]);
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
});

asRoot(
  'where root alone may enter WEFT_HOME the data lie elsewhere, and nobody’s permissions are changed',
  async () => {
    const folder = newHome('private');
    const { url, child } = await start(folder);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(lstatSync(join(folder, 'postgres')).isSymbolicLink()).toBe(true);
    const data = readlinkSync(join(folder, 'postgres'));
    expect(statSync(data).uid).not.toBe(0);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await child.stop();
    const again = await start(folder);
    expect(readlinkSync(join(folder, 'postgres'))).toBe(data);
    expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  },
  60_000,
);

test('a busy port is named, with the variable that chooses another, and nothing is made', async () => {
  const busy = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => busy.once('listening', resolve));
  const { port } = busy.address() as { port: number };
  const folder = newHome();
  await expect(start(folder, port)).rejects.toThrow(
    `Port ${port} for PostgreSQL is busy: another process listens there. End it, or set WEFT_POSTGRES_PORT to a free port.`,
  );
  expect(existsSync(join(folder, 'postgres', 'data'))).toBe(false);
  busy.close();
});

test('a link to data that are gone is refused, and no empty database takes their place', async () => {
  const folder = newHome();
  symlinkSync(join(folder, 'nowhere'), join(folder, 'postgres'));
  await expect(start(folder)).rejects.toThrow('is a link to a folder that no longer exists');
});
