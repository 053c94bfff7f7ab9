import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compressionRegistry,
  CompressionType,
  DataType,
  type Field,
  RecordBatchReader,
  TimeUnit,
  type Vector,
} from 'apache-arrow';
import { decompress } from 'fzstd';
import type { Duckdb } from '../../engines/duckdb.ts';
import { distinctNames } from './column-names.ts';
import type { Bytes } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import { firstBytes, lastBytes } from './packing.ts';
import { unpackedFile } from './plain-text.ts';
import { COUNTED_ROWS } from './row-number.ts';
import { requireSameShape } from './same-shape.ts';
import { spooledNdjson, type SpooledRows, type SpooledValue } from '../spool.ts';

compressionRegistry.set(CompressionType.ZSTD, { decode: (packed) => decompress(packed) });

interface ArrowFile {
  readonly name: string;
  readonly bytes: Bytes;
}

interface SpooledField extends Written {
  readonly name: string;
}

/** How the values of an Arrow type are written down, and as what DuckDB reads them. */
interface Written {
  readonly type: string;
  readonly write: (value: never) => SpooledValue;
}

/** Arrow IPC, as a file (Feather 2) or a stream. DuckDB has no reader of it built in, so its rows are written down for it. */
export async function openArrow({ label, files, object }: FileAsk, db: Duckdb): Promise<FileTable> {
  const brought: ArrowFile[] = [];
  for (const file of files)
    brought.push(await requireEnd({ name: file.name, bytes: await unpackedFile(file, db.folder) }));
  const shapes: SpooledField[][] = [];
  for (const file of brought) shapes.push(await fieldsOf(file));
  requireSameShape(
    label,
    files,
    shapes.map((fields) => fields.map(({ name, type }) => `${name} ${type}`)),
    { ordered: true },
  );
  const [fields = []] = shapes;
  const names = distinctNames(
    label,
    fields.map(({ name }) => name),
    object,
  );
  const columns = names.map(({ name, alias }, index) => ({ name, alias, type: fields[index]?.type ?? 'VARCHAR' }));
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    typed: true,
    read: async () => {
      await db.takePlace();
      return {
        relation: await spooledNdjson(
          join(db.folder, `${randomUUID()}.ndjson`),
          columns.map(({ alias, type }) => ({ name: alias, type })),
          rowsOf(brought),
        ),
        rowNumber: COUNTED_ROWS,
        brokenLines: () => Promise.resolve([]),
      };
    },
  };
}

/** A file ends with its magic bytes, a stream with a message of no length (Arrow's columnar format, IPC). */
async function requireEnd(file: ArrowFile): Promise<ArrowFile> {
  const [start, end] = await Promise.all([firstBytes(file.bytes, 6), lastBytes(file.bytes, 6)]);
  if (start.toString('latin1') === 'ARROW1') {
    if (end.toString('latin1') !== 'ARROW1') throw incomplete(file.name, 'has no Arrow footer at its end');
  } else if (end.length < 4 || end.readUInt32LE(end.length - 4) !== 0)
    throw incomplete(file.name, 'has no end of an Arrow stream: it is none, or it was cut off');
  return file;
}

async function fieldsOf(file: ArrowFile): Promise<SpooledField[]> {
  const { reader, close } = await readerOf(file);
  try {
    return (reader.schema.fields as Field<DataType>[]).map(({ name, type }) => ({ name, ...writtenAs(type) }));
  } finally {
    await close();
  }
}

async function* rowsOf(files: readonly ArrowFile[]): AsyncIterable<SpooledRows> {
  for (const file of files) {
    const { reader, close } = await readerOf(file);
    try {
      const writes = (reader.schema.fields as Field<DataType>[]).map(({ type }) => writtenAs(type).write);
      for await (const batch of reader) {
        const columns = writes.map((write, index) => ({ write, vector: batch.getChildAt(index) }));
        yield rowsIn(file, columns, batch.numRows);
      }
    } catch (error) {
      throw notRead(file, error);
    } finally {
      await close();
    }
  }
}

