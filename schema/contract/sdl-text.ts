import { Kind, print } from 'graphql';
import {
  DATE_UNITS,
  dateUnits,
  FILTER_OPERATORS,
  namedType,
  partScalar,
  partValues,
  rowValues,
  AGGREGATE_PARTS,
} from './graph-names.ts';
import type { Property, SchemaObject } from './model.ts';

export type Lines = readonly string[];
/** No definition. */
export const blank: Lines = [];

/** `head { … }`; nothing where there are no lines, since GraphQL knows no empty types. */
export function block(head: string, lines: Lines): Lines {
  return lines.length === 0 ? blank : [`${head} {`, ...lines, '}'];
}

/** A description as a block string, indented. Control characters are left out: they may come from anyone. */
export function described(text: string | null, indent: number): Lines {
  const clean =
    text
      ?.replace(/\r\n?/g, '\n')
      .replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, '')
      .trim() ?? '';
  if (clean === '') return blank;
  const printed = print({ kind: Kind.STRING, value: clean, block: true });
  return printed.split('\n').map((line) => (line === '' ? '' : `${' '.repeat(indent)}${line}`));
}

/** Scalars, filters, the sort direction and the units of dates, as far as the objects use them: alike in every subgraph that has them. */
export function sharedDefinitions(objects: readonly SchemaObject[], keys: readonly Property[]): Lines[] {
  const used = objects.flatMap(rowValues);
  const filters = new Set(used.filter((value) => value.enum === null).map(({ scalar }) => scalar));
  const parts = objects.flatMap((object) =>
    AGGREGATE_PARTS.flatMap((part) => partValues(object, part).map((value) => partScalar(value, part))),
  );
  const shown = [...objects.flatMap(({ properties, measures }) => [...properties, ...measures]), ...keys];
  const types = new Set([...shown.map(namedType), ...parts, ...(objects.length > 0 ? ['BigInt'] : [])]);
  return [
    ...Object.entries(SCALARS).flatMap(([name, description]) =>
      types.has(name) ? [[...described(description, 0), `scalar ${name}`]] : [],
    ),
    objects.length === 0 ? blank : block('enum SortDirection', ['  ASC', '  DESC']),
    used.some((value) => dateUnits(value).length > 0)
      ? block(
          'enum DateUnit',
          DATE_UNITS.map((unit) => `  ${unit}`),
        )
      : blank,
    ...[...filters].sort().flatMap((scalar) =>
      scalar === 'JSON'
        ? []
        : [
            block(
              `input ${scalar}Filter`,
              FILTER_OPERATORS[scalar].map((operator) => `  ${operator}: ${operand(operator, scalar)}`),
            ),
          ],
    ),
  ];
}

function operand(operator: string, scalar: string): string {
  if (operator === 'isNull') return 'Boolean';
  return operator === 'in' || operator === 'notIn' ? `[${scalar}!]` : scalar;
}

const SCALARS = {
  BigInt: 'A whole number of any size, as a string.',
  Decimal: 'An exact decimal number, as a string.',
  Date: 'A day: `2026-01-31`.',
  DateTime: 'RFC 3339, UTC: `2026-01-31T09:30:00.000Z`.',
  Time: 'A time of day: `09:30:00`.',
  JSON: 'Any JSON value.',
} as const;
