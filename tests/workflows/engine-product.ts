import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Engine } from '../../schema/contract/engines.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import type { ProductId } from '../../schema/ids.ts';
import { withDuckdb } from '../../workflows/engines/duckdb.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshHere } from './refresh-here.ts';

/** A source of files, in the product's own folder. */
export interface EngineSource {
  readonly object: string;
  readonly format: 'csv' | 'parquet' | 'ndjson';
  /** Its text; of Parquet, DuckDB's SQL that yields its rows. */
  readonly content: string;
  readonly properties: readonly string[];
  readonly rejectedShareAllowed?: number;
}

/** A product `trial/<name>` that an engine makes of sources and other products. */
export interface EngineProduct {
  readonly name: string;
  readonly engine?: Engine;
  readonly sources: readonly EngineSource[];
  /** Products of this domain that it reads, by name. */
  readonly reads?: readonly string[];
  readonly output: readonly string[];
  readonly transform: string;
}

/** Writes the product's folder and answers its path. */
export async function engineProduct({
  name,
  engine,
  sources,
  reads = [],
  output,
  transform,
}: EngineProduct): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'weft-product-')), name);
  await mkdir(folder);
  const ids = [
    ...sources.map(({ object }) => `trial/${name}/${object}`),
    ...reads.map((other) => `trial/${other}/output`),
  ];
  const files: [string, string][] = [
    [
      'product.odps.yaml',
      `apiVersion: v1.0.0
kind: DataProduct
id: trial/${name}
domain: trial
name: ${name}
version: 1.0.0
status: active
inputPorts:
${ids.map((id, index) => `  - { name: in${index}, version: 1.0.0, contractId: ${id} }\n`).join('')}outputPorts:
  - { name: ${name}, version: 1.0.0, type: tables, contractId: trial/${name}/output }
${engine === undefined ? '' : `customProperties:\n  - { property: engine, value: ${engine} }\n`}`,
    ],
    ['output.odcs.yaml', contract(`trial/${name}/output`, name, output)],
    ['transform.sql', transform],
  ];
  for (const { object, format, content, properties, rejectedShareAllowed } of sources) {
    const file = `${object}.${format}`;
    const head = `servers:
  - { server: file, type: local, path: ${file}, format: ${format} }
${rejectedShareAllowed === undefined ? '' : `customProperties:\n  - { property: rejectedShareAllowed, value: ${rejectedShareAllowed} }\n`}`;
    files.push([`${object}.odcs.yaml`, contract(`trial/${name}/${object}`, object, properties, head)]);
    if (format === 'parquet')
      await withDuckdb({ scratch: join(folder, '.scratch'), signal: new AbortController().signal }, (db) =>
        db.rows(`copy (${content}) to '${join(folder, file)}' (format parquet)`),
      );
    else files.push([file, content]);
  }
  for (const [path, text] of files) await writeFile(join(folder, path), text);
  return folder;
}

function contract(id: string, object: string, properties: readonly string[], head = ''): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: ${id}
version: 1.0.0
status: active
${head}schema:
  - name: ${object}
    physicalType: table
    properties:
${properties.map((line) => `      - ${line}\n`).join('')}`;
}

/** Publishes and refreshes it in this process. Answers how the run ended, and the rows that are live, each value as Postgres writes it. */
export async function made(
  deps: RefreshDeps,
  product: EngineProduct,
): Promise<{ phase: string; error: string | null; rows: (string | null)[][] }> {
  const id = `trial/${product.name}` as ProductId;
  await plainPublish(deps.pool, await engineProduct(product), { refresh: false });
  const { phase, error } = await refreshHere(deps, id);
  return { phase, error: error === null ? null : `${error.code}: ${error.message}`, rows: await liveRows(deps, id) };
}

/** The rows of a product's only table, by its key, as text. */
export async function liveRows({ pool }: Pick<RefreshDeps, 'pool'>, id: ProductId): Promise<(string | null)[][]> {
  const live = await liveDataset(pool, id);
  const [table] = Object.values(live?.tables ?? {});
  if (table === undefined) return [];
  const { rows } = await pool.query<{ row: (string | null)[] }>(
    `select array(select value from json_each_text(row_to_json(live_row)) with ordinality as v (key, value, at) order by at) as row
       from trial."${table.table}" as live_row order by 1`,
  );
  return rows.map(({ row }) => row);
}