function* rowsIn(
  file: ArrowFile,
  columns: readonly { readonly write: Written['write']; readonly vector: Vector | null }[],
  count: number,
): Generator<SpooledValue[]> {
  try {
    for (let row = 0; row < count; row++)
      yield columns.map(({ write, vector }) => {
        const value: unknown = vector?.get(row) ?? null;
        return value === null ? null : write(value as never);
      });
  } catch (error) {
    throw notRead(file, error);
  }
}

async function readerOf(file: ArrowFile): Promise<{ reader: RecordBatchReader; close: () => Promise<void> }> {
  const handle = await open(file.bytes.path);
  const close = (): Promise<void> => handle.close().catch(() => undefined);
  try {
    const isFile = (await firstBytes(file.bytes, 6)).toString('latin1') === 'ARROW1';
    const reader: RecordBatchReader = isFile
      ? await RecordBatchReader.from(handle)
      : await RecordBatchReader.from(handle.createReadStream({ autoClose: false }));
    return { reader: await reader.open(), close };
  } catch (error) {
    await close();
    throw notRead(file, error);
  }
}

function notRead({ name }: ArrowFile, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  return incomplete(
    name,
    /codec|compress/i.test(message)
      ? 'is compressed in a way that Weft does not read (write it with zstd, or without)'
      : 'cannot be read to its end as Arrow',
    error,
  );
}

function writtenAs(type: DataType): Written {
  if (DataType.isDictionary(type)) return writtenAs(type.dictionary as DataType);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return written('VARCHAR', (text: string) => text);
  if (DataType.isBool(type)) return written('BOOLEAN', (value: boolean) => value);
  if (DataType.isInt(type)) {
    const isWide = type.bitWidth === 64 || (type.bitWidth === 32 && !type.isSigned);
    return written(isWide ? (type.isSigned || type.bitWidth < 64 ? 'BIGINT' : 'UBIGINT') : 'INTEGER', String);
  }
  if (DataType.isFloat(type)) return written('DOUBLE', String);
  if (DataType.isDecimal(type)) {
    const fits = type.precision <= 38;
    return written(fits ? `DECIMAL(${type.precision},${type.scale})` : 'VARCHAR', (value: { toString(): string }) =>
      scaled(value.toString(), type.scale),
    );
  }
  if (DataType.isDate(type)) return written('DATE', (ms: number | Date) => isoOf(Number(ms) * 1000).slice(0, -16));
  if (DataType.isTimestamp(type))
    return written(
      type.timezone === null || type.timezone === undefined ? 'TIMESTAMP' : 'TIMESTAMP WITH TIME ZONE',
      (ms: number) =>
        // Exact to the microsecond, as Postgres is.
        isoOf(Math.round(ms * 1000)),
    );
  if (DataType.isTime(type))
    return written('TIME', (value: number | bigint) => timeOf(Number(value) * PER_UNIT[type.unit]));
  if (DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isStruct(type) || DataType.isMap(type))
    return written('JSON', plainOf);
  // Bytes, intervals, unions: no type of a contract holds them.
  return { type: 'BLOB', write: () => null };
}

/** Microseconds of one unit of time. */
const PER_UNIT: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1_000_000,
  [TimeUnit.MILLISECOND]: 1_000,
  [TimeUnit.MICROSECOND]: 1,
  [TimeUnit.NANOSECOND]: 0.001,
};

function written<Value>(type: string, write: (value: Value) => SpooledValue): Written {
  return { type, write: write };
}

/** `2024-02-29T10:00:00.123456Z` */
function isoOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  return new Date(seconds * 1_000).toISOString().replace('.000Z', `.${String(rest).padStart(6, '0')}Z`);
}

function timeOf(micros: number): string {
  return isoOf(Math.floor(micros)).slice(-16, -1);
}

/** `-12345` with a scale of 2 is `-123.45`. */
function scaled(digits: string, scale: number): string {
  if (scale <= 0) return digits + '0'.repeat(-scale);
  const [, sign = '', whole = ''] = /^(-?)(\d+)$/.exec(digits) ?? [];
  const padded = whole.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** A list or struct as JSON has it: integers beyond its numbers are texts. */
function plainOf(value: object): SpooledValue {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
  ) as SpooledValue;
}
