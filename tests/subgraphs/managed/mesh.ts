import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type pg from 'pg';
import { linkMesh } from '../../../schema/contract/link.ts';
import type { Mesh, Product, SchemaObject } from '../../../schema/contract/model.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { createTable, tableConstraints, tableIndexes } from '../../../schema/contract/tables.ts';
import {
  domainOf,
  quoted,
  sqlName,
  type DomainId,
  type ProductId,
  type RunId,
  type SqlName,
} from '../../../schema/ids.ts';
import { openPool, type Pool } from '../../../schema/ledger/connect.ts';
import type { LiveDataset } from '../../../schema/ledger/datasets.ts';
import type { ManagedSubgraph, SubgraphRequest } from '../../../schema/reading.ts';
import type { Limits } from '../../../subgraphs/managed/limits.ts';
import { openSubgraph } from '../../../subgraphs/managed/open-subgraph.ts';
import { cloneDatabase } from '../../testkit/database.ts';

const FOLDER = fileURLToPath(new URL('./mesh', import.meta.url));

/** An answer, to be taken apart freely: a wrong step fails the test. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Tree = any;

export type Row = Readonly<Record<string, unknown>>;

/** The products of `tests/subgraphs/managed/mesh`, linked. */
export function testMesh(): Mesh {
  return linkedMesh(FOLDER, ['network/airports', 'operations/flights', 'operations/notices']);
}

/** Products whose folders lie in `parent`, linked. */
export function linkedMesh(parent: string, folders: readonly string[]): Mesh {
  const products = folders.map((folder): Product => {
    const files = readdirSync(`${parent}/${folder}`).map((path) => ({
      path,
      text: readFileSync(`${parent}/${folder}/${path}`, 'utf8'),
    }));
    const { product, findings } = readProduct(files, { folder: folder.split('/')[1]! });
    if (product === null) throw new Error(JSON.stringify(findings));
    return product;
  });
  const { mesh, findings } = linkMesh(products);
  if (findings.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(findings));
  return mesh;
}

/** A database with tables of the test mesh, and its subgraphs over it. */
export interface TestMesh {
  readonly mesh: Mesh;
  /** As the owner, for rows and for what SQL says. */
  readonly owner: Pool;
  /** The pool that the subgraphs read by what is quick. */
  readonly pool: Pool;
  readonly slow: Pool;
  /** Statements that the subgraphs sent since the last look. */
  statements(): { text: string; values: readonly unknown[] }[];
  /** Makes the next version of an object's table, with rows by property name, and pins it. */
  load(product: string, object: string, rows: readonly Row[]): Promise<void>;
  request(
    domain: string,
    request: SubgraphRequest,
    options?: { signal?: AbortSignal },
  ): Promise<ExecutionResult & { productsRead: string[] }>;
  /** The data; throws on errors. */
  ask(domain: string, query: string, variables?: Row): Promise<Tree>;
  /** Message, code and path of each error. */
  errors(domain: string, query: string, variables?: Row): Promise<{ message: string; code: unknown; path: unknown }[]>;
  close(): Promise<void>;
}

export async function openTestMesh(options: { limits?: Limits; max?: number } = {}): Promise<TestMesh> {
  const mesh = testMesh();
  const database = await cloneDatabase();
  const pool = openPool(database.url, { name: 'reader', max: options.max ?? 4 });
  const slow = openPool(database.url, { name: 'slow reader', max: options.max ?? 4 });
  const sent = watched(pool);
  const open = openSubgraph({ quick: pool, slow }, options.limits);
  const subgraphs = new Map<string, ManagedSubgraph>(
    [...mesh.domains.values()].map((model) => [model.domain, open(model)]),
  );
  const datasets = new Map<ProductId, LiveDataset>();
  for (const domain of mesh.domains.keys()) await database.pool.query(`create schema ${quoted(sqlName(domain))}`);

  const request: TestMesh['request'] = async (domain, body, { signal = new AbortController().signal } = {}) => {
    const productsRead = new Set<ProductId>();
    const answer = await subgraphs.get(domain)!.execute(body, { datasets, productsRead, signal });
    const result = 'json' in answer ? { data: JSON.parse(answer.json) } : answer;
    return { ...result, productsRead: [...productsRead].sort() };
  };
  return {
    mesh,
    owner: database.pool,
    pool,
    slow,
    statements: () => sent.splice(0),
    async load(id, name, rows) {
      const product = mesh.products.get(id as ProductId)!;
      const object = product.objects.find((candidate) => candidate.name === name)!;
      const before = datasets.get(product.id);
      const version = (before?.version ?? 0) + 1;
      const at = { schema: sqlName(domainOf(product.id)), table: `${object.table}__${version}` as SqlName };
      await database.pool.query(createTable(object, at));
      await insert(database.pool, object, at, rows);
      for (const statement of [...tableConstraints(object, at), ...tableIndexes(object, at)])
        await database.pool.query(statement);
      await database.pool.query(`analyze ${quoted(at.schema, at.table)}`);
      const tables = { ...before?.tables, [name]: { table: at.table, rows: rows.length } };
      datasets.set(product.id, {
        productId: product.id,
        version,
        revision: 1,
        runId: 'r' as RunId,
        tables,
        publishedAt: new Date(),
        confirmedAt: null,
        droppedAt: null,
        failedWarnings: [],
      });
    },
    request,
    async ask(domain, query, variables = {}) {
      const { data, errors } = await request(domain, { query, variables });
      if (errors !== undefined) throw new Error(errors.map((error) => causeOf(error)).join('\n'));
      // Without the null prototypes that graphql-js makes.
      return JSON.parse(JSON.stringify(data));
    },
    async errors(domain, query, variables = {}) {
      const { errors = [] } = await request(domain, { query, variables });
      return errors.map(({ message, path, extensions }) => ({ message, code: extensions['code'], path }));
    },
    async close() {
      await pool.end();
      await slow.end();
      await database.drop();
    },
  };
}

function causeOf(error: GraphQLError): string {
  const cause = error.originalError?.cause;
  return cause instanceof Error ? cause.message : error.message;
}

/** Loads JSON rows; keys are property names. */
async function insert(
  pool: Pool,
  object: SchemaObject,
  at: { schema: SqlName; table: SqlName },
  rows: readonly Row[],
): Promise<void> {
  const json = rows.map((row) => {
    for (const name of Object.keys(row))
      if (!object.properties.some((property) => property.name === name))
        throw new Error(`${object.name} has no ${name}`);
    return Object.fromEntries(object.properties.map((property) => [property.column, row[property.name] ?? null]));
  });
  const table = quoted(at.schema, at.table);
  await pool.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`, [
    JSON.stringify(json),
  ]);
}

/** Notes every statement of the pool's clients but those that open a session. */
function watched(pool: Pool): { text: string; values: readonly unknown[] }[] {
  const sent: { text: string; values: readonly unknown[] }[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const noting = (...args: unknown[]): unknown => {
      const [first, values] = args;
      const statement =
        typeof first === 'string'
          ? { text: first, values: (values ?? []) as unknown[] }
          : (first as { text: string; values: unknown[] });
      if (!statement.text.includes('set_config')) sent.push({ text: statement.text, values: statement.values });
      return query(...args);
    };
    client.query = noting as pg.PoolClient['query'];
  });
  return sent;
}

/** The domain's id, for those who have it as text. */
export function domain(mesh: Mesh, name: string) {
  return mesh.domains.get(name as DomainId)!;
}
