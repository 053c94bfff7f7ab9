import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { columnType } from '../../schema/contract/tables.ts';
import { matchedColumns, type YieldedColumn } from '../refresh/matched-columns.ts';
import type { OutputSql } from '../refresh/output-sql.ts';
import { castOf, isAssignable } from '../sources/casts.ts';
import { identifier, literal } from './duckdb.ts';

/** Begins the error of a value that is not of its column's type; the column, the value and the type follow, by NUL's neighbour. */
export const MISFIT = 'weft misfit';
export const BETWEEN = '\u0001';

/** Longest part of a value that a message tells. */
export const VALUE_LETTERS = 60;

/** What an error says that begins with MISFIT somewhere: `n is "x", which is no integer`. */
export function misfitWords(message: string): string {
  const [, column = '', value = '', rest = ''] = message.slice(message.indexOf(MISFIT)).split(BETWEEN);
  const [type = ''] = /^[a-z ]+(?:\([\d, ]+\))?(?:\[\])?/.exec(rest) ?? [];
  return `${column} is ${JSON.stringify(value)}, which is no ${type.trim()}`;
}

/**
 * What a query yields in DuckDB as COPY takes it: each property by its column, of its type; a value that does not fit ends it with
 * MISFIT. Refuses with TRANSFORM_MISMATCH.
 */
export function typedSelect(object: SchemaObject, source: OutputSql, yielded: readonly YieldedColumn[]): string {
  const columns = matchedColumns(object, source, yielded, ({ type }, property) => isAssignable(type, property));
  const values = columns.map((column, index) => typed(column, object.properties[index]!));
  return `select ${values.join(', ')} from (\n${source.sql}\n) as "output"`;
}

function typed({ name, type }: YieldedColumn, property: Property): string {
  const { value, fits } = castOf(name, type, property);
  if (fits === null) return value;
  const column = identifier(name);
  const told = `concat_ws(${literal(BETWEEN)}, ${literal(MISFIT)}, ${literal(property.column)}, left(${column}::varchar, ${VALUE_LETTERS}), ${literal(columnType(property))})`;
  return `case when ${column} is null then null when ${fits} then ${value} else error(${told}) end`;
}
