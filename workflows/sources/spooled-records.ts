import { at, textOf } from './exact-json.ts';
import type { SourceColumn, SourceRows } from './source.ts';
import { spooled, spooledNdjson, type SpooledRows, type SpooledValue } from './spool.ts';

/** A record of JSON. */
export type Item = Readonly<Record<string, unknown>>;

export interface SpooledRecords {
  readonly rows: SourceRows;
  readonly count: number;
  /** Columns that no record had. */
  readonly never: readonly string[];
}

/** Writes what records have at the columns' places (`address.city`) into a file, as text: exactly as it is written in them. */
export async function spooledRecords(
  file: string,
  columns: readonly SourceColumn[],
  batches: AsyncIterable<readonly Item[]>,
): Promise<SpooledRecords> {
  const seen: Seen = { count: 0, columns: columns.map(() => false) };
  const relation = await spooledNdjson(file, columns, valuesOf(columns, batches, seen));
  return {
    rows: spooled(relation, []),
    count: seen.count,
    never: columns.flatMap(({ name }, index) => (seen.columns[index] === true ? [] : [name])),
  };
}

interface Seen {
  count: number;
  readonly columns: boolean[];
}

async function* valuesOf(
  columns: readonly SourceColumn[],
  batches: AsyncIterable<readonly Item[]>,
  seen: Seen,
): AsyncGenerator<SpooledRows> {
  for await (const items of batches) yield valuesIn(columns, items, seen);
}

function* valuesIn(columns: readonly SourceColumn[], items: readonly Item[], seen: Seen): Generator<SpooledValue[]> {
  for (const item of items) {
    seen.count += 1;
    yield columns.map(({ name, type }, index) => {
      const value = at(item, name);
      if (value !== undefined) seen.columns[index] = true;
      return type === 'JSON' && Array.isArray(value) ? value.map(textOf) : textOf(value);
    });
  }
}
