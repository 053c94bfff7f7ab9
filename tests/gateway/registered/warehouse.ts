import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { ProductFolder } from '../../../gateway/publishing/read-folders.ts';
import { cloneDatabase } from '../../testkit/database.ts';

/** A Postgres of somebody else's: another database, a role that may read it, and a way there that can be cut. */
export interface Warehouse {
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** As its owner; tables that are there then may be read. */
  run(sql: string): Promise<void>;
  /** How many connections the reader holds. */
  connections(): Promise<number>;
  /** `away`: nobody listens; `silent`: what is sent is not answered. */
  be(state: 'there' | 'away' | 'silent'): Promise<void>;
  /** The next so many connections break off after so many bytes of answers. */
  cut(connections: number, afterBytes: number): void;
  close(): Promise<void>;
}

/** Opens one on the run's own cluster. */
export async function openWarehouse(): Promise<Warehouse> {
  const database = await cloneDatabase();
  const url = new URL(database.url);
  const user = `reader_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const run = async (sql: string): Promise<void> => {
    // The owner's own schema, which is found first, is the ledger's.
    await database.pool.query(`set search_path to public; ${sql}`);
    await database.pool.query(`grant select on all tables in schema public to ${user}`);
  };
  await database.pool.query(`create role ${user} login password '${password}'; create schema if not exists public;
    grant usage on schema public to ${user}`);
  const way = await openWay(Number(url.port), url.hostname);
  return {
    port: way.port,
    database: url.pathname.slice(1),
    user,
    password,
    run,
    connections: async () => {
      const { rows } = await database.pool.query<{ count: string }>(
        'select count(*) from pg_stat_activity where usename = $1',
        [user],
      );
      return Number(rows[0]!.count);
    },
    be: (state) => way.be(state),
    cut: (connections, afterBytes) => way.cut(connections, afterBytes),
    close: async () => {
      await way.close();
      await database.pool.query(`drop owned by ${user}; drop role ${user}`);
      await database.drop();
    },
  };
}

async function openWay(port: number, host: string): Promise<Pick<Warehouse, 'port' | 'be' | 'cut' | 'close'>> {
  const sockets = new Set<Socket>();
  let silent = false;
  let cuts = { connections: 0, afterBytes: 0 };
  let server: Server | null = null;
  const listen = (at: number): Promise<number> =>
    new Promise((resolve) => {
      server = createServer((inner) => {
        const outer = connect(port, host);
        for (const socket of [inner, outer]) {
          sockets.add(socket);
          socket.on('error', () => undefined).on('close', () => [inner, outer].forEach((one) => one.destroy()));
        }
        inner.on('data', (data) => silent || outer.write(data));
        let left = cuts.connections > 0 ? cuts.afterBytes : Infinity;
        if (cuts.connections > 0) cuts = { ...cuts, connections: cuts.connections - 1 };
        outer.on('data', (data) => {
          left -= data.length;
          if (left < 0) inner.destroy();
          else if (!silent && !inner.write(data)) {
            outer.pause();
            inner.once('drain', () => outer.resume());
          }
        });
      }).listen(at, '127.0.0.1', () => resolve((server!.address() as { port: number }).port));
    });
  const stop = async (): Promise<void> => {
    const listening = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise<void>((resolve) => (listening === null ? resolve() : listening.close(() => resolve())));
  };
  const own = await listen(0);
  return {
    port: own,
    be: async (state) => {
      silent = state === 'silent';
      if (state === 'away') await stop();
      else if (server === null) await listen(own);
    },
    cut: (connections, afterBytes) => {
      cuts = { connections, afterBytes };
    },
    close: stop,
  };
}

export interface RegisteredText {
  readonly domain: string;
  readonly name: string;
  /** Objects with their properties as lines of YAML flow maps: the key too. `as` is the physicalName. */
  readonly objects: Readonly<Record<string, { readonly as?: string; readonly properties: readonly string[] }>>;
  readonly at: Pick<Warehouse, 'port' | 'database' | 'user'>;
  readonly host?: string;
  readonly server?: string;
  readonly secret?: string;
  readonly version?: string;
}

/** A registered product's folder as the command line would send it. */
export function registeredFolder(text: RegisteredText): ProductFolder {
  const { domain, name, objects, at, host = '127.0.0.1', server = 'warehouse', version = '1.0.0' } = text;
  const { secret = '${secret:WAREHOUSE_PASSWORD}' } = text;
  const id = `${domain}/${name}`;
  const schema = Object.entries(objects).map(
    ([object, { as, properties }]) => `  - name: ${object}
${as === undefined ? '' : `    physicalName: ${JSON.stringify(as)}\n`}    properties:
${properties.map((line) => `      - ${line}\n`).join('')}`,
  );
  return {
    name,
    files: [
      {
        path: 'product.odps.yaml',
        text: `apiVersion: v1.0.0
kind: DataProduct
id: ${id}
domain: ${domain}
name: ${name}
version: ${version}
status: active
outputPorts:
  - { name: tables, version: ${version}, contractId: ${id}/tables }
`,
      },
      {
        path: 'tables.odcs.yaml',
        text: `apiVersion: v3.1.0
kind: DataContract
id: ${id}/tables
version: ${version}
status: active
servers:
  - server: ${server}
    type: postgres
    host: '${host}'
    port: ${at.port}
    database: ${at.database}
    schema: public
    customProperties:
      - { property: user, value: ${at.user} }
      - { property: password, value: '${secret}' }
schema:
${schema.join('')}`,
      },
    ],
  };
}
