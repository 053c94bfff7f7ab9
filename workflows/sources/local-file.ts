import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { custom } from '../../schema/contract/report.ts';
import { Refusal } from '../../schema/errors.ts';
import { type Duckdb, literal } from '../engines/duckdb.ts';
import { csvHeader } from '../../schema/contract/csv-header.ts';
import { openFile, type OpenFile, stampOf } from './file-path.ts';
import type { BrokenLine, Connector, OpenSource, SourceAsk, SourceColumn, SourceRows } from './source.ts';

/** The row number that a contract may name as a source's column. */
export const ROW_NUMBER = 'file_row_number';

type Read = Pick<OpenSource, 'columns' | 'typed'> &
  Pick<SourceRows, 'relation' | 'rowNumber'> & {
    readonly brokenLines?: SourceRows['brokenLines'];
    readonly tail?: string;
  };
type Reader = (file: OpenFile, label: string, ask: SourceAsk, db: Duckdb) => Promise<Read>;

/** Files on this machine: CSV, TSV, JSON, NDJSON (all also gzipped) and Parquet. */
export const openLocalFile: Connector = async (ask, db) => {
  const path = pathOf(ask);
  const file = await openFile(
    path,
    ask.folder === null ? ask.roots : [{ folder: ask.folder, within: ask.folder }, ...ask.roots],
  );
  try {
    if (file.stamp.bytes === 0) throw incomplete(path, 'is empty: it has no byte');
    const { tail, columns, typed, ...rows } = await readerOf(ask, path)(file, path, ask, db);
    return {
      label: path,
      columns,
      typed,
      facts: {
        file: path,
        bytes: file.stamp.bytes,
        modifiedMs: file.stamp.modifiedMs,
        ...(tail === undefined ? {} : { tail }),
      },
      read: async () => ({
        brokenLines: async () => [],
        ...rows,
        verify: async () => {
          const now = await stampOf(file.handle);
          const same = await stillThere(file);
          if (!same || now.bytes !== file.stamp.bytes || now.modifiedMs !== file.stamp.modifiedMs)
            throw incomplete(path, `changed while it was read (${file.stamp.bytes} bytes before, ${now.bytes} after)`);
        },
      }),
      close: () => file.handle.close(),
    };
  } catch (error) {
    await file.handle.close();
    throw translated(path, error);
  }
};

/** A server says the file, or the folder in which each object has one of its own (`physicalName`). */
function pathOf({ server, object }: SourceAsk): string {
  const path = server.path ?? '';
  return path.endsWith('/') && object.physicalName !== null ? path + object.physicalName : path;
}

function readerOf({ server }: SourceAsk, path: string): Reader {
  const format = (server.format ?? '').toLowerCase();
  const reader = READERS[format];
  if (reader !== undefined) return reader;
  throw new Refusal(
    'SOURCE_MISSING',
    `The source file ${JSON.stringify(path)} has the format ${JSON.stringify(format)}; Weft reads ${Object.keys(READERS).join(', ')}.`,
  );
}

const READERS: Readonly<Record<string, Reader>> = {
  csv: (file, label, ask, db) => readCsv(file, label, db, delimiterOf(ask)),
  tsv: (file, label, _ask, db) => readCsv(file, label, db, '\t'),
  parquet: readParquet,
  json: (file, label, ask, db) => readJson(file, label, ask, db, 'array'),
  ndjson: (file, label, ask, db) => readJson(file, label, ask, db, 'newline_delimited'),
};

/** The standard has no word for it in a local server, so it is a custom property there. */
function delimiterOf({ server }: SourceAsk): string {
  const delimiter = server.delimiter ?? custom(server, 'delimiter');
  return typeof delimiter === 'string' && delimiter !== '' ? delimiter : ',';
}

/** Enough for a header of 10,000 columns; more would be read for nothing. */
const HEAD_BYTES = 1024 * 1024;

async function readCsv(file: OpenFile, label: string, db: Duckdb, delimiter: string): Promise<Read> {
  const { head, gzipped, whole } = await headOf(file, label);
  const header = csvHeader(head, delimiter, { whole });
  if (header === null) throw incomplete(label, 'ends within its header');
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined)
    throw new Refusal(
      'SOURCE_DRIFTED',
      `The source file ${JSON.stringify(label)} has two columns named ${JSON.stringify(twice)}.`,
    );
  const columns = header.map((name): SourceColumn => ({ name, type: 'VARCHAR' }));
  const options = [
    `auto_detect=false`,
    `header=true`,
    `delim=${literal(delimiter)}`,
    `quote='"'`,
    `escape='"'`,
    `strict_mode=true`,
    // Nothing between two delimiters is null; "" is the empty text.
    `nullstr=''`,
    `allow_quoted_nulls=false`,
    `store_rejects=true`,
    `rejects_limit=0`,
    `compression=${gzipped ? "'gzip'" : "'none'"}`,
    `columns={${header.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')}}`,
  ];
  const ended = gzipped || (await endsWithLineBreak(file));
  return {
    relation: `read_csv(${literal(file.readable)}, ${options.join(', ')})`,
    columns,
    typed: false,
    rowNumber: '(row_number() over () - 1)',
    tail: ended ? 'line break' : 'none',
    brokenLines: async () => {
      const lines = await db.rows<{ line: string; text: string; reason: string; at: string }>(
        `select distinct on (line) line, csv_line as text, error_message as reason, line_byte_position as at
           from reject_errors where file_id is not null order by line limit 100000`,
      );
      return lines.map(({ line, text, reason, at }): BrokenLine => {
        const reachesEnd = Number(at) - 1 + Buffer.byteLength(text) >= file.stamp.bytes - 1;
        return { line: Number(line), text, reason, cut: !ended && reachesEnd };
      });
    },
  };
}

