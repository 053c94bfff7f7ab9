import { basename } from 'node:path';

import { CommandFailure, wrongUsage } from '../exit.ts';
import { countValues, possibleTypes, withExamples, type Counts, type Relation } from './count-values.ts';
import type { DescribedColumn, DescribedKey, DescribedSource } from './described.ts';
import { counted, isKeyType, keyCandidates, isIdentifier } from './draft-key.ts';
import { type Duckdb, identifier, withDuckdb } from './duckdb.ts';
import { fileRelation } from './file-relation.ts';

/** Values that are looked at closely; a file of more is then counted as a whole, as far as the time goes. */
const SAMPLE_CELLS = 4_000_000;
const SAMPLE_ROWS = 200_000;
const SAMPLE_MS = 60_000;
/** Nobody waits longer for a first draft. */
const WHOLE_MS = 30_000;
/** More is no table that people wrote a contract for. */
const COLUMNS_MAX = 2_000;
/** Columns that are tried together as a key, by twos. */
const PAIRED_MAX = 8;

/**
 * Looks at a file on this machine: columns, types, keys, values. Counts all of a file where that goes in half a minute, else its first rows,
 * and says which. `path` is the file, `named` what the contract will call it. Refuses, as wrong usage, what a refresh could not read.
 */
export async function describeFile(path: string, named: string, signal: AbortSignal): Promise<DescribedSource> {
  return withDuckdb(signal, async (db) => {
    const { relation, server, left } = await fileRelation(db, path).catch((error: unknown) => {
      throw unreadable(path, signal, error);
    });
    if (relation.columns.length > COLUMNS_MAX)
      throw wrongUsage(
        `${path} has ${counted(relation.columns.length)} columns; at most ${counted(COLUMNS_MAX)} are drafted.`,
      );
    const seen = await look(db, relation).catch((error: unknown) => {
      throw unreadable(path, signal, error);
    });
    const broken =
      relation.typed || server['format'] === 'json' || server['format'] === 'ndjson' ? null : await brokenLine(db);
    const name = basename(path).replace(/(\.[a-z]+)(\.gz)?$/i, '');
    return {
      label: basename(path),
      server: { server: 'file', type: 'local', path: named, ...server },
      isReadThrough: false,
      hasRowNumbers: true,
      notes: [
        ...left.map((column) => `${column} is left out: it holds bytes, which the graph has no type for.`),
        ...(broken === null
          ? []
          : [`Line ${broken.line} of ${basename(path)} is no row (${broken.reason}): a refresh refuses it.`]),
      ],
      objects: [{ name, physicalName: null, description: null, foreignKeys: [], ...seen }],
    };
  });
}

interface Looked extends Counts {
  readonly basis: string;
  readonly whole: boolean;
  readonly key: DescribedKey | null;
}

/** Counts a sample, then, where there is more, the whole as far as the time goes. */
async function look(db: Duckdb, relation: Relation): Promise<Looked> {
  const limit = Math.max(1_000, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_CELLS / relation.columns.length)));
  const columns = relation.columns.map(({ name }) => identifier(name)).join(', ');
  await db.rows(`create temp table sample as select ${columns} from ${relation.sql} limit ${limit + 1}`, SAMPLE_MS);
  const sample: Relation = { ...relation, sql: 'sample' };
  const possible = await possibleTypes(db, sample);
  const near = await countValues(db, sample, { possible, exact: () => true, withinMs: SAMPLE_MS });
  const isAll = near.rows <= limit;
  const keys = new Set(keyCandidates({ name: '', columns: near.columns }).map(({ name }) => name));
  const few = new Set(near.columns.filter(({ seen }) => (seen?.distinct ?? 0) <= 50).map(({ name }) => name));
  const all = isAll
    ? near
    : await countValues(db, relation, {
        possible,
        exact: (name) => few.has(name) || [...keys].slice(0, 4).includes(name),
        withinMs: WHOLE_MS,
      }).catch(() => null);
  const whole = all !== null;
  const basis = whole
    ? `${counted(all.rows)} ${all.rows === 1 ? 'row' : 'rows'}`
    : `the first ${counted(near.rows)} rows`;
  const counts = await withExamples(db, whole && !isAll ? { ...relation } : sample, all ?? near);
  const total = whole ? all.rows : relation.typed ? await rowsOf(db, relation) : null;
  return { ...counts, rows: total ?? near.rows, basis, whole, key: await pairOfKeys(db, sample, counts) };
}

async function rowsOf(db: Duckdb, { sql }: Relation): Promise<number | null> {
  const [row] = await db.rows<{ n: string }>(`select count(*) as n from ${sql}`, WHOLE_MS).catch(() => []);
  return row === undefined ? null : Number(row.n);
}

/** Two columns that tell the rows apart together, where none does alone: names and days, not measurements. */
async function pairOfKeys(db: Duckdb, { sql }: Relation, { rows, columns }: Counts): Promise<DescribedKey | null> {
  if (rows === 0 || keyCandidates({ name: '', columns }).length > 0) return null;
  const parts = columns.filter(isPart).slice(0, PAIRED_MAX);
  const pairs = parts.flatMap((first, at) => parts.slice(at + 1).map((second) => [first.name, second.name] as const));
  if (pairs.length === 0) return null;
  const counts = pairs.map((pair, at) => `count(distinct (${pair.map(identifier).join(', ')})) as p${at}`);
  const [row = {}] = await db
    .rows<Record<string, unknown>>(`select count(*) as n, ${counts.join(', ')} from ${sql}`, WHOLE_MS)
    .catch(() => []);
  const found = pairs[pairs.findIndex((_, at) => row[`p${at}`] === row['n'])];
  if (found === undefined) return null;
  const n = counted(Number(row['n']));
  return { columns: found, evidence: `together ${n} of ${n} distinct` };
}

function isPart(column: DescribedColumn): boolean {
  const { seen, type, name } = column;
  if (seen === null || seen.nulls > 0 || seen.distinct < 2) return false;
  if (type.logicalType === 'timestamp') return true;
  return isKeyType(column) && (type.logicalType !== 'integer' || isIdentifier(name));
}

async function brokenLine(db: Duckdb): Promise<{ line: string; reason: string } | null> {
  const [first] = await db
    .rows<{ line: string; reason: string }>(
      'select line, error_message as reason from reject_errors order by line limit 1',
      SAMPLE_MS,
    )
    .catch(() => []);
  return first === undefined ? null : { line: first.line, reason: first.reason.split('\n')[0] ?? '' };
}

/** DuckDB's errors come from native code, and say in their first line what they stumbled over. */
function unreadable(path: string, signal: AbortSignal, error: unknown): unknown {
  if (signal.aborted || error instanceof CommandFailure) return error;
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  return wrongUsage(`${path} cannot be read: ${(message.split('\n')[0] ?? '').slice(0, 300)}`);
}
