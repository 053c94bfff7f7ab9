import { type Duckdb, literal } from '../../engines/duckdb.ts';
import type { SourceColumn } from '../source.ts';
import { distinctNames } from './column-names.ts';
import { asIncomplete, incomplete } from './incomplete.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import type { Packing } from './packing.ts';
import { plainText, textHead, type TextFile } from './plain-text.ts';
import { COUNTED_ROWS, ROW_NUMBER } from './row-number.ts';
import { requireSameShape } from './same-shape.ts';

/** White space before the first value: longer is no JSON that anybody writes. */
const HEAD_BYTES = 64 * 1024;

/** What DuckDB calls a key that is empty, or that differs from another in case alone. */
const RENAMED = /^C\d+$|_\d+$/;

/** Values come as text, as those of CSV: `1` and `"1"` are both an integer; an object or list is its JSON. */
export async function openJson(ask: FileAsk<'json' | 'ndjson'>, db: Duckdb): Promise<FileTable> {
  const { label, files, object, format } = ask;
  for (const file of files) {
    const { text } = await textHead(file, format.encoding, HEAD_BYTES);
    if (text.replace('\ufeff', '').trim() === '') throw incomplete(file.name, 'holds nothing but white space');
  }
  const { files: plain, packing } = await plainText(files, format.encoding, db.folder);
  const declared = object.properties.map(({ sourceColumn }) => sourceColumn).filter((name) => name !== ROW_NUMBER);
  const keys: string[][] = [];
  for (const file of plain) keys.push((await keysOf(file, packing, ask, db)) ?? declared);
  const declaredKeys = keys.map((all) => declared.filter((name) => all.includes(name)));
  requireSameShape(label, files, declaredKeys, { ordered: false });
  const names = distinctNames(label, [...new Set(keys.flat())], object);
  const typed = names.filter(({ name, alias }) => name === alias).map(({ name }) => `${literal(name)}: 'VARCHAR'`);
  return {
    columns: names.map(({ name }): SourceColumn => ({ name, type: 'VARCHAR' })),
    typed: false,
    read: () =>
      Promise.resolve({
        relation: `read_json([${plain.map(({ bytes }) => literal(bytes.path)).join(', ')}], ${options(format.kind, packing)}, columns={${typed.join(', ')}})`,
        paths: plain.map(({ bytes }) => bytes.path),
        rowNumber: COUNTED_ROWS,
        brokenLines: () => Promise.resolve([]),
      }),
  };
}

/** All of it is looked at: a key may come late, and a file that was cut is seen by its end. Null where it has no objects. */
async function keysOf(
  { name, bytes }: TextFile,
  packing: Packing,
  { format, object }: FileAsk<'json' | 'ndjson'>,
  db: Duckdb,
): Promise<string[] | null> {
  const file = `${literal(bytes.path)}, ${options(format.kind, packing)}`;
  try {
    const seen = (await db.columns(`read_json(${file}, sample_size=-1, maximum_depth=1)`)).map((one) => one.name);
    const isEmpty = seen.length === 1 && seen[0] === 'json';
    if (isEmpty && !object.properties.some(({ sourceColumn }) => sourceColumn === 'json')) return null;
    const keys = seen.some((key) => RENAMED.test(key)) ? await exactKeys(file, db) : seen;
    return keys.filter((key) => key !== ROW_NUMBER);
  } catch (error) {
    throw asIncomplete(name, error);
  }
}

async function exactKeys(file: string, db: Duckdb): Promise<string[]> {
  const rows = await db.rows<{ key: string }>(
    `select key from (select unnest(json_keys(json)) as key from read_json_objects(${file})) group by key order by key`,
  );
  return rows.map(({ key }) => key);
}

function options(kind: 'json' | 'ndjson', packing: Packing): string {
  // DuckDB's default, by which one object without an end cannot fill the memory.
  const maximum = 'maximum_object_size=16777216';
  return `format='${kind === 'json' ? 'array' : 'newline_delimited'}', compression='${packing === 'none' ? 'uncompressed' : packing}', ${maximum}`;
}
