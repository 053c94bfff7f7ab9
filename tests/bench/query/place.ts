import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../../../gateway/up/children.ts';
import { type Home, openHome } from '../../../gateway/up/home.ts';
import { nodeChild } from '../../../gateway/up/node-child.ts';
import { freePort } from '../../../gateway/up/ports.ts';
import { type Postgres, startPostgres } from '../../../gateway/up/postgres.ts';
import { removeHome } from '../../testkit/servers.ts';
import { type Rows, rowsAt } from './queries.ts';

/** A server that the bench started, and its process. */
export interface Started {
  readonly url: string;
  readonly pid: () => number;
  stop(): Promise<void>;
}

/** Where everything of one run lies and runs. Whatever a killed run left behind is ended by the next on the same folder. */
export interface Place {
  readonly home: Home;
  readonly postgres: Postgres;
  readonly rows: Rows;
  /** One of our own programs, which says itself that it serves; PORT and DATABASE_URL are given to it. */
  program(name: string, entry: string, env?: Record<string, string>, nodeOptions?: readonly string[]): Promise<Started>;
  /** A program of others', ready when its address answers. */
  command(name: string, spec: Command): Promise<Started>;
  close(): Promise<void>;
}

export interface Command {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  readonly cwd: string;
  readonly env?: (port: number) => Record<string, string>;
}

/** Makes the folder, or takes the kept one, and starts PostgreSQL in it. */
export async function openPlace(options: {
  keep: string | null;
  scale: number;
  say: (line: string) => void;
}): Promise<Place> {
  const folder = options.keep ?? temporary();
  const home = await openHome(folder, options.say);
  const postgres = await startPostgres(home, home, {
    port: 0,
    env: process.env,
    durable: false,
    progress: options.say,
  });
  const started: Child[] = [];
  const base = { ...plainEnvironment(), NODE_ENV: 'production', WEFT_HOME: folder, DATABASE_URL: postgres.url };

  const running = (child: Child, port: number): Started => {
    started.push(child);
    return {
      url: `http://127.0.0.1:${port}`,
      pid: () => child.pid() ?? 0,
      stop: () => child.stop(),
    };
  };
  return {
    home,
    postgres,
    rows: rowsAt(options.scale),
    async program(name, entry, env = {}, nodeOptions = []) {
      const port = await freePort();
      const spec = nodeChild(name, name, entry, { ...base, PORT: String(port), ...env });
      return running(await startChild({ ...spec, args: [...nodeOptions, ...spec.args] }, home), port);
    },
    async command(name, { command, args, cwd, env }) {
      const port = await freePort();
      const child = await startChild(
        {
          name,
          title: name,
          command,
          args: args(port),
          env: { ...base, ...env?.(port) },
          cwd,
          isReady: (signal) => answers(`http://127.0.0.1:${port}`, signal),
          readyWithinMs: 60_000,
          stop: [{ signal: 'SIGTERM', patienceMs: 5_000 }],
        },
        home,
      );
      return running(child, port);
    },
    async close() {
      await Promise.all(started.map((child) => child.stop()));
      await postgres.child.stop();
      if (options.keep === null) removeHome(folder);
    },
  };
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-query-'));
  // PostgreSQL of root runs as another user, who must pass through.
  chmodSync(folder, 0o711);
  return folder;
}

/** Nothing of whoever starts the bench may make one server run otherwise than another. */
function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Any answer over HTTP will do. */
async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const asked = await fetch(url, { signal }).catch(() => null);
    if (asked !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
