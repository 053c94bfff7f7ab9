import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CellValue, type Row, readSheet, SheetNotFoundError } from 'read-excel-file/node';
import { Refusal } from '../../../schema/errors.ts';
import type { Duckdb } from '../../engines/duckdb.ts';
import { distinctNames } from './column-names.ts';
import type { Bytes } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import { lookedAt } from './looked-at.ts';
import { unpackedFile } from './plain-text.ts';
import { COUNTED_ROWS } from './row-number.ts';
import { requireSameShape } from './same-shape.ts';
import { spooledNdjson, type SpooledRows } from '../spool.ts';
import { unpackedSize } from './zip-size.ts';

/** A sheet is read in memory, where it takes several times its size: larger ones are a matter for CSV and Parquet. */
const UNPACKED_MAX_BYTES = 64 * 1024 * 1024;

interface Sheet {
  readonly size: number;
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

/** A sheet of an Excel workbook (.xlsx). A cell becomes text as it would in CSV: dates as ISO 8601 has them. */
export async function openExcel(ask: FileAsk<'excel'>, db: Duckdb): Promise<FileTable> {
  const { label, files, object } = ask;
  const brought = await lookedAt(files, async (file) => ({
    name: file.name,
    bytes: await unpackedFile(file, db.folder),
  }));
  await db.takePlace();
  const sheets: Sheet[] = [];
  let size = 0;
  for (const file of brought) {
    const sheet = await sheetOf(file, ask);
    if ((size += sheet.size) > UNPACKED_MAX_BYTES) throw tooLarge(label);
    sheets.push(sheet);
  }
  const headers = sheets.map(({ header }) => header);
  requireSameShape(label, files, headers, { ordered: true });
  const names = distinctNames(label, headers[0] ?? [], object);
  const rows = sheets.flatMap((sheet) => sheet.rows);
  return {
    columns: names.map(({ name }) => ({ name, type: 'VARCHAR' })),
    typed: false,
    read: async () => ({
      relation: await spooledNdjson(
        join(db.folder, `${randomUUID()}.ndjson`),
        names.map(({ alias }) => ({ name: alias, type: 'VARCHAR' })),
        texts(rows, names.length),
      ),
      rowNumber: COUNTED_ROWS,
      brokenLines: () => Promise.resolve([]),
    }),
  };
}

async function sheetOf(file: { name: string; bytes: Bytes }, { format }: FileAsk<'excel'>): Promise<Sheet> {
  if (file.bytes.size > UNPACKED_MAX_BYTES) throw tooLarge(file.name);
  const packed = await readFile(file.bytes.path);
  const size = unpackedSize(packed, UNPACKED_MAX_BYTES);
  if (size === null) throw incomplete(file.name, 'is no whole Excel workbook (.xlsx)');
  if (size > UNPACKED_MAX_BYTES) throw tooLarge(file.name);
  const all = await readSheet(packed, format.sheet, { trim: false }).catch((error: unknown) => {
    if (error instanceof SheetNotFoundError)
      throw new Refusal(
        'SOURCE_DRIFTED',
        `The source file ${JSON.stringify(file.name)} has no sheet ${JSON.stringify(format.sheet)}.`,
        { cause: error },
      );
    throw incomplete(file.name, 'is no whole Excel workbook (.xlsx)', error);
  });
  const [header, ...rows] = all.slice(format.headerRow - 1);
  if (header === undefined) throw incomplete(file.name, `has no row ${format.headerRow}, which is to be its header`);
  return {
    size,
    header: header.map((cell) => textOf(cell) ?? ''),
    rows: rows.filter((row) => row.some((cell) => cell !== null)),
  };
}

async function* texts(rows: readonly Row[], width: number): AsyncIterable<SpooledRows> {
  for (const row of rows) yield [Array.from({ length: width }, (_, index) => textOf(row[index] ?? null))];
}

/** The type of the package says the class of dates where it means one. */
function textOf(cell: CellValue | Date | null): string | null {
  if (cell === null) return null;
  if (cell instanceof Date) return cell.toISOString().replace('T00:00:00.000Z', '');
  return String(cell);
}

function tooLarge(name: string): Refusal {
  return new Refusal(
    'SOURCE_INCOMPLETE',
    `The source ${JSON.stringify(name)} is larger than the ${UNPACKED_MAX_BYTES} bytes up to which Excel workbooks are read: save it as CSV or Parquet.`,
  );
}
