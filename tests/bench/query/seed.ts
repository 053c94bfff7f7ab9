import { randomUUID } from 'node:crypto';
import type { Mesh, Product, SchemaObject } from '../../../schema/contract/model.ts';
import { columnList, createTable, tableConstraints, tableIndexes } from '../../../schema/contract/tables.ts';
import { domainOf, quoted, type RunId, type SqlName, sqlName } from '../../../schema/ids.ts';
import { type Pool, transaction } from '../../../schema/ledger/connect.ts';
import { addVersion, liveDataset, nextVersion, type DatasetTable } from '../../../schema/ledger/datasets.ts';
import { requestRun, requireRun, startRun, succeedRun } from '../../../schema/ledger/runs.ts';
import { liveMesh } from '../../../schema/ledger/mesh.ts';

/**
 * Makes the rows that each managed product's SQL says its first dataset version, with the constraints and indexes that a refresh
 * makes, and a view of each object's name for the peers. Products that have data are left.
 */
export async function seed(pool: Pool, scale: number, say: (line: string) => void): Promise<Mesh> {
  const mesh = await liveMesh(pool);
  for (const product of mesh.products.values()) {
    if (product.kind !== 'managed' || (await liveDataset(pool, product.id)) !== null) continue;
    const startedMs = performance.now();
    const rows = await load(pool, product, scale);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(`${product.id}: ${rows.toLocaleString('en')} rows in ${seconds} s`);
  }
  return mesh;
}

/** As the worker publishes a version, without a worker. */
async function load(pool: Pool, product: Product, scale: number): Promise<number> {
  const schema = sqlName(domainOf(product.id));
  await pool.query(
    `create schema if not exists ${quoted(schema)}; grant usage on schema ${quoted(schema)} to weft_reader`,
  );
  const tables: Record<string, DatasetTable> = {};
  for (const object of product.objects) {
    const at = { schema, table: `${object.table}__1` as SqlName };
    tables[object.name] = {
      table: at.table,
      rows: await fill(pool, object, at, scaled(rowsSql(product, object), scale)),
    };
  }
  await transaction(pool, async (trx) => {
    const ask = {
      runId: randomUUID() as RunId,
      productId: product.id,
      trigger: 'manual',
      requestedBy: 'bench',
    } as const;
    const { runId } = await requestRun(trx, ask);
    await startRun(trx, runId, {});
    const { revision } = await requireRun(trx, runId);
    const version = await nextVersion(trx, product.id);
    await addVersion(trx, { productId: product.id, version, revision, runId, tables });
    await succeedRun(trx, runId, version);
  });
  return Object.values(tables).reduce((sum, { rows }) => sum + rows, 0);
}

async function fill(
  pool: Pool,
  object: SchemaObject,
  at: { schema: SqlName; table: SqlName },
  rows: string,
): Promise<number> {
  const table = quoted(at.schema, at.table);
  await pool.query(`drop table if exists ${table} cascade`);
  await pool.query(createTable(object, at));
  const columns = columnList(object.properties);
  const { rowCount } = await pool.query(`insert into ${table} (${columns}) select ${columns} from (${rows}) as made`);
  for (const statement of [...tableConstraints(object, at), ...tableIndexes(object, at)]) await pool.query(statement);
  await pool.query(`grant select on ${table} to weft_reader`);
  await pool.query(`create view ${quoted(at.schema, object.table)} as select * from ${table}`);
  await pool.query(`vacuum (freeze, analyze) ${table}`);
  return rowCount ?? 0;
}

function rowsSql(product: Product, object: SchemaObject): string {
  const sql = product.transforms[object.name];
  if (sql === undefined) throw new Error(`${product.id} has no SQL for ${object.name}.`);
  return sql;
}

/** Whole numbers of six digits and more are counts of rows, as the SQL itself says. */
function scaled(sql: string, scale: number): string {
  return sql.replace(/\b\d{6,}\b/g, (count) => String(Math.round(Number(count) * scale)));
}
