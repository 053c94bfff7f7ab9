import type { SchemaObject, SemanticProperty } from '../../../schema/contract/model.ts';
import { decimal, decimalText, divide, sumDecimals } from './decimal.ts';
import type { Row } from './rows.ts';
import { comparable, compare } from './values.ts';

/** What the dimensions of the mesh are, in plain words, as Postgres writes them. */
const DIMENSIONS: Readonly<Record<string, (row: Row) => string | null>> = {
  punctuality: (row) => (Number(row.get('delay') ?? 0) > 0 ? 'too late' : 'on time'),
  landedDay: (row) => textOf(row, 'landed')?.replace(/ \d\d:[^ ]*/, '') ?? null,
  isHeavy: (row) => {
    const weight = textOf(row, 'weight');
    return weight === null ? null : String(compare(comparable(WEIGHT, weight), comparable(WEIGHT, '2')) > 0);
  },
};

/** And what its measures are. */
const MEASURES: Readonly<Record<string, (rows: readonly Row[]) => string | null>> = {
  lateCount: (rows) => String(lateOf(rows)),
  lateShare: (rows) => {
    const known = rows.filter((row) => textOf(row, 'delay') !== null).length;
    return known === 0 ? null : decimalText(divide(decimal(String(lateOf(rows))), BigInt(known)));
  },
  milesOnTime: (rows) => {
    const miles = rows.filter((row) => row.get('onTime') === 'true').map((row) => decimal(textOf(row, 'distance')!));
    return miles.length === 0 ? null : decimalText(sumDecimals(miles));
  },
};

const WEIGHT = { pgType: 'numeric' };

/** A row with its dimensions beside its properties. */
export function withDimensions({ dimensions }: SchemaObject, row: Row): Row {
  return new Map([...row, ...dimensions.map(({ name }) => [name, DIMENSIONS[name]!(row)] as const)]);
}

/** A measure of a group's rows, as Postgres writes it. */
export function semanticText({ name }: SemanticProperty, rows: readonly Row[]): string | null {
  return MEASURES[name]!(rows);
}

function lateOf(rows: readonly Row[]): number {
  return rows.filter((row) => row.get('punctuality') === 'too late').length;
}

function textOf(row: Row, name: string): string | null {
  const value = row.get(name) ?? null;
  return typeof value === 'string' ? value : null;
}
