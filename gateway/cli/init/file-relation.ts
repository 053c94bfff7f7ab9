import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

import { csvHeader } from '../../../schema/contract/csv-header.ts';
import { wrongUsage } from '../exit.ts';
import type { Relation } from './count-values.ts';
import { type Duckdb, literal } from './duckdb.ts';
import { typeOfDuckdb } from './text-types.ts';

/** A file as DuckDB reads it: as a refresh would, so that what is counted is what will land. */
export interface Opened {
  readonly relation: Relation;
  /** What the contract's server says of it besides its path. */
  readonly server: Readonly<Record<string, unknown>>;
  /** Columns that there is no type for. */
  readonly left: readonly string[];
}

const HEAD_BYTES = 1024 * 1024;
const DESCRIBE_MS = 60_000;

/** Kinds of files, by their ending; all but Parquet also gzipped. */
const FORMATS: Readonly<Record<string, 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet'>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
};

/** The format by which a refresh would read a file of this name; null where it is none that Weft reads. */
export function formatOf(path: string): (typeof FORMATS)[string] | null {
  const ending = /\.([a-z]+)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(FORMATS, ending) ? (FORMATS[ending] ?? null) : null;
}

/** Opens a file by its ending. Refuses, as wrong usage, what is no such file, and what a refresh could not read. */
export async function fileRelation(db: Duckdb, path: string): Promise<Opened> {
  const format = formatOf(path);
  const { head, gzipped, whole } = await headOf(path);
  switch (format) {
    case null:
      throw wrongUsage(
        `${path} is of no kind that Weft reads: .csv, .tsv, .json, .ndjson (also .gz) and .parquet, an OpenAPI or GraphQL document, or an address.`,
      );
    case 'parquet': {
      const sql = `read_parquet(${literal(path)})`;
      const all = await db.columns(sql, DESCRIBE_MS);
      const columns = all.filter(({ type }) => typeOfDuckdb(type) !== null);
      const left = all.filter(({ type }) => typeOfDuckdb(type) === null).map(({ name }) => name);
      return { relation: { sql, columns, typed: true }, server: { format }, left };
    }
    case 'json':
    case 'ndjson': {
      const found = /^\s*\[/.test(head.replace('\ufeff', '')) ? 'json' : 'ndjson';
      const form = found === 'json' ? 'array' : 'newline_delimited';
      const options = `format='${form}', compression=${gzipped ? "'gzip'" : "'uncompressed'"}, maximum_object_size=16777216`;
      const seen = await db.columns(
        `read_json(${literal(path)}, ${options}, sample_size=100000, maximum_depth=1)`,
        DESCRIBE_MS,
      );
      if (seen.length === 1 && seen[0]?.name === 'json')
        throw wrongUsage(`${path} has no objects, so nothing says which columns it has.`);
      const columns = seen.map(({ name }) => ({ name, type: 'VARCHAR' }));
      const typed = columns.map(({ name }) => `${literal(name)}: 'VARCHAR'`).join(', ');
      return {
        relation: { sql: `read_json(${literal(path)}, ${options}, columns={${typed}})`, columns, typed: false },
        server: { format: found },
        left: [],
      };
    }
    case 'csv':
    case 'tsv': {
      const delimiter = format === 'tsv' ? '\t' : delimiterOf(head);
      const header = headerOf(path, head, delimiter, whole);
      const options = [
        `auto_detect=false, header=true, delim=${literal(delimiter)}, quote='"', escape='"', strict_mode=true`,
        `nullstr='', allow_quoted_nulls=false, store_rejects=true, rejects_limit=100`,
        `compression=${gzipped ? "'gzip'" : "'none'"}`,
        `columns={${header.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')}}`,
      ];
      return {
        relation: {
          sql: `read_csv(${literal(path)}, ${options.join(', ')})`,
          columns: header.map((name) => ({ name, type: 'VARCHAR' })),
          typed: false,
        },
        server:
          delimiter === '\t'
            ? { format: 'tsv' }
            : {
                format,
                ...(delimiter !== ',' && { customProperties: [{ property: 'delimiter', value: delimiter }] }),
              },
        left: [],
      };
    }
  }
}

/** The names of the columns; refuses those by which no refresh could find its columns. */
function headerOf(path: string, head: string, delimiter: string, whole: boolean): string[] {
  const header = csvHeader(head, { delimiter }, { whole });
  if (header === null) throw wrongUsage(`The header of ${path} does not end: is it CSV?`);
  const empty = header.findIndex((name) => name === '');
  if (empty >= 0) throw wrongUsage(`Column ${empty + 1} of ${path} has no name in its first line: write one there.`);
  const lower = header.map((name) => name.toLowerCase());
  const twice = header.find((_, at) => lower.indexOf(lower[at] ?? '') !== at);
  if (twice !== undefined)
    throw wrongUsage(
      `Two columns of ${path} are named ${JSON.stringify(twice)}, but for upper and lower case: rename one in its first line.`,
    );
  return header;
}

/** The delimiter of the first line, by how often each stands in it outside of quotes. */
function delimiterOf(head: string): string {
  const [line = ''] = head.replace(/"[^"]*"/g, '').split(/\r?\n|\r/);
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, count: line.split(delimiter).length - 1 }));
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).delimiter;
}

interface Head {
  readonly head: string;
  readonly gzipped: boolean;
  readonly whole: boolean;
}

/** The first bytes as text, unpacked. Refuses what is no file, empty, or not UTF-8. */
async function headOf(path: string): Promise<Head> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw wrongUsage(`${path} is no file: name one, or an address.`);
  if (found.size === 0)
    throw wrongUsage(`${path} is empty: a first contract needs at least a line with the names of its columns.`);
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(Math.min(HEAD_BYTES, found.size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const bytes = buffer.subarray(0, bytesRead);
    if (formatOf(path) === 'parquet') return { head: '', gzipped: false, whole: false };
    const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = gzipped ? await unpacked(path, bytes) : bytes;
    return { head: utf8(path, text), gzipped, whole: !gzipped && bytesRead === found.size };
  } finally {
    await file.close();
  }
}

async function unpacked(path: string, bytes: Buffer): Promise<Buffer> {
  const gunzip = createGunzip();
  const parts: Buffer[] = [];
  let length = 0;
  gunzip.end(bytes);
  try {
    for await (const part of gunzip as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length >= HEAD_BYTES) break;
    }
  } catch {
    // Only its first bytes were given, so it always ends early; what is no gzip yields nothing.
    if (length === 0) throw wrongUsage(`${path} is no whole gzip file.`);
  }
  return Buffer.concat(parts);
}

/** A letter may be cut at the end of the first bytes. */
function utf8(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    throw wrongUsage(`${path} is not UTF-8 text: save it as UTF-8.`);
  }
}
