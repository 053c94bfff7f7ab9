import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

import { startChild, type Child, type ChildPlace } from './children.ts';
import { StartFailure } from './failure.ts';
import { keptSecret, type Home } from './home.ts';
import { identify, type ProcessIdentity } from './identity.ts';
import { freePort, requireFreePort } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { postgresFolder, programCache, type PostgresFolder } from './postgres-folder.ts';
import { postgresSettings } from './postgres-settings.ts';
import { endProcess } from './registry.ts';

const run = promisify(execFile);

/** The platform's role and database; superuser, since it makes the domains' roles. */
const OWNER = 'weft';
/** Recovery after a crash reads up to max_wal_size of log. */
const READY_WITHIN_MS = 180_000;
/** SIGINT is PostgreSQL's fast stop, with a checkpoint; SIGQUIT its immediate one, which leaves recovery to the next start. */
const STOP = [
  { signal: 'SIGINT', patienceMs: 30_000 },
  { signal: 'SIGQUIT', patienceMs: 5_000 },
] as const;

export interface PostgresOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  /** False only for tests: then the machine's crash may cost the data, and no write waits for the disk. */
  readonly durable?: boolean;
  /** Besides those of postgres-settings.ts, or in their place. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly progress?: (line: string) => void;
}

export interface Postgres {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
  readonly version: string;
}

/** Starts the embedded PostgreSQL on WEFT_HOME/postgres, made on the first start; a leftover of a killed parent is ended. */
export async function startPostgres(home: Home, place: ChildPlace, options: PostgresOptions): Promise<Postgres> {
  if (process.platform === 'win32') {
    throw new StartFailure('The embedded PostgreSQL does not run on Windows: use WSL, or set DATABASE_URL.');
  }
  const where = await postgresFolder(home.folder);
  const { bin, version } = await postgresBinaries(where.user, programCache(options.env));
  const password = keptSecret(join(home.folder, 'postgres.password'));
  const data = join(where.folder, 'data');
  await endLeftover(data);
  if (options.port !== 0) await requireFreePort('PostgreSQL', options.port, 'WEFT_POSTGRES_PORT');
  if (!existsSync(data)) {
    options.progress?.('Making a new database cluster');
    await makeCluster(bin, where, password, options.env);
  }
  requireSameMajor(data, version);
  const port = options.port === 0 ? await freePort() : options.port;
  const settings = { ...(await postgresSettings({ durable: options.durable ?? true })), ...options.settings };
  const url = (database: string) => `postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
  const child = await startChild(
    {
      name: 'postgres',
      title: 'PostgreSQL',
      command: join(bin, 'postgres'),
      args: [
        '-D',
        data,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      cwd: where.folder,
      env: cleanEnvironment(options.env),
      ...(where.user === null ? {} : { user: { uid: where.user.uid, gid: where.user.gid } }),
      prepare: () => endLeftover(data),
      isReady: (signal) => answers(url('postgres'), signal),
      readyWithinMs: READY_WITHIN_MS,
      stop: STOP,
    },
    place,
  );
  try {
    await makeDatabase(url('postgres'));
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { child, url: url(OWNER), port, version };
}

/** `initdb` into a draft that gets its name when it is whole: a start killed in its midst leaves no half cluster. */
async function makeCluster(
  bin: string,
  where: PostgresFolder,
  password: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const draft = join(where.folder, 'data.draft');
  const passwordFile = join(where.folder, `${randomUUID()}.password`);
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  if (where.user !== null) chownSync(passwordFile, where.user.uid, where.user.gid);
  try {
    await run(
      join(bin, 'initdb'),
      [
        ...[
          '-D',
          draft,
          '--username',
          OWNER,
          '--pwfile',
          passwordFile,
          '--auth',
          'scram-sha-256',
          '--encoding',
          'UTF8',
        ],
        // Text is compared by code points, as DuckDB does, and the same on every system: no locale need be installed.
        ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      ],
      {
        cwd: where.folder,
        env: cleanEnvironment(env),
        ...(where.user === null ? {} : { uid: where.user.uid, gid: where.user.gid }),
      },
    );
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : '';
    throw new StartFailure(
      `The database cluster could not be made in ${where.folder}: ${said || String(error)}`,
      error,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, join(where.folder, 'data'));
}

/** Ends a server that still runs on this data, and takes away its pid file where the pid is another's by now. */
async function endLeftover(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const server = Number.isInteger(pid) && pid > 1 ? identify(pid) : null;
  if (server !== null && (await serves(server, data))) {
    await endProcess(server, 'SIGINT', 15_000);
    return;
  }
  rmSync(pidFile, { force: true });
}

/** True where the process is a server on this very data folder: PostgreSQL makes it its working directory. */
async function serves(server: ProcessIdentity, data: string): Promise<boolean> {
  const folder = realpathSync(data);
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${server.pid}/cwd`) === folder;
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(server.pid)]);
    return stdout.includes(`-D ${data} `) || stdout.includes(`-D ${folder} `);
  } catch {
    return false;
  }
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return;
    } catch {
      await sleep(30);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function makeDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [OWNER]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${OWNER}"`);
  } finally {
    await client.end();
  }
}

function requireSameMajor(data: string, version: string): void {
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const runs = version.split('.')[0];
  if (made === runs) return;
  throw new StartFailure(
    `The data in ${data} were made by PostgreSQL ${made}, and this Weft brings ${runs}, which can't read them: ` +
      `move WEFT_HOME aside to begin anew, or run PostgreSQL ${made} on them and set DATABASE_URL.`,
  );
}

/** Of the environment only what PostgreSQL may heed: PGDATA, PGPORT and their like would overrule the arguments. */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, DYLD_LIBRARY_PATH } = env;
  return {
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(PATH && { PATH }),
    ...(TMPDIR && { TMPDIR }),
    ...(DYLD_LIBRARY_PATH && { DYLD_LIBRARY_PATH }),
  };
}
