import { words } from '../../../schema/contract/names.ts';
import type { DescribedType } from './described.ts';
import { counted } from './draft-key.ts';

/** A type that texts may be read as: all of a column's values must, or it stays text. The first that all are wins. */
interface TextType {
  readonly name: string;
  readonly type: DescribedType;
  /** For people: `whole numbers`. */
  readonly what: string;
  /** A condition in DuckDB's SQL on the text `value`, as strict as a refresh is. */
  readonly fits: (value: string) => string;
}

/** Sums are exact where the name says that they are money; measurements are not kept to two decimals. */
const MONEY = new Set(
  'amount price cost total subtotal fee tax vat balance revenue payment paid salary discount usd eur'.split(' '),
);
const INT32 = 'between -2147483648 and 2147483647';

/** From the narrowest. A number that begins with a needless 0 is a name: `00501` is a postcode. */
const TEXT_TYPES: readonly TextType[] = [
  {
    name: 'boolean',
    type: { logicalType: 'boolean' },
    what: 'true or false',
    fits: (value) => `lower(${value}) in ('true', 'false')`,
  },
  {
    name: 'integer',
    type: { logicalType: 'integer', physicalType: 'integer' },
    what: 'whole numbers of 32 bits',
    fits: (value) => `regexp_full_match(${value}, '-?(0|[1-9][0-9]{0,9})') and try_cast(${value} as bigint) ${INT32}`,
  },
  {
    name: 'bigint',
    type: { logicalType: 'integer', physicalType: 'bigint' },
    what: 'whole numbers of 64 bits',
    fits: (value) =>
      `regexp_full_match(${value}, '-?(0|[1-9][0-9]{0,18})') and try_cast(${value} as bigint) is not null`,
  },
  {
    name: 'cents',
    type: { logicalType: 'number', physicalType: 'decimal(18,2)' },
    what: 'numbers of at most two decimals',
    fits: (value) => `regexp_full_match(${value}, '-?(0|[1-9][0-9]{0,14})([.][0-9]{1,2})?')`,
  },
  {
    name: 'number',
    type: { logicalType: 'number', physicalType: 'double precision' },
    what: 'numbers',
    fits: (value) =>
      `regexp_full_match(${value}, '-?(0|[1-9][0-9]*)?([.][0-9]+)?([eE][+-]?[0-9]{1,3})?') and isfinite(try_cast(${value} as double))`,
  },
  {
    name: 'date',
    type: { logicalType: 'date' },
    what: 'days',
    fits: (value) =>
      `regexp_full_match(${value}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') and try_cast(${value} as date) >= date '0001-01-01'`,
  },
  {
    name: 'timestamp',
    type: { logicalType: 'timestamp' },
    what: 'moments',
    fits: (value) =>
      `regexp_full_match(${value}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]{5,18} ?(Z|UTC|[+-][0-9:]{2,5})?)?') and try_cast(${value} as timestamptz) >= timestamptz '0001-01-01 00:00:00+00'`,
  },
  {
    name: 'time',
    type: { logicalType: 'time' },
    what: 'times of day',
    fits: (value) =>
      `regexp_full_match(${value}, '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?') and try_cast(${value} as time) is not null`,
  },
  {
    name: 'uuid',
    type: { logicalType: 'string', physicalType: 'uuid' },
    what: 'UUIDs',
    fits: (value) => `regexp_full_match(lower(${value}), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')`,
  },
  {
    name: 'json',
    type: { logicalType: 'object', physicalType: 'json' },
    what: 'JSON objects or lists',
    fits: (value) => `left(${value}, 1) in ('{', '[') and json_valid(${value})`,
  },
];

/** Names of the types, in order, and the condition of each on an SQL expression. */
export const TEXT_FITS: readonly (readonly [string, (value: string) => string])[] = TEXT_TYPES.map(({ name, fits }) => [
  name,
  fits,
]);

/** The type of a column of texts, by how many of its values fit each type; no evidence where it is plainly text. */
export function textType(
  column: string,
  values: number,
  fitting: Readonly<Record<string, number>>,
): { readonly type: DescribedType; readonly evidence: string | null } {
  const text = { logicalType: 'string' } as const;
  if (values === 0) return { type: text, evidence: 'no value was seen, so it is text' };
  const isMoney = words(column).some((word) => MONEY.has(word));
  const found = TEXT_TYPES.find(({ name }) => fitting[name] === values && (name !== 'cents' || isMoney));
  if (found !== undefined)
    return { type: found.type, evidence: `${counted(values)} of ${counted(values)} values are ${found.what}` };
  const [nearest] = TEXT_TYPES.filter(({ name }) => name !== 'cents' && (fitting[name] ?? 0) >= values / 2).sort(
    (a, b) => (fitting[b.name] ?? 0) - (fitting[a.name] ?? 0),
  );
  if (nearest === undefined) return { type: text, evidence: null };
  const count = fitting[nearest.name] ?? 0;
  return {
    type: text,
    evidence: `only ${counted(count)} of ${counted(values)} values are ${nearest.what}`,
  };
}

/** Types of DuckDB, as a Parquet file has them. Null: there is nothing in the graph for it (BLOB). */
export function typeOfDuckdb(found: string): DescribedType | null {
  if (found.endsWith('[]')) {
    const item = typeOfDuckdb(found.slice(0, -2));
    return item === null || item.items !== undefined || item.logicalType === 'object'
      ? { logicalType: 'object', physicalType: 'json' }
      : {
          logicalType: 'array',
          items: {
            logicalType: item.logicalType,
            ...(item.physicalType !== undefined && { physicalType: item.physicalType }),
          },
        };
  }
  const base = found.replace(/\(.*$/s, '').trim();
  if (base === 'BLOB' || base === 'BIT') return null;
  if (base === 'DECIMAL') return { logicalType: 'number', physicalType: found.toLowerCase() };
  if (base.startsWith('TIMESTAMP')) return { logicalType: 'timestamp' };
  if (base.startsWith('TIME')) return { logicalType: 'time' };
  return PARQUET[base] ?? { logicalType: 'object', physicalType: 'json' };
}

const INTEGER: DescribedType = { logicalType: 'integer', physicalType: 'integer' };
const NUMBER: DescribedType = { logicalType: 'number', physicalType: 'double precision' };
const PARQUET: Readonly<Record<string, DescribedType>> = {
  VARCHAR: { logicalType: 'string' },
  ENUM: { logicalType: 'string' },
  BOOLEAN: { logicalType: 'boolean' },
  TINYINT: INTEGER,
  SMALLINT: INTEGER,
  INTEGER,
  UTINYINT: INTEGER,
  USMALLINT: INTEGER,
  UINTEGER: { logicalType: 'integer', physicalType: 'bigint' },
  BIGINT: { logicalType: 'integer', physicalType: 'bigint' },
  UBIGINT: { logicalType: 'number', physicalType: 'decimal(20,0)' },
  HUGEINT: { logicalType: 'number', physicalType: 'decimal(38,0)' },
  UHUGEINT: { logicalType: 'number', physicalType: 'decimal(39,0)' },
  FLOAT: NUMBER,
  DOUBLE: NUMBER,
  DATE: { logicalType: 'date' },
  UUID: { logicalType: 'string', physicalType: 'uuid' },
};
