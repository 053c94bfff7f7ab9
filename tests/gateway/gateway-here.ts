import pino from 'pino';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { GatewayConfig } from '../../gateway/config.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { productId, type RunId, sqlName } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { addVersion, nextVersion } from '../../schema/ledger/datasets.ts';
import { goLive } from '../../schema/ledger/go-live.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { saveQuality } from '../../schema/ledger/quality.ts';
import { requestRun, requireRun, startRun, succeedRun } from '../../schema/ledger/runs.ts';
import { lockHead } from '../../schema/ledger/supergraphs.ts';
import { POLICIES } from '../../schema/policies/policies.ts';
import type { OpenSubgraph } from '../../schema/reading.ts';
import { openSubgraph } from '../../subgraphs/managed/open-subgraph.ts';
import { openRegistered } from '../../subgraphs/registered/open-registered.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';

/** JSON of any shape: an assertion that is wrong about it fails the test. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Tree = any;

export const KEY = 'weft_admin_of_this_test';
/** What is kept of a refusal too, and what is counted of traffic. */
const NOT_COUNTED = ['decisions', 'used_operations', 'operation_usage', 'coordinate_usage', 'product_reads'];

export interface Outcome {
  readonly __typename: 'Published' | 'Rejected' | 'Unchanged';
  readonly code?: string;
  readonly supergraph?: number;
  readonly products?: readonly {
    readonly id: string;
    readonly state?: string;
    readonly revision?: number;
    readonly run?: { id: string } | null;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
  }[];
}

export interface Answer {
  readonly status: number;
  readonly data: Tree;
  readonly errors?: readonly { message: string; path?: unknown; extensions: Record<string, Tree> }[];
  readonly extensions?: { readonly dataProducts: readonly Record<string, unknown>[] };
}

/** A gateway as tests ask it, wherever it runs, and its database. */
export interface GatewayAt {
  readonly url: string;
  readonly database: TestDatabase;
  ask(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** With the admin key. */
  order(query: string, variables?: object): Promise<Answer>;
  publish(folders: readonly ProductFolder[], options?: PublishHere): Promise<Outcome>;
  /** Makes rows of an object of the product its next dataset version, by SQL: `values ('a', 1)`; a pending revision goes live with it. */
  load(product: string, object: string, columns: string, values: string, failedWarning?: string): Promise<RunId>;
  /** Rows of every table of the ledger but of decisions, which keep refusals too: to see that nothing was changed. */
  ledger(): Promise<Record<string, number>>;
}

/** A gateway in this process, over a database of its own. */
export interface GatewayHere extends GatewayAt {
  /** What the log had of warnings and faults. */
  readonly log: readonly Record<string, Tree>[];
  close(): Promise<void>;
}

interface PublishHere {
  readonly refresh?: boolean;
  readonly check?: boolean;
  /** With composition's hints and the warnings of the platform's policies: products of tests say no more than what is tested. */
  readonly governance?: boolean;
}

const ADVICE = new Set(POLICIES.map(({ id }) => id));

export interface HereOptions {
  readonly loopbackOnly?: boolean;
  /** Another gateway's, which drops it. */
  readonly database?: TestDatabase;
  readonly config?: Partial<GatewayConfig>;
  /** Stands between the gateway and the opening of managed subgraphs. */
  readonly opening?: (open: OpenSubgraph) => OpenSubgraph;
}

export async function gatewayHere(options: HereOptions = {}): Promise<GatewayHere> {
  const database = options.database ?? (await cloneDatabase());
  const opening = options.opening ?? ((open) => open);
  const log: Record<string, Tree>[] = [];
  const gateway = await openGateway({
    config: {
      host: '127.0.0.1',
      port: 0,
      databaseUrl: database.url,
      adminKey: KEY,
      loopbackOnly: options.loopbackOnly ?? true,
      allowedHosts: [],
      fileRoots: [],
      // Tests take away what they have asked for; those of that say otherwise.
      usageDays: 0,
      variants: {},
      policies: fileURLToPath(new URL('../fixtures/policies.yaml', import.meta.url)),
      answerCacheBytes: 0,
      operations: { file: null, only: false },
      subscriptionsMax: 1_000,
      slowMs: 10_000,
      codec: null,
      secrets: () => null,
      traces: null,
      costMax: null,
      ...options.config,
      temporalUi: { url: 'http://127.0.0.1:8233', namespace: 'default' },
    },
    openSubgraphs: (pools) => opening(openSubgraph(pools)),
    openRegistered,
    logger: pino({ level: 'warn' }, { write: (line: string) => void log.push(JSON.parse(line)) }),
  });
  return {
    ...gatewayAt(gateway.url, database),
    log,
    close: async () => {
      await gateway.close();
      if (options.database === undefined) await database.drop();
    },
  };
}

/** What tests do with a gateway that answers at `url`, with the admin key `KEY`. */
export function gatewayAt(url: string, database: TestDatabase): GatewayAt {
  const ask: GatewayAt['ask'] = async (query, variables = {}, headers = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
  };
  const order: GatewayAt['order'] = (query, variables) => ask(query, variables, { authorization: `Bearer ${KEY}` });
  return {
    url,
    database,
    ask,
    order,
    publish: async (products, { refresh = false, check = false, governance = false } = {}) => {
      const answer = await order(check ? CHECK : PUBLISH, check ? { products } : { products, refresh });
      if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join('\n'));
      const outcome = answer.data.outcome as Outcome;
      const findings = outcome.findings.filter(
        ({ code, severity }) => severity === 'ERROR' || !(ADVICE.has(code) || severity === 'HINT'),
      );
      return governance ? outcome : { ...outcome, findings };
    },
    load: (...row) => load(database, ...row),
    ledger: async () => {
      const tables = await database.pool.query<{ name: string }>(
        `select table_name as name from information_schema.tables where table_schema = 'weft' and table_name <> all($1) order by 1`,
        [NOT_COUNTED],
      );
      const counts = tables.rows.map(async ({ name }) => {
        const { rows } = await database.pool.query<{ rows: number }>(`select count(*)::int as rows from weft.${name}`);
        return [name, rows[0]!.rows] as const;
      });
      return Object.fromEntries(await Promise.all(counts));
    },
  };
}

