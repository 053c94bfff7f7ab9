import { delimiter, resolve } from 'node:path';

import { openPool } from '../../schema/ledger/connect.ts';
import { migrate } from '../../schema/ledger/migrate.ts';
import { READER, roleUrl } from '../../schema/ledger/roles.ts';
import { startChild, type Child, type ChildPlace, type ChildSpec } from './children.ts';
import { upConfig, type UpConfig } from './config.ts';
import { loadExamples } from './examples.ts';
import { StartFailure } from './failure.ts';
import { graphClient } from './graph-client.ts';
import { adminKey, homeFolder, openHome, writeUpFile, type Home, type UpFile } from './home.ts';
import { nodeChild } from './node-child.ts';
import { freePort, isPortFree, requireFreePort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { showProgress, type Output, type Progress } from './progress.ts';
import { aborted, onSignals } from './signals.ts';
import { startTemporal } from './temporal.ts';
import { workerChild } from './worker-child.ts';
import { withoutEmpty } from '../../schema/without-empty.ts';

export interface UpOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
}

/** What runs, in the order of its start, and what is known of it. */
interface Mesh {
  readonly config: UpConfig;
  readonly home: Home;
  readonly place: ChildPlace & { readonly signal: AbortSignal };
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly children: Map<ChildName, Child>;
}

type ChildName = 'gateway' | 'worker' | 'places' | 'temporal' | 'postgres';

/** First who takes requests, then who works, then what they stand on. */
const STOP_ORDER: readonly ChildName[] = ['gateway', 'worker', 'places', 'temporal', 'postgres'];

/**
 * Starts all that Weft needs on this machine and keeps it running until it is asked to end; resolves with the exit
 * code: 0 after an orderly stop, 1 where it could not start or go on (said in one sentence), 130 where it was cut short.
 */
export async function up({ env, out }: UpOptions): Promise<number> {
  const progress = showProgress(out);
  const ending = new AbortController();
  const children = new Map<ChildName, Child>();
  let home: Home | null = null;
  const unlisten = onSignals(
    () => ending.abort(),
    () => void Promise.resolve(home?.registry.killAll()).finally(() => process.exit(130)),
  );
  let isReady = false;
  try {
    const config = upConfig(env);
    home = await openHome(homeFolder(env), (line) => progress.note(line));
    const place = {
      logs: home.logs,
      registry: home.registry,
      signal: ending.signal,
      onRestart: (line: string) => progress.note(line),
      onGiveUp: (failure: StartFailure) => ending.abort(failure),
    };
    await start({ config, home, place, env, progress, children }, out);
    isReady = true;
    await aborted(ending.signal);
    if (ending.signal.reason instanceof StartFailure) throw ending.signal.reason;
    return 0;
  } catch (error) {
    const reason: unknown = ending.signal.reason;
    if (ending.signal.aborted && !(reason instanceof StartFailure)) return isReady ? 0 : 130;
    ending.abort();
    out.write(`✗ ${sentenceOf(reason ?? error, env)}\n`);
    return 1;
  } finally {
    if (children.size > 0) progress.note('Stopping');
    for (const name of STOP_ORDER) await children.get(name)?.stop();
    unlisten();
  }
}

/** The story: database, orchestrator, processes, example mesh, first data. */
async function start(mesh: Mesh, out: Output): Promise<void> {
  const { config, home, env, progress, place } = mesh;
  const host = isAnyAddress(config.HOST) ? '127.0.0.1' : config.HOST;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${config.PORT}`;
  await requireFreePort('the gateway', config.PORT, 'PORT', config.HOST);
  const runsHere: UpFile = {
    pid: process.pid,
    url,
    temporalUiUrl: null,
    ready: false,
    ports: { gateway: config.PORT },
  };
  writeUpFile(home.folder, runsHere);

  const database = config.DATABASE_URL ?? (await embeddedPostgres(mesh));
  await progress.step(
    'Preparing the ledger',
    () => prepareLedger(database),
    () => 'Ledger is up to date',
  );
  const temporal =
    config.TEMPORAL_ADDRESS === undefined
      ? await embeddedTemporal(mesh)
      : { address: config.TEMPORAL_ADDRESS, uiUrl: config.WEFT_TEMPORAL_UI_URL ?? null };

  const key = adminKey(home.folder, config.WEFT_ADMIN_KEY);
  const shared: NodeJS.ProcessEnv = {
    // In each process the same are set.
    ...withoutEmpty(env),
    APOLLO_TELEMETRY_DISABLED: 'true',
    HOST: config.HOST,
    WEFT_HOME: home.folder,
    WEFT_FILE_ROOTS: absolute(config.WEFT_FILE_ROOTS),
    WEFT_DELIVERY_ROOTS: absolute(config.WEFT_DELIVERY_ROOTS),
    // Children stand in another folder.
    ...(config.WEFT_POLICIES !== undefined && { WEFT_POLICIES: resolve(config.WEFT_POLICIES) }),
    DATABASE_URL: database,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: config.TEMPORAL_NAMESPACE,
    ...(temporal.uiUrl === null ? {} : { WEFT_TEMPORAL_UI_URL: temporal.uiUrl }),
  };
  const places = config.WEFT_EXAMPLES === 'on' ? await placesPort(mesh) : null;
  await all([
    run(mesh, 'worker', workerChild(shared), 'Worker'),
    run(
      mesh,
      'gateway',
      nodeChild('gateway', 'the gateway', 'gateway/main.ts', {
        ...shared,
        PORT: String(config.PORT),
        WEFT_ADMIN_KEY: key,
      }),
      `Gateway on ${url}`,
    ),
    ...(places === null
      ? []
      : [run(mesh, 'places', placesChild(shared, database, places), `Example service on port ${places}`)]),
  ]);
  const missing =
    places === null ? null : await loadExamples(graphClient(url, key, place.signal), places, progress, place.signal);
  writeUpFile(home.folder, {
    ...runsHere,
    temporalUiUrl: temporal.uiUrl,
    ready: true,
    ports: {
      gateway: config.PORT,
      ...portOf('postgres', database),
      ...portOf('temporal', `temporal://${temporal.address}`),
      ...(places === null ? {} : { places }),
    },
  });
  out.write(
    [
      '',
      `  Console       ${url}/`,
      `  GraphQL       ${url}/graphql`,
      ...(temporal.uiUrl === null ? [] : [`  Temporal      ${temporal.uiUrl}`]),
      `  Admin key     ${config.WEFT_ADMIN_KEY === undefined ? `in ${home.folder}/admin.key` : 'as WEFT_ADMIN_KEY says'}`,
      '',
      missing === null ? 'Weft is ready. Ctrl-C stops it.' : `Weft is ready, but without all examples: ${missing}`,
      '',
    ].join('\n'),
  );
}

