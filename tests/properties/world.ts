import { fileURLToPath } from 'node:url';
import type { ManagedProducts, Mesh, SchemaObject } from '../../schema/contract/model.ts';
import { columnType, createTable, tableConstraints, tableIndexes } from '../../schema/contract/tables.ts';
import { domainOf, quoted, sqlName, type ProductId, type RunId, type SqlName } from '../../schema/ids.ts';
import { openPool, type Pool } from '../../schema/ledger/connect.ts';
import type { LiveDataset } from '../../schema/ledger/datasets.ts';
import type { ReaderPools } from '../../schema/reading.ts';
import { linkedMesh } from '../subgraphs/managed/mesh.ts';
import { cloneDatabase } from '../testkit/database.ts';
import type { Dataset, GivenRow } from './data.ts';
import type { Row, Rows } from './oracle/rows.ts';
import { withDimensions } from './oracle/semantics.ts';
import type { Stored } from './oracle/values.ts';

const FOLDER = fileURLToPath(new URL('./mesh', import.meta.url));
const FOLDERS = ['network/airports', 'network/countries', 'operations/flights', 'repair/orders'];

/** The same rows in the database and in memory. */
export interface Loaded {
  readonly datasets: ReadonlyMap<ProductId, LiveDataset>;
  readonly rows: Rows;
}

/** The mesh of this folder, and tables for it. */
export interface World {
  readonly mesh: Mesh;
  /** All of its products as one. */
  readonly products: ManagedProducts;
  readonly pools: ReaderPools;
  /** Puts rows in place of those before. */
  fill(dataset: Dataset): Promise<Loaded>;
  close(): Promise<void>;
}

export function propertyMesh(): { mesh: Mesh; products: ManagedProducts } {
  const mesh = linkedMesh(FOLDER, FOLDERS);
  const domains = [...mesh.domains.values()];
  const products = domains.flatMap((domain) => domain.products);
  return { mesh, products: { products, references: domains.flatMap(({ references }) => references) } };
}

export async function openWorld(): Promise<World> {
  const { mesh, products } = propertyMesh();
  const database = await cloneDatabase();
  const owner = database.pool;
  const pools = {
    quick: openPool(database.url, { name: 'quick', max: 4 }),
    slow: openPool(database.url, { name: 'slow', max: 2 }),
  };
  const tables = products.products.flatMap((product) => {
    const schema = sqlName(domainOf(product.id));
    return product.objects.map((object) => ({ object, at: { schema, table: `${object.table}__1` as SqlName } }));
  });
  for (const domain of mesh.domains.keys()) await owner.query(`create schema ${quoted(sqlName(domain))}`);
  for (const { object, at } of tables)
    for (const statement of [createTable(object, at), ...tableConstraints(object, at), ...tableIndexes(object, at)])
      await owner.query(statement);

  return {
    mesh,
    products,
    pools,
    fill: async (dataset) => {
      await owner.query(`truncate ${tables.map(({ at }) => quoted(at.schema, at.table)).join(', ')}`);
      const rows = new Map<string, readonly Row[]>();
      for (const { object, at } of tables) {
        const table = quoted(at.schema, at.table);
        await insert(owner, object, table, dataset.get(object.type) ?? []);
        rows.set(object.type, await written(object, table));
      }
      const live = products.products.filter(({ objects }) => objects.some(({ type }) => dataset.has(type)));
      return { rows, datasets: new Map(live.map(({ id, objects }) => [id, liveDataset(id, objects)])) };
    },
    async close() {
      await Promise.all([pools.quick.end(), pools.slow.end()]);
      await database.drop();
    },
  };

  /** The rows as Postgres writes them, and their dimensions as the oracle does. */
  async function written(object: SchemaObject, table: string): Promise<Row[]> {
    const columns = object.properties.map(({ column, list }) => `${quoted(column)}::text${list ? '[]' : ''}`);
    const client = await owner.connect();
    try {
      await client.query(`set timezone to 'UTC'`);
      const query = { text: `select ${columns.join(', ')} from ${table}`, rowMode: 'array' as const };
      const { rows } = await client.query<Stored[]>(query);
      const named = rows.map((values) => new Map(values.map((value, at) => [object.properties[at]!.name, value])));
      return named.map((row) => withDimensions(object, row));
    } finally {
      client.release();
    }
  }
}

/** Rows as they are given; Postgres reads each value from its text. */
async function insert(
  pool: Pool,
  { properties }: SchemaObject,
  table: string,
  rows: readonly GivenRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const values: unknown[] = [];
  const tuples = rows.map((row) => {
    const places = properties.map((property) => {
      values.push(row[property.name]);
      return `$${values.length}::text${property.list ? '[]' : ''}::${columnType(property)}`;
    });
    return `(${places.join(', ')})`;
  });
  await pool.query(`insert into ${table} values ${tuples.join(', ')}`, values);
}

function liveDataset(productId: ProductId, objects: readonly SchemaObject[]): LiveDataset {
  const tables = objects.map(({ name, table }) => [name, { table: `${table}__1` as SqlName, rows: 0 }]);
  return {
    productId,
    version: 1,
    revision: 1,
    runId: 'r' as RunId,
    tables: Object.fromEntries(tables),
    publishedAt: new Date(0),
    confirmedAt: null,
    droppedAt: null,
    failedWarnings: [],
  };
}