async function readParquet(file: OpenFile, label: string, _ask: SourceAsk, db: Duckdb): Promise<Read> {
  const magic = Buffer.alloc(4);
  await file.handle.read(magic, 0, 4, Math.max(0, file.stamp.bytes - 4));
  if (magic.toString('latin1') !== 'PAR1') throw incomplete(label, 'has no Parquet footer at its end');
  const relation = `read_parquet(${literal(file.readable)}, file_row_number=true)`;
  return { relation, columns: await db.columns(relation), typed: true, rowNumber: ROW_NUMBER };
}

/** Values come as text, as those of CSV: `1` and `"1"` are both an integer; an object or list is its JSON. */
async function readJson(
  file: OpenFile,
  label: string,
  { object }: SourceAsk,
  db: Duckdb,
  format: 'array' | 'newline_delimited',
): Promise<Read> {
  const { head, gzipped } = await headOf(file, label);
  const first = head.replace('\ufeff', '').trimStart()[0];
  if (first === undefined) throw incomplete(label, 'holds nothing but white space');
  const options = `format='${format}', compression=${gzipped ? "'gzip'" : "'uncompressed'"}, maximum_object_size=16777216`;
  // All of it is looked at: a key may come late, and a file that was cut is seen by its end.
  const seen = await db.columns(`read_json(${literal(file.readable)}, ${options}, sample_size=-1, maximum_depth=1)`);
  const empty =
    seen.length === 1 &&
    seen[0]!.name === 'json' &&
    !object.properties.some(({ sourceColumn }) => sourceColumn === 'json');
  const names = empty ? object.properties.map(({ sourceColumn }) => sourceColumn) : seen.map(({ name }) => name);
  const columns = names.filter((name) => name !== ROW_NUMBER).map((name): SourceColumn => ({ name, type: 'VARCHAR' }));
  const typed = columns.map(({ name }) => `${literal(name)}: 'VARCHAR'`).join(', ');
  return {
    relation: `read_json(${literal(file.readable)}, ${options}, columns={${typed}})`,
    columns,
    typed: false,
    rowNumber: '(row_number() over () - 1)',
  };
}

async function headOf(file: OpenFile, label: string): Promise<{ head: string; gzipped: boolean; whole: boolean }> {
  const buffer = Buffer.alloc(Math.min(HEAD_BYTES, file.stamp.bytes));
  await file.handle.read(buffer, 0, buffer.length, 0);
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return { ...(await gunzippedHead(file, label)), gzipped: true };
  return { head: buffer.toString('utf8'), gzipped: false, whole: buffer.length === file.stamp.bytes };
}

/** Unpacks the whole file once: DuckDB takes one that breaks off for one that ends. */
async function gunzippedHead(file: OpenFile, label: string): Promise<{ head: string; whole: boolean }> {
  const head: Buffer[] = [];
  let bytes = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (bytes < HEAD_BYTES) head.push(chunk);
      bytes += chunk.length;
      done();
    },
  });
  await pipeline(file.handle.createReadStream({ start: 0, autoClose: false }), createGunzip(), sink).catch(
    (error: unknown) => {
      throw incomplete(label, 'is no whole gzip file', error);
    },
  );
  return { head: Buffer.concat(head).toString('utf8'), whole: bytes <= HEAD_BYTES };
}

async function endsWithLineBreak(file: OpenFile): Promise<boolean> {
  const last = Buffer.alloc(1);
  await file.handle.read(last, 0, 1, file.stamp.bytes - 1);
  return last[0] === 0x0a || last[0] === 0x0d;
}

/** The path still leads to the file that was opened: none was put in its place. */
async function stillThere(file: OpenFile): Promise<boolean> {
  const now = await openFile(file.path, [{ folder: dirname(file.path), within: dirname(file.path) }]).catch(() => null);
  if (now === null) return false;
  await now.handle.close();
  return now.stamp.inode === file.stamp.inode;
}

/** What DuckDB says of a file that it cannot read to its end. */
function translated(label: string, error: unknown): unknown {
  return error instanceof Refusal ? error : asIncomplete(label, error);
}

/** A file that breaks off or is damaged, as DuckDB says it, is a refusal; anything else is returned as it is. */
export function asIncomplete(label: string, error: unknown): unknown {
  // DuckDB's errors come from native code: not of this realm's class in a sandbox.
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const [first = ''] = message.split('\n');
  const broken =
    /malformed|magic bytes|footer|unexpected end|unterminated|corrupt|truncat|invalid (unicode|utf|input|error)|decompress|gzip|thrift|out of range|failed to (read|decode)|not utf-8|TProtocol|maximum line size|Could not read enough bytes|Maximum_object_size/i;
  if (!broken.test(message) || /interrupt/i.test(first)) return error;
  return incomplete(label, `cannot be read to its end: ${clean(first)}`, error);
}

function clean(message: string): string {
  return message.replace(/"?\/proc\/self\/fd\/\d+"?/g, 'it').slice(0, 300);
}

function incomplete(label: string, found: string, cause?: unknown): Refusal {
  return new Refusal(
    'SOURCE_INCOMPLETE',
    `The source file ${JSON.stringify(label)} ${found}. Put the whole file in its place and refresh again.`,
    { cause },
  );
}
