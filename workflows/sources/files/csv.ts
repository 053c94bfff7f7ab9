import { csvHeader } from '../../../schema/contract/csv-header.ts';
import type { CsvDialect } from '../../../schema/contract/file-format.ts';
import type { SourceObject } from '../../../schema/contract/model.ts';
import { type Duckdb, identifier, literal } from '../../engines/duckdb.ts';
import type { BrokenLine } from '../source.ts';
import { type ColumnName, distinctNames } from './column-names.ts';
import type { FoundFile } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import { lookedAt } from './looked-at.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import { lastBytes, type Packing, packingOf, firstBytes } from './packing.ts';
import { plainText, textHead, type TextFile } from './plain-text.ts';
import { COUNTED_ROWS, ROW_NUMBER } from './row-number.ts';
import { requireSameShape } from './same-shape.ts';

/** A header is in the first of these as a rule, and in the second where it has 10,000 columns; more would be read for nothing. */
const HEAD_BYTES = [64 * 1024, 1024 * 1024] as const;

/** A few for each thread: DuckDB's default is 32 MiB each. It must hold the longest line, which is 2 MB by default. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** CSV of any dialect: all values are text. */
export async function openCsv({ label, files, format, object }: FileAsk<'csv'>, db: Duckdb): Promise<FileTable> {
  const { dialect, encoding } = format;
  const headers = await lookedAt(files, (file) => headerOf(file, encoding, dialect, object));
  // Columns are told by their place.
  requireSameShape(label, files, headers, { ordered: true });
  const [header = []] = headers;
  const names = distinctNames(label, header, object);
  const [only, ...others] = files;
  const tail = only !== undefined && others.length === 0 && encoding === 'utf-8' ? await tailOf(only) : null;
  return {
    columns: names.map(({ name }) => ({ name, type: 'VARCHAR' })),
    typed: false,
    ...(tail !== null && { facts: { tail } }),
    read: async () => {
      const { files: plain, packing } = await plainText(files, encoding, db.folder);
      const relation = readCsv(plain, packing, names, dialect);
      return {
        relation: dialect.decimal === ',' ? withPoints(relation, object) : relation,
        paths: plain.map(({ bytes }) => bytes.path),
        rowNumber: COUNTED_ROWS,
        brokenLines: () => brokenLines(db, plain, packing),
      };
    },
  };
}

function readCsv(
  files: readonly TextFile[],
  packing: Packing,
  names: readonly ColumnName[],
  dialect: CsvDialect,
): string {
  const { delimiter, quote, escape, header, skip, comment, nulls } = dialect;
  const options = [
    `auto_detect=false`,
    `header=${header}`,
    `delim=${literal(delimiter)}`,
    `quote=${literal(quote ?? '')}`,
    `escape=${literal(quote === null ? '' : escape)}`,
    `strict_mode=true`,
    // Nothing between two delimiters is null; "" is the empty text.
    `nullstr=[${['', ...nulls].map(literal).join(', ')}]`,
    `allow_quoted_nulls=false`,
    `store_rejects=true`,
    `rejects_limit=0`,
    `buffer_size=${BUFFER_BYTES}`,
    `compression=${literal(packing)}`,
    ...(skip > 0 ? [`skip=${skip}`] : []),
    ...(comment === null ? [] : [`comment=${literal(comment)}`]),
    `columns={${names.map(({ alias }) => `${literal(alias)}: 'VARCHAR'`).join(', ')}}`,
  ];
  return `read_csv([${files.map(({ bytes }) => literal(bytes.path)).join(', ')}], ${options.join(', ')})`;
}

/** The names in a file's first record; those of the contract, in its order, where files have none. */
async function headerOf(
  file: FoundFile,
  encoding: string,
  dialect: CsvDialect,
  object: SourceObject,
): Promise<string[]> {
  const first = await firstRecord(file, encoding, dialect);
  if (dialect.header) return first;
  const declared = object.properties.map(({ sourceColumn }) => sourceColumn).filter((name) => name !== ROW_NUMBER);
  const more = first.slice(declared.length).map((_, index) => `column ${declared.length + index + 1}`);
  return [...declared.slice(0, first.length), ...more];
}

async function firstRecord(file: FoundFile, encoding: string, dialect: CsvDialect): Promise<string[]> {
  for (const length of HEAD_BYTES) {
    const { text, whole } = await textHead(file, encoding, length);
    const record = csvHeader(text, dialect, { whole });
    if (record !== null) return record;
    if (whole) break;
  }
  throw incomplete(file.name, 'ends within its header');
}

/** Numbers with a decimal comma as Postgres reads them; other texts, and numbers with a decimal point, so that they fit no number. */
function withPoints(relation: string, { properties }: SourceObject): string {
  const numbers = new Set(
    properties
      .filter(({ pgType, list, sourceColumn }) => !list && sourceColumn !== ROW_NUMBER && NUMBERS.test(pgType))
      .map(({ sourceColumn }) => sourceColumn),
  );
  if (numbers.size === 0) return relation;
  const replaced = [...numbers].map((name) => {
    const column = identifier(name);
    return `case when regexp_full_match(${column}, '\\s*[+-]?([0-9]+|[0-9]{1,3}([.][0-9]{3})+)?(,[0-9]*)?([eE][+-]?[0-9]+)?\\s*')
                 then replace(replace(${column}, '.', ''), ',', '.')
                 else ${column} || case when contains(${column}, '.') then ' (the decimal sign is a comma)' else '' end end as ${column}`;
  });
  return `(select * replace (${replaced.join(', ')}) from ${relation})`;
}

const NUMBERS = /^(integer|bigint|smallint|numeric|double precision|real)/;

/** How a file ends that is read where it is: one that had a line break at its end, and has none, was cut off. */
async function tailOf(file: FoundFile): Promise<string | null> {
  const bytes = await file.bring(HEAD_BYTES[0]);
  if (!bytes.whole) return null;
  if (packingOf(await firstBytes(bytes, 4)) !== 'none') return 'line break';
  return (await endsWithLineBreak(bytes)) ? 'line break' : 'none';
}

async function brokenLines(db: Duckdb, files: readonly TextFile[], packing: Packing): Promise<BrokenLine[]> {
  const lines = await db.rows<{ path: string; line: string; text: string; reason: string; at: string }>(
    `select distinct on (path, line)
            file_path as path, line, csv_line as text, error_message as reason, line_byte_position as at
       from reject_errors join reject_scans using (scan_id, file_id)
      order by path, line limit 100000`,
  );
  const named = new Map(files.map((file) => [file.bytes.path, file]));
  const ended = new Map<string, boolean>();
  for (const path of new Set(lines.map((line) => line.path))) {
    const bytes = named.get(path)?.bytes;
    ended.set(path, packing !== 'none' || bytes === undefined || (await endsWithLineBreak(bytes)));
  }
  return lines.flatMap(({ path, line, text, reason, at }): BrokenLine[] => {
    const file = named.get(path);
    if (file === undefined) return [];
    const reachesEnd = Number(at) - 1 + Buffer.byteLength(text) >= file.bytes.size - 1;
    return [
      {
        line: Number(line),
        text,
        reason: files.length === 1 ? reason : `${file.name}: ${reason}`,
        cut: ended.get(path) === false && reachesEnd,
      },
    ];
  });
}

async function endsWithLineBreak(bytes: TextFile['bytes']): Promise<boolean> {
  const [last] = await lastBytes(bytes, 1);
  return last === 0x0a || last === 0x0d;
}