const OUTCOME = `{
  __typename
  ... on Published { supergraph products { id state revision run { id } } findings { ...F } }
  ... on Rejected { code findings { ...F } }
  ... on Unchanged { products { id } findings { ...F } }
} }
fragment F on Finding { code severity message file line }`;
const PUBLISH = `mutation ($products: [ProductFolder!]!, $refresh: Boolean) { outcome: publish(products: $products, refresh: $refresh) ${OUTCOME}`;
const CHECK = `mutation ($products: [ProductFolder!]!) { outcome: check(products: $products) ${OUTCOME}`;

/** What the worker does, without a worker: a table, and the version that points at it. */
async function load(database: TestDatabase, ...row: Parameters<GatewayAt['load']>): Promise<RunId> {
  const [product, object, columns, values, failedWarning] = row;
  const id = productId(product)!;
  const schema = sqlName(product.split('/')[0]!);
  await database.pool.query(
    `create schema if not exists "${schema}"; grant usage on schema "${schema}" to weft_reader`,
  );
  return transaction(database.pool, async (trx) => {
    const ask = { runId: randomUUID() as RunId, productId: id, trigger: 'manual', requestedBy: 'test' } as const;
    const { runId } = await requestRun(trx, ask);
    await startRun(trx, runId, {});
    const { revision } = await requireRun(trx, runId);
    await lockHead(trx);
    if ((await revisionIn(trx, id, 'pending'))?.revision === revision)
      await goLive(trx, { ready: [id], cause: 'test' });
    const version = await nextVersion(trx, id);
    const table = sqlName(`${object}__${version}`);
    await trx.query(`create table "${schema}"."${table}" (${columns}); insert into "${schema}"."${table}" ${values};
                     grant select on "${schema}"."${table}" to weft_reader`);
    const { rowCount } = await trx.query(`select 1 from "${schema}"."${table}"`);
    const result = {
      object,
      property: null,
      severity: 'warning',
      outcome: 'failed',
      measured: '1',
      expected: '0',
      samples: [],
    } as const;
    if (failedWarning !== undefined)
      await saveQuality(trx, runId, [{ ...result, rule: failedWarning, description: null }]);
    await addVersion(trx, {
      productId: id,
      version,
      revision,
      runId,
      tables: { [object]: { table, rows: rowCount ?? 0 } },
    });
    await succeedRun(trx, runId, version);
    return runId;
  });
}
