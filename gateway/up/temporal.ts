import { chmodSync, closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Connection } from '@temporalio/client';

import { startChild, type Child, type ChildPlace } from './children.ts';
import type { Home } from './home.ts';
import { requireFreePort } from './ports.ts';
import { programCache } from './postgres-folder.ts';
import { temporalBinary } from './temporal-binary.ts';

/** By these the Web UI and the command line find the runs of a domain, a product, a stage, a trigger. */
export const SEARCH_ATTRIBUTES = ['WeftDomain', 'WeftProduct', 'WeftStage', 'WeftTrigger'];

/**
 * A development server polls its own queues slowly; with these, six chained activities take 121 ms instead of 650.
 * More would only spin.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
];

/** SQLite's database and what it keeps beside it. */
const SIDE_FILES = ['', '-wal', '-shm', '-journal'];

const STOP = [{ signal: 'SIGTERM', patienceMs: 10_000 }] as const;

export interface TemporalOptions {
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress?: (line: string) => void;
}

export interface Temporal {
  readonly child: Child;
  readonly address: string;
  readonly uiUrl: string;
}

/** Starts a Temporal development server with its database in WEFT_HOME/temporal.db; ready when its namespace answers. */
export async function startTemporal(home: Home, place: ChildPlace, options: TemporalOptions): Promise<Temporal> {
  await requireFreePort('Temporal', options.port, 'WEFT_TEMPORAL_PORT');
  await requireFreePort('the Temporal Web UI', options.uiPort, 'WEFT_TEMPORAL_UI_PORT');
  const command = await temporalBinary({
    env: options.env,
    home: home.folder,
    cache: programCache(options.env),
    progress: options.progress ?? (() => {}),
    ...(place.signal === undefined ? {} : { signal: place.signal }),
  });
  const database = join(home.folder, 'temporal.db');
  const made = join(home.folder, 'temporal.made');
  // A first start that was killed leaves a database without its tables, with which no server starts again.
  if (!existsSync(made)) for (const suffix of SIDE_FILES) rmSync(database + suffix, { force: true });
  const address = `127.0.0.1:${options.port}`;
  const child = await startChild(
    {
      name: 'temporal',
      title: 'Temporal',
      command,
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port)],
        ...['--ui-port', String(options.uiPort), '--db-filename', database],
        ...(options.namespace === 'default' ? [] : ['--namespace', options.namespace]),
        ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
        ...DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
      ],
      cwd: home.folder,
      env: options.env,
      isReady: (signal) => serves(address, options.namespace, signal),
      readyWithinMs: 60_000,
      stop: STOP,
    },
    place,
  );
  for (const suffix of SIDE_FILES) makePrivate(database + suffix);
  closeSync(openSync(made, 'a', 0o600));
  return { child, address, uiUrl: `http://127.0.0.1:${options.uiPort}` };
}

/** Resolves when a server answers for the namespace with all search attributes; refuses nothing: the signal ends it. */
async function serves(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let connection: Connection | null = null;
    try {
      connection = await Connection.connect({ address, connectTimeout: 1_000 });
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      if (SEARCH_ATTRIBUTES.every((name) => customAttributes[name] !== undefined)) return;
    } catch {
      // Not yet.
    } finally {
      await connection?.close();
    }
    await sleep(50);
  }
}

/** What workflows were given stands in it. */
function makePrivate(file: string): void {
  if (existsSync(file)) chmodSync(file, 0o600);
}
