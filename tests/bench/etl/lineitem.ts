import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { benchCache, venvOf } from './tools.ts';

export type Format = 'csv' | 'parquet';

/** TPC-H's lineitem as files: all of it, and its first rows for those who take long. */
export interface Lineitem {
  readonly rows: number;
  readonly file: (format: Format) => string;
  readonly fewRows: number;
  readonly fewFile: string;
}

interface Column {
  readonly name: string;
  readonly type: string;
  /** ODCS' own words for it. */
  readonly logical: string;
}

/** As TPC-H has them (specification, 1.4.1). */
export const COLUMNS: readonly Column[] = [
  ['l_orderkey', 'bigint', 'integer'],
  ['l_partkey', 'integer', 'integer'],
  ['l_suppkey', 'integer', 'integer'],
  ['l_linenumber', 'integer', 'integer'],
  ['l_quantity', 'numeric(15,2)', 'number'],
  ['l_extendedprice', 'numeric(15,2)', 'number'],
  ['l_discount', 'numeric(15,2)', 'number'],
  ['l_tax', 'numeric(15,2)', 'number'],
  ['l_returnflag', 'text', 'string'],
  ['l_linestatus', 'text', 'string'],
  ['l_shipdate', 'date', 'date'],
  ['l_commitdate', 'date', 'date'],
  ['l_receiptdate', 'date', 'date'],
  ['l_shipinstruct', 'text', 'string'],
  ['l_shipmode', 'text', 'string'],
  ['l_comment', 'text', 'string'],
].map(([name, type, logical]) => ({ name: name!, type: type!, logical: logical! }));

const FEW = 50_000;

/** Makes the files by tpchgen-cli, once for each scale: 1 is six million rows. */
export async function makeLineitem(scale: number): Promise<Lineitem> {
  const folder = join(benchCache(), `lineitem-${scale}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    const program = join(await venvOf('tpchgen'), 'tpchgen-cli');
    for (const format of ['csv', 'parquet'])
      await promisify(execFile)(program, [
        ...[format, '--scale-factor', String(scale), '--tables=lineitem', `--output-dir=${draft}`],
      ]);
    renameSync(draft, folder);
  }
  const file = (format: Format): string => join(folder, `lineitem.${format}`);
  const fewFile = join(folder, `first-${FEW}.csv`);
  const connection = await (await DuckDBInstance.create()).connect();
  try {
    const counted = await connection.runAndReadAll(`select count(*) from read_parquet('${file('parquet')}')`);
    const rows = Number(counted.getRows()[0]![0]);
    if (!existsSync(fewFile))
      await connection.run(
        `copy (select * from read_csv('${file('csv')}', all_varchar = true) limit ${FEW}) to '${fewFile}' (format csv)`,
      );
    return { rows, file, fewRows: Math.min(rows, FEW), fewFile };
  } finally {
    connection.closeSync();
  }
}

/** The table as a peer is given it: its columns, all of which must have a value. */
export function createTable(name: string): string {
  return `create table ${name} (${COLUMNS.map((column) => `${column.name} ${column.type} not null`).join(', ')})`;
}

/** A product of one file, `bench/lineitem-<format>`: typed, keyed, with rules. Answers its folder. */
export function writeProduct(into: string, format: Format, file: string): string {
  const name = `lineitem-${format}`;
  const folder = join(into, name);
  mkdirSync(folder);
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  write(
    'product.odps.yaml',
    `apiVersion: v1.0.0
kind: DataProduct
id: bench/${name}
domain: bench
name: ${name}
version: 1.0.0
status: active
inputPorts:
  - { name: source, version: 1.0.0, contractId: bench/${name}/source }
outputPorts:
  - { name: ${name}, version: 1.0.0, type: tables, contractId: bench/${name}/output }
team:
  name: Bench
  members: [{ username: bench@example.org, role: owner }]
`,
  );
  write(
    'source.odcs.yaml',
    contract(`bench/${name}/source`, name, {
      head: `servers:\n  - { server: file, type: local, path: ${file}, format: ${format} }\n`,
      keys: () => '',
      tail: '',
    }),
  );
  write(
    'output.odcs.yaml',
    contract(`bench/${name}/output`, name, {
      head: '',
      keys: (column) => KEYS[column] ?? '',
      tail: QUALITY,
    }),
  );
  return folder;
}

const KEYS: Readonly<Record<string, string>> = {
  l_orderkey: ', primaryKey: true, primaryKeyPosition: 1',
  l_linenumber: ', primaryKey: true, primaryKeyPosition: 2',
  l_returnflag: ', enum: [{ value: A }, { value: N }, { value: R }]',
  l_linestatus: ', enum: [{ value: O }, { value: F }]',
};

const QUALITY = `    quality:
      - { metric: rowCount, mustBeGreaterThan: 0, severity: error }
      - { type: sql, query: 'select count(*) from {object} where l_discount > 0.1 or l_tax > 0.08', mustBe: 0, severity: error }
      - { type: sql, query: 'select count(*) from {object} where l_receiptdate <= l_shipdate', mustBe: 0, severity: error }
`;

function contract(
  id: string,
  object: string,
  { head, keys, tail }: { head: string; keys: (column: string) => string; tail: string },
): string {
  const properties = COLUMNS.map(
    ({ name, type, logical }) =>
      `      - { name: ${name}, logicalType: ${logical}, ${logical === 'string' ? '' : `physicalType: '${type}', `}required: true, classification: public${keys(name)} }\n`,
  ).join('');
  return `apiVersion: v3.2.0
kind: DataContract
id: ${id}
name: ${id}
version: 1.0.0
status: active
${head}schema:
  - name: ${object.replace('-', '_')}
    physicalType: table
    properties:
${properties}${tail}`;
}
