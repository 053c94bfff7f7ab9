/**
 * `npm run bench:query`: Weft beside its peers and the limit, on the same rows in one Postgres, by turns; CPU of all processes a
 * request is the figure that travels. A server that answers otherwise than the others is not measured: the bench ends.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../gateway/up/ports.ts';
import { startAdvice, startApollo, startSubgraphs } from './apollo.ts';
import { hiveRouter } from './hive-router.ts';
import { startLimit, startLimitOfWeft } from './limit.ts';
import type { LimitStatement } from './limit/statements.ts';
import { startLoad } from './load.ts';
import { type Cell, measure } from './measure.ts';
import { benchOptions, USAGE } from './options.ts';
import { installPeers } from './peers.ts';
import { openPlace, type Started } from './place.ts';
import { profileOf } from './profile.ts';
import { QUERIES, QUERY_NAMES, type QueryName } from './queries.ts';
import { coldTable, line, machine, markdown } from './report.ts';
import { requireSameAnswers } from './same-answers.ts';
import { oneStatement, statementsOf } from './sent-statements.ts';
import type { Server } from './server.ts';
import { ask, startWeft, type Weft } from './weft.ts';

const SERVERS = [
  'weft',
  'limit',
  'limit-weft',
  'apollo',
  'hive-js',
  'hive-rust',
  'hive-weft',
  'hive-router',
  'hive-router-weft',
  'postgraphile',
  'mercurius',
] as const;
type ServerName = (typeof SERVERS)[number];

const options = benchOptions(process.argv.slice(2), process.env);
const say = (text: string): void => console.log(text);
if (options.help) say(USAGE);
else
  await bench().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });

async function bench(): Promise<void> {
  const queries = QUERY_NAMES.filter((name) => options.only.length === 0 || options.only.includes(name));
  const usual = SERVERS.filter((name) => options.hiveRouter !== null || !name.startsWith('hive-router'));
  const names = options.servers.length === 0 ? usual : options.servers.map(known);
  const place = await openPlace({ keep: options.keep, scale: options.scale, say });
  const load = startLoad();
  const close = async (): Promise<void> => {
    load.stop();
    await place.close();
  };
  const interrupted = (): void => void close().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  try {
    const advice = await startAdvice(place);
    const inspector = options.profile === null ? null : await freePort();
    const weft = await startWeft(place, {
      adviceUrl: advice.url,
      scale: options.scale,
      answerCache: options.answerCache,
      say,
      nodeOptions: inspector === null ? [] : [`--inspect=127.0.0.1:${inspector}`],
    });
    if (inspector !== null) {
      for (const query of queries) await profile(query, serverOf(weft, advice), inspector);
      return;
    }
    const servers = await start(names, { advice, weft });
    if (options.show) for (const query of queries) await show(query, weft);
    const results = new Map<QueryName, Map<string, Cell>>();
    for (const query of queries) {
      const able = servers.filter((server) => server.queries.includes(query));
      await requireSameAnswers(query, able, place.rows);
      if (options.show) continue;
      const cells = await measure({ place, load, options }, query, able);
      results.set(query, cells);
      for (const [name, cell] of cells) say(line(query, name, cell));
    }
    const cold = options.cold ? await measureCold(servers, queries) : new Map<QueryName, Map<string, Cell>>();
    const tables = (all: boolean): string =>
      [
        machine(place.postgres.version),
        markdown(results, servers, all),
        ...(cold.size > 0 ? [coldTable(cold, servers)] : []),
      ].join('\n\n');
    if (results.size > 0) say(`\n${tables(true)}`);
    if (options.markdown !== null) writeFileSync(options.markdown, `${tables(false)}\n`);
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await close();
  }

  async function start(
    wanted: readonly ServerName[],
    { advice, weft }: { advice: Started; weft: Weft },
  ): Promise<Server[]> {
    const needs = (pattern: RegExp): boolean => wanted.some((name) => pattern.test(name));
    const ordinary = needs(/^(apollo|hive-(js|rust|router))$/) ? await startSubgraphs(place, advice) : null;
    const peers = needs(/^(hive-(js|rust|weft)|postgraphile|mercurius)$/) ? await installPeers(place, say) : null;
    const router = hiveRouter(place, options.hiveRouter);
    const starters: Record<ServerName, () => Promise<Server>> = {
      weft: async () => serverOf(weft, advice),
      limit: () => startLimit(place, advice),
      'limit-weft': async () => startLimitOfWeft(place, advice, await statements(weft)),
      apollo: () => startApollo(place, ordinary!),
      'hive-js': () => peers!.hive('js', ordinary!),
      'hive-rust': () => peers!.hive('rust', ordinary!),
      'hive-weft': () => peers!.hiveOfWeft(weft, advice),
      'hive-router': () => router.ordinary(ordinary!),
      'hive-router-weft': () => router.ofWeft(weft, advice),
      postgraphile: () => peers!.postgraphile(),
      mercurius: () => peers!.mercurius(),
    };
    const servers: Server[] = [];
    for (const name of wanted) servers.push(await starters[name]());
    return servers;
  }

  async function statements(weft: Weft): Promise<Partial<Record<QueryName, LimitStatement>>> {
    const found: Partial<Record<QueryName, LimitStatement>> = {};
    for (const query of queries) {
      const statement = await oneStatement(place, weft, query);
      if (statement !== null) found[query] = statement;
      else say(`${query}: Weft sends more than one statement, so limit-weft has none`);
    }
    return found;
  }

  async function show(query: QueryName, weft: Weft): Promise<void> {
    const { text, variables } = QUERIES[query];
    const sent = await statementsOf(place, () => ask(weft.url, text.weft!, variables(1, place.rows)));
    say(`\n${query}: ${sent.length} statements`);
    for (const statement of sent) say(`${statement.text}\n  ${JSON.stringify(statement.parameters)}`);
  }

  async function profile(query: QueryName, weft: Server, port: number): Promise<void> {
    const { seconds, connections } = options;
    const under = { place, load, options: { rounds: 1, connections, seconds } };
    mkdirSync(options.profile!, { recursive: true });
    await measure({ ...under, options: { ...under.options, seconds: 1 } }, query, [weft]);
    let cells = new Map<string, Cell>();
    const file = join(options.profile!, `${query}.cpuprofile`);
    const top = await profileOf(port, file, async () => (cells = await measure(under, query, [weft])));
    for (const [name, cell] of cells) say(line(query, name, cell));
    say(`${top}\n`);
  }

  /** Operations whose text is new each time, on Weft and stock Apollo: another alias in each. */
  async function measureCold(
    servers: readonly Server[],
    asked: readonly QueryName[],
  ): Promise<Map<QueryName, Map<string, Cell>>> {
    const two = servers.filter(({ name }) => name === 'weft' || name === 'apollo');
    const results = new Map<QueryName, Map<string, Cell>>();
    for (const query of asked.filter((name) => name === 'q1' || name === 'q2')) {
      const cells = await measure({ place, load, options }, query, two, true);
      results.set(query, cells);
      for (const [name, cell] of cells) say(line(`${query} cold`, name, cell));
    }
    return results;
  }
}

function serverOf(weft: Weft, advice: Started): Server {
  return {
    name: 'weft',
    title: '**Weft**',
    url: `${weft.url}/graphql`,
    headers: {},
    dialect: 'weft',
    queries: QUERY_NAMES,
    processes: { gateway: [weft.pid], subgraphs: [advice.pid] },
  };
}

function known(name: string): ServerName {
  const found = SERVERS.find((server) => server === name);
  if (found === undefined) throw new Error(`--servers ${name}: there are ${SERVERS.join(', ')}.`);
  return found;
}
