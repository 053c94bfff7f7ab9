import type { Property } from '../../../schema/contract/model.ts';
import { boundedType } from '../../sources/casts.ts';
import { literal } from '../duckdb.ts';
import { BETWEEN, MISFIT, VALUE_LETTERS } from '../typed-select.ts';

/** A name as it stands in Spark's SQL, whatever letters it has. */
export function sparkName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** DuckDB's name of a type of Spark's, by which both are held against a contract: `array<int>` is `INTEGER[]`. */
export function familiarType(sparkType: string): string {
  const item = /^array<(.*)>$/.exec(sparkType)?.[1];
  if (item !== undefined) return `${familiarType(item)}[]`;
  const base = sparkType.replace(/\(.*$/, '');
  return FAMILIAR[base] ?? (/^(struct|map|variant)/.test(base) ? 'JSON' : sparkType.toUpperCase());
}

const FAMILIAR: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  char: 'VARCHAR',
  varchar: 'VARCHAR',
  int: 'INTEGER',
  bigint: 'BIGINT',
  decimal: 'DECIMAL',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  void: '"NULL"',
};

/** Spark's type of the values of one of Postgres'; those that it lacks (uuid, time, jsonb) are texts. */
export function sparkType(pgType: string): string {
  const type = boundedType(pgType);
  if (type.startsWith('numeric')) return type.replace('numeric', 'decimal');
  return TYPES[type] ?? 'string';
}

const TYPES: Readonly<Record<string, string>> = {
  integer: 'int',
  smallint: 'smallint',
  bigint: 'bigint',
  'double precision': 'double',
  real: 'float',
  boolean: 'boolean',
  date: 'date',
  timestamptz: 'timestamp',
  timestamp: 'timestamp_ntz',
};

/** SQL: a value as a property's type; null where it is none. `found` is Spark's type of it. */
export function castIn(value: string, found: string, { pgType, list }: Pick<Property, 'pgType' | 'list'>): string {
  const type = sparkType(pgType);
  if (list)
    return found === 'string' ? `from_json(${value}, 'array<${type}>')` : `try_cast(${value} as array<${type}>)`;
  if (type === 'string')
    return /^(array|struct|map|variant)/.test(found) ? `to_json(${value})` : `cast(${value} as string)`;
  if (found === 'string') {
    const text = `trim(${value})`;
    // Spark also reads '2024-01' as a day, and '1e3' and '1.' as an integer in some places.
    if (type === 'date') return `case when ${text} rlike '^[0-9]+-[0-9]+-[0-9]+$' then try_cast(${text} as date) end`;
    if (/int$/.test(type)) return `case when ${text} rlike '^[+-]?[0-9]+$' then try_cast(${text} as ${type}) end`;
    return `try_cast(${text} as ${type})`;
  }
  // Postgres rounds where Spark cuts off.
  if (/int$/.test(type) && /^decimal/.test(found)) return `try_cast(round(${value}) as ${type})`;
  if (/int$/.test(type) && /^(double|float)/.test(found)) return `try_cast(rint(${value}) as ${type})`;
  return found === type ? value : `try_cast(${value} as ${type})`;
}

/** SQL: a column of what a query yields as its property's type; a value that does not fit ends the query with MISFIT. */
export function typedOut(column: string, found: string, property: Property, pgType: string): string {
  const name = sparkName(column);
  const value = castIn(name, found, property);
  if (value === name || sparkType(property.pgType) === 'string') return value;
  const words = [MISFIT, property.column].map(literal).join(', ');
  const told = `concat_ws(${literal(BETWEEN)}, ${words}, left(cast(${name} as string), ${VALUE_LETTERS}), ${literal(pgType)})`;
  return `case when ${name} is null then null when ${value} is not null then ${value} else raise_error(${told}) end`;
}
