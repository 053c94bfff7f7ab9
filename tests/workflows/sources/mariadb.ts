import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

import { freePort } from '../../../gateway/up/ports.ts';

/** A MariaDB or MySQL of somebody else's, with a database `shop` and a user who may read it. */
export interface ForeignMysql {
  readonly port: number;
  readonly password: string;
  /** As its owner. */
  run(...statements: string[]): Promise<void>;
  /** How many statements the reader has under way. */
  readers(): Promise<number>;
  /** Ends their connections; how many there were. */
  killReaders(): Promise<number>;
  stop(): Promise<void>;
}

/** True where such a server is installed here. */
export function hasMariadb(): boolean {
  try {
    execFileSync('mariadbd', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts one of its own, in a folder of its own. */
export async function startMariadb(): Promise<ForeignMysql> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-mariadb-'));
  await chmod(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  const who = isRoot ? ['--user=mysql'] : [];
  const data = join(folder, 'data');
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', ...who, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: 'ignore' },
  );
  const port = await freePort();
  const child: ChildProcess = spawn(
    'mariadbd',
    [
      '--no-defaults',
      ...who,
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(data, 'it.sock')}`,
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
      '--character-set-server=latin1',
    ],
    { stdio: 'ignore' },
  );
  const asRoot = async <Result>(story: (connection: Connection) => Promise<Result>): Promise<Result> => {
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', charset: 'utf8mb4' });
    try {
      return await story(connection);
    } finally {
      await connection.end();
    }
  };
  const run = (...statements: string[]): Promise<void> =>
    asRoot(async (connection) => {
      for (const sql of ["set time_zone = '+05:00', sql_mode = ''", ...statements]) await connection.query(sql);
    });
  const readers = async (connection: Connection): Promise<number[]> => {
    const [rows] = await connection.query<(RowDataPacket & { id: number })[]>(
      `select id from information_schema.processlist where user = 'reader' and info like '%sleep%'`,
    );
    return rows.map(({ id }) => id);
  };
  const untilMs = Date.now() + 60_000;
  while (
    !(await run('select 1').then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > untilMs || child.exitCode !== null) throw new Error('MariaDB did not start');
    await sleep(100);
  }
  const password = 'r3ad/er';
  await run(
    'create database shop',
    `create user reader@'%' identified by '${password}'`,
    `grant select on shop.* to reader@'%'`,
  );
  return {
    port,
    password,
    run: (...statements) => run('use shop', ...statements),
    readers: () => asRoot(async (connection) => (await readers(connection)).length),
    killReaders: () =>
      asRoot(async (connection) => {
        const ids = await readers(connection);
        for (const id of ids) await connection.query(`kill ${id}`);
        return ids.length;
      }),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
