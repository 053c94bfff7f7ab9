import { type Duckdb, literal } from '../../engines/duckdb.ts';
import type { SourceColumn } from '../source.ts';
import type { Bytes } from './found-files.ts';
import { asIncomplete, incomplete } from './incomplete.ts';
import { lookedAt } from './looked-at.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import { lastBytes } from './packing.ts';
import { unpackedFile } from './plain-text.ts';
import { ROW_NUMBER } from './row-number.ts';
import { requireSameShape } from './same-shape.ts';

/** Parquet, which has types; columns are told by their names. */
export async function openParquet({ label, files, object }: FileAsk, db: Duckdb): Promise<FileTable> {
  const brought = await lookedAt(files, async (file) => {
    const bytes = await unpackedFile(file, db.folder);
    if ((await lastBytes(bytes, 4)).toString('latin1') !== 'PAR1')
      throw incomplete(file.name, 'has no Parquet footer at its end');
    return { name: file.name, bytes };
  });
  const shapes: (readonly SourceColumn[])[] = [];
  for (const { name, bytes } of brought)
    shapes.push(
      await db.columns(relationOf([bytes])).catch((error: unknown) => {
        throw asIncomplete(name, error);
      }),
    );
  const declared = new Set(object.properties.map(({ sourceColumn }) => sourceColumn));
  const read = shapes.map((shape) => shape.filter(({ name }) => declared.has(name)));
  requireSameShape(
    label,
    files,
    read.map((shape) => shape.map(({ name, type }) => `${name} ${type}`)),
    { ordered: false },
  );
  const parts = brought.map(({ bytes }) => bytes);
  return {
    columns: allOf(shapes),
    typed: true,
    read: async () => ({
      relation: relationOf(parts),
      paths: parts.map(({ path }) => path),
      rowNumber: parts.length === 1 ? ROW_NUMBER : await numberedOverAll(parts, db),
      brokenLines: () => Promise.resolve([]),
    }),
  };
}

function relationOf(files: readonly Bytes[]): string {
  return `read_parquet([${files.map(({ path }) => literal(path)).join(', ')}], file_row_number=true)`;
}

/** A column that only some files have is new, and none of the contract's. */
function allOf(shapes: readonly (readonly SourceColumn[])[]): SourceColumn[] {
  return [...new Map(shapes.flat().map((column) => [column.name, column])).values()];
}

/** The number of a row among those of all files: in each they begin at 0. */
async function numberedOverAll(files: readonly Bytes[], db: Duckdb): Promise<string> {
  const starts: number[] = [];
  let rows = 0;
  for (const { path } of files) {
    starts.push(rows);
    const [footer] = await db.rows<{ rows: string }>(
      `select num_rows as rows from parquet_file_metadata(${literal(path)})`,
    );
    rows += Number(footer?.rows ?? 0);
  }
  return `(${ROW_NUMBER} + [${starts.join(', ')}][file_index::bigint + 1])`;
}
