import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OrdinarySubgraphs } from './apollo.ts';
import type { Place, Started } from './place.ts';
import { QUERY_NAMES } from './queries.ts';
import type { Server } from './server.ts';
import type { Weft } from './weft.ts';

const run = promisify(execFile);
const QUIET = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
const FOLDER = fileURLToPath(new URL('./peers', import.meta.url));

/** PostGraphile 5 needs 22 (`Promise.withResolvers`); the npm package has the program at `bin/node`. */
const NEWER_NODE = { name: `node-${process.platform}-${process.arch}`, version: '22.23.3', major: 22 } as const;

/** Servers of others' packages. */
export interface Peers {
  postgraphile(): Promise<Server>;
  mercurius(): Promise<Server>;
  /** Hive Gateway in front of the ordinary subgraphs, planning in JavaScript or in Rust. */
  hive(planner: 'js' | 'rust', subgraphs: OrdinarySubgraphs): Promise<Server>;
  /** Hive Gateway, planning in Rust, in front of Weft's own managed subgraphs over HTTP. */
  hiveOfWeft(weft: Weft, advice: Started): Promise<Server>;
}

/** Installs them beside the database: nothing of the repository depends on them. */
export async function installPeers(place: Place, say: (line: string) => void): Promise<Peers> {
  const folder = join(place.home.folder, 'peers');
  mkdirSync(folder, { recursive: true });
  cpSync(FOLDER, folder, { recursive: true });
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) {
    say('Installing the peers from npm: a minute or two');
    await run('npm', ['install', ...QUIET], { cwd: folder, maxBuffer: 2 ** 24 });
  }
  const newerNode = await nodeAtLeast22(folder);

  const program = (name: string, node = process.execPath): Promise<Started> =>
    place.command(name, {
      command: node,
      args: () => [join(folder, `${name}.js`)],
      cwd: folder,
      env: (port) => ({ PORT: String(port), GRAPHILE_ENV: 'production' }),
    });
  const gateway = (name: string, supergraph: string, planner: 'js' | 'rust'): Promise<Started> =>
    place.command(name, {
      command: process.execPath,
      args: (port) => [
        ...[join(folder, 'node_modules/@graphql-hive/gateway/dist/bin.js'), 'supergraph', supergraph],
        ...['--host', '127.0.0.1', '--port', String(port), '--config-path', join(folder, 'hive.config.js')],
        ...(planner === 'rust' ? ['--hive-router-runtime'] : []),
      ],
      cwd: folder,
      env: () => ({ LOG_LEVEL: 'warn' }),
    });
  const oneSchema = (name: string, title: string, dialect: Server['dialect'], started: Started): Server => ({
    ...{ name, title, dialect, url: `${started.url}/graphql`, headers: {} },
    queries: QUERY_NAMES.filter((query) => query !== 'q5'),
    processes: { gateway: [started.pid] },
  });

  return {
    postgraphile: async () =>
      oneSchema(
        'postgraphile',
        'PostGraphile 5 (one schema)',
        'postgraphile',
        await program('postgraphile', newerNode),
      ),
    mercurius: async () => oneSchema('mercurius', 'mercurius (one schema)', 'ordinary', await program('mercurius')),
    async hive(planner, { supergraph, processes }) {
      const name = `hive-${planner}`;
      const started = await gateway(name, supergraph, planner);
      return {
        ...{ name, url: `${started.url}/graphql`, headers: {}, dialect: 'ordinary', queries: QUERY_NAMES },
        title: `Hive Gateway, ${planner === 'js' ? 'JS' : 'Rust'} planner, same subgraphs`,
        processes: { gateway: [started.pid], subgraphs: processes },
      };
    },
    async hiveOfWeft(weft, advice) {
      const supergraph = await supergraphOf(place, weft);
      const started = await gateway('hive-weft', supergraph, 'rust');
      return {
        ...{ name: 'hive-weft', url: `${started.url}/graphql`, dialect: 'weft', queries: QUERY_NAMES },
        title: "Hive Gateway, Rust planner, Weft's managed subgraphs",
        headers: { authorization: `Bearer ${weft.key}` },
        processes: { gateway: [started.pid], subgraphs: [weft.pid, advice.pid] },
      };
    },
  };
}

/** This Node where it is new enough, else one from npm. */
async function nodeAtLeast22(folder: string): Promise<string> {
  if (Number(process.versions.node.split('.')[0]) >= NEWER_NODE.major) return process.execPath;
  const program = join(folder, 'node_modules', NEWER_NODE.name, 'bin/node');
  if (!existsSync(program))
    await run('npm', ['install', '--no-save', ...QUIET, `${NEWER_NODE.name}@${NEWER_NODE.version}`], { cwd: folder });
  return program;
}

/** Weft's supergraph as it exports it for other routers, as a file. */
export async function supergraphOf(place: Place, weft: Weft): Promise<string> {
  const file = join(place.home.folder, 'weft-supergraph.graphql');
  writeFileSync(file, await (await fetch(`${weft.url}/supergraph.graphql`)).text());
  return file;
}