async function embeddedPostgres({ home, place, config, env, progress, children }: Mesh): Promise<string> {
  const postgres = await progress.step(
    'Starting PostgreSQL',
    () => startPostgres(home, place, { port: config.WEFT_POSTGRES_PORT, env, progress: (line) => progress.note(line) }),
    ({ version, port }) => `PostgreSQL ${version} on 127.0.0.1:${port}`,
  );
  children.set('postgres', postgres.child);
  return postgres.url;
}

async function embeddedTemporal({ home, place, config, env, progress, children }: Mesh) {
  const temporal = await progress.step(
    'Starting Temporal',
    () =>
      startTemporal(home, place, {
        port: config.WEFT_TEMPORAL_PORT,
        uiPort: config.WEFT_TEMPORAL_UI_PORT,
        namespace: config.TEMPORAL_NAMESPACE,
        env,
        progress: (line) => progress.note(line),
      }),
    ({ address }) => `Temporal on ${address}`,
  );
  children.set('temporal', temporal.child);
  return { address: temporal.address, uiUrl: config.WEFT_TEMPORAL_UI_URL ?? temporal.uiUrl };
}

async function run(mesh: Mesh, name: ChildName, spec: ChildSpec, result: string): Promise<void> {
  const { place, progress, children } = mesh;
  try {
    const start = () => startChild(spec, place);
    children.set(name, await progress.step(`Starting ${spec.title}`, start, () => result));
  } catch (error) {
    // Those that start beside it need not come up first to be ended.
    if (error instanceof StartFailure && !place.signal.aborted) place.onGiveUp?.(error);
    throw error;
  }
}

/** Waits for every start, so that none is left behind by another's failure, and then refuses with the first. */
async function all(starts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(starts);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function prepareLedger(database: string): Promise<void> {
  const pool = openPool(database, { name: 'weft up', max: 1 });
  try {
    await migrate(pool);
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : String(error);
    throw new StartFailure(`The ledger could not be prepared in ${withoutPassword(database)}: ${why}.`, error);
  } finally {
    await pool.end();
  }
}

/** A domain team's own service: it gets the reader's login and no key. */
function placesChild(shared: NodeJS.ProcessEnv, database: string, port: number): ChildSpec {
  const { WEFT_ADMIN_KEY: _, ...env } = shared;
  return nodeChild('places', 'the example service', 'subgraphs/domains/geography/places/service/main.ts', {
    ...env,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: roleUrl(database, READER),
  });
}

async function placesPort({ config, progress }: Mesh): Promise<number> {
  if (config.PLACES_PORT !== 0 && (await isPortFree(config.PLACES_PORT))) return config.PLACES_PORT;
  const port = await freePort();
  if (config.PLACES_PORT !== 0) progress.note(`Port ${config.PLACES_PORT} is busy: the example service takes ${port}`);
  return port;
}

/** Folders as they are seen from where one stands: the children stand in the checkout. */
function absolute(folders: string): string {
  const given = folders.split(delimiter).filter((folder) => folder !== '');
  return given.map((folder) => resolve(folder)).join(delimiter);
}

function portOf(name: string, url: string): Record<string, number> {
  const port = Number(new URL(url).port);
  return port === 0 ? {} : { [name]: port };
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function withoutPassword(database: string): string {
  const url = new URL(database);
  url.password = '';
  return url.href;
}

function sentenceOf(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error);
  if (env['WEFT_DEBUG'] !== undefined && env['WEFT_DEBUG'] !== '') return error.stack ?? error.message;
  return error instanceof StartFailure ? error.message : `Unexpected: ${error.message} (WEFT_DEBUG=1 shows more)`;
}
