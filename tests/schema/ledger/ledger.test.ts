import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { DomainId } from '../../../schema/ids.ts';
import { openPool, transaction } from '../../../schema/ledger/connect.ts';
import { emit, markHandled, takeEvents } from '../../../schema/ledger/events.ts';
import { listen } from '../../../schema/ledger/listen.ts';
import { migrate } from '../../../schema/ledger/migrate.ts';
import { domainRole, ensureRole, roleUrl } from '../../../schema/ledger/roles.ts';
import { isHeadBusy, lockHead } from '../../../schema/ledger/supergraphs.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

test('migrating again, and by four at once, changes nothing', async () => {
  await Promise.all(Array.from({ length: 4 }, () => migrate(database.pool)));
  const { rows } = await database.pool.query('select name from weft.migrations');
  expect(rows.length).toBeGreaterThan(0);
});

test('a database that is newer than the code is refused', async () => {
  await database.pool.query(`insert into weft.migrations (name, checksum) values ('999_future.sql', 'x')`);
  await expect(migrate(database.pool)).rejects.toThrow('999_future.sql, which this version of Weft does not know');
  await database.pool.query(`delete from weft.migrations where name = '999_future.sql'`);
});

test('a migration that was altered after it was applied is refused', async () => {
  await database.pool.query(`update weft.migrations set checksum = 'x' || checksum where name = '001_spine.sql'`);
  await expect(migrate(database.pool)).rejects.toThrow('001_spine.sql was altered');
  await database.pool.query(`update weft.migrations set checksum = substr(checksum, 2) where name = '001_spine.sql'`);
});

test('what throws in a transaction leaves nothing behind', async () => {
  const event = { type: 'product.retired', subject: 'a/b', payload: { dataUntil: null, consumers: [] } } as const;
  const story = transaction(database.pool, async (trx) => {
    await emit(trx, event);
    throw new Error('second thoughts');
  });
  await expect(story).rejects.toThrow('second thoughts');
  expect(await transaction(database.pool, (trx) => takeEvents(trx, 10))).toEqual([]);
});

test('two takers of the outbox never act on the same event', async () => {
  for (const subject of ['a/a', 'b/b', 'c/c', 'd/d'])
    await transaction(database.pool, (trx) =>
      emit(trx, { type: 'product.retired', subject, payload: { dataUntil: null, consumers: [] } }),
    );
  const both = await transaction(database.pool, (one) =>
    transaction(database.pool, async (two) => [...(await takeEvents(one, 2)), ...(await takeEvents(two, 9))]),
  );
  expect(both.map(({ subject }) => subject)).toEqual(['a/a', 'b/b', 'c/c', 'd/d']);
  await markHandled(
    database.pool,
    both.map(({ id }) => id),
  );
  expect(await transaction(database.pool, (trx) => takeEvents(trx, 9))).toEqual([]);
});

test('a listener hears of an event at once, and again after its connection was cut', async () => {
  let heard = 0;
  const faults: unknown[] = [];
  const listener = listen(database.url, {
    name: 'ear',
    pollMs: 100,
    onHint: async () => {
      heard += 1;
    },
    onFault: (error) => faults.push(error),
  });
  const rises = async (): Promise<void> => {
    const before = heard;
    for (let wait = 0; heard === before && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toBeGreaterThan(before);
  };
  await rises();
  await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ear'`);
  await rises();
  await transaction(database.pool, (trx) =>
    emit(trx, { type: 'product.retired', subject: 'a/b', payload: { dataUntil: null, consumers: [] } }),
  );
  await rises();
  await listener.stop();
  expect(faults).toEqual([]);
});

test('a listener asks a server that never answers once at a time, and its stop does not wait for it', async () => {
  const taken: Socket[] = [];
  const silent = createServer((socket) => void taken.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const faults: unknown[] = [];
  const listener = listen(`postgres://nobody@127.0.0.1:${port}/nothing`, {
    name: 'ear',
    pollMs: 10,
    onHint: () => Promise.resolve(),
    onFault: (error) => faults.push(error),
  });
  await once(silent, 'connection');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await listener.stop();
  expect(taken).toHaveLength(1);
  // Had it waited, there would be the fault of a connection that took too long.
  expect(faults).toEqual([]);
  taken.forEach((socket) => socket.destroy());
  silent.close();
});

test('who waits too long for the head of the graph is told so, and who holds it in silence is ended', async () => {
  const limits = { waitMs: 50, heldMs: 60_000, silentMs: 60_000 };
  const silence = transaction(database.pool, async (holder) => {
    await lockHead(holder, { ...limits, silentMs: 400 });
    const waiting = transaction(database.pool, (trx) => lockHead(trx, limits)).catch((error: unknown) => error);
    expect(isHeadBusy(await waiting)).toBe(true);
    await transaction(database.pool, (trx) => lockHead(trx, { ...limits, waitMs: 30_000 }));
    await holder.query('select 1');
  });
  await expect(silence).rejects.toThrow();
});

test('a role logs in with its derived password, which it can lose but not keep changed', async () => {
  const role = domainRole('ledger-test' as DomainId);
  await Promise.all(Array.from({ length: 4 }, () => ensureRole(database.pool, database.url, role)));
  const login = async (): Promise<string> => {
    const pool = openPool(roleUrl(database.url, role), { name: 'role', max: 1 });
    try {
      return (await pool.query<{ who: string }>('select current_user as who')).rows[0]!.who;
    } finally {
      await pool.end();
    }
  };
  expect(await login()).toBe(role);
  await database.pool.query(`alter role ${role} password 'mine'`);
  await expect(login()).rejects.toBeInstanceOf(pg.DatabaseError);
  await ensureRole(database.pool, database.url, role);
  expect(await login()).toBe(role);
  await database.pool.query(`drop role ${role}`);
});
