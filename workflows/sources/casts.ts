import { identifier } from '../engines/duckdb.ts';

/** How a column of a source becomes a value of a Postgres type: both expressions are DuckDB's SQL. */
export interface Cast {
  /** The value as COPY takes it; null where it cannot be had. */
  readonly value: string;
  /** True where a value that is not null fits; null where every value fits. */
  readonly fits: string | null;
  /** For people: `integer`. */
  readonly expected: string;
}

type Family =
  'text' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'time' | 'uuid' | 'json' | 'list' | 'other';

/** Types in which a contract's type may lie in a source that has types. All may come as JSON. */
const LIES_IN: Readonly<Record<Exclude<Family, 'other'>, readonly Family[]>> = {
  text: ['text', 'uuid', 'json'],
  integer: ['integer'],
  number: ['integer', 'number'],
  boolean: ['boolean'],
  date: ['date'],
  timestamp: ['timestamp', 'date'],
  time: ['time'],
  uuid: ['uuid', 'text'],
  json: ['text', 'integer', 'number', 'boolean', 'date', 'timestamp', 'time', 'uuid', 'json', 'list', 'other'],
  list: ['list', 'json'],
};

/** True where a typed source's column (Parquet's) can hold what the contract declares: else it was retyped. */
export function holds(foundType: string, wanted: { pgType: string; list: boolean }): boolean {
  const families: readonly Family[] = LIES_IN[wanted.list ? 'list' : familyOfPg(wanted.pgType)];
  return families.includes(familyOfDuckdb(foundType));
}

/** The cast of a column of type `foundType` to a Postgres type. Text is checked by the letter: `1.5` is no integer. */
export function castOf(column: string, foundType: string, wanted: { pgType: string; list: boolean }): Cast {
  const name = identifier(column);
  const expected = wanted.list ? `${wanted.pgType}[]` : wanted.pgType;
  if (wanted.list) return listCast(name, foundType, wanted.pgType);
  const found = familyOfDuckdb(foundType);
  const family = familyOfPg(wanted.pgType);
  if (family === 'text') return { value: found === 'text' ? name : `${name}::varchar`, fits: null, expected };
  if (family === 'json')
    return found === 'text' || found === 'json'
      ? { value: `${name}::varchar`, fits: `json_valid(${name}::varchar)`, expected }
      : { value: `to_json(${name})::varchar`, fits: null, expected };
  const target = duckdbType(wanted.pgType);
  if (found !== 'text') {
    if (target === null) return { value: `${name}::varchar`, fits: null, expected };
    const value = sameType(foundType, target) ? name : `try_cast(${name} as ${target})`;
    return { value, fits: value === name ? null : `${value} is not null`, expected };
  }
  // Without precision Postgres keeps every digit: the text itself goes through, once it is seen to be a number.
  if (target === null)
    return {
      value: `trim(${name})`,
      fits: `regexp_full_match(trim(${name}), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')`,
      expected,
    };
  const value = `try_cast(${name} as ${target})`;
  // DuckDB would round '1.5' and read '1e3' and '1_000'.
  const letters = family === 'integer' ? ` and ltrim(trim(${name}), '+-0123456789') = ''` : '';
  return { value, fits: `(${value} is not null${letters})`, expected };
}

/** A Postgres array in its text form, `{"a",NULL}`. */
function listCast(name: string, foundType: string, pgType: string): Cast {
  const item = familyOfDuckdb(foundType) === 'list' ? name : `try_cast(${name} as varchar[])`;
  const quotedItem = `'"' || replace(replace(item::varchar, '\\', '\\\\'), '"', '\\"') || '"'`;
  const value = `'{' || array_to_string(list_transform(${item}, item -> coalesce(${quotedItem}, 'NULL')), ',') || '}'`;
  const target = duckdbType(pgType);
  const fits = target === null ? `${item} is not null` : `try_cast(${item} as ${target}[]) is not null`;
  return { value, fits, expected: `${pgType}[]` };
}

function familyOfPg(pgType: string): Exclude<Family, 'other' | 'list'> {
  const base = pgType.replace(/\(.*$/, '').trim();
  if (['integer', 'bigint', 'smallint'].includes(base)) return 'integer';
  if (['numeric', 'double precision', 'real'].includes(base)) return 'number';
  if (base.startsWith('timestamp')) return 'timestamp';
  if (base === 'jsonb' || base === 'json') return 'json';
  if (base === 'boolean' || base === 'date' || base === 'time' || base === 'uuid') return base;
  return 'text';
}

function familyOfDuckdb(type: string): Family {
  if (type.endsWith('[]')) return 'list';
  const base = type.replace(/\(.*$/, '').trim();
  if (base === 'VARCHAR' || base === 'ENUM') return 'text';
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(base)) return 'integer';
  if (base === 'DECIMAL' || base === 'DOUBLE' || base === 'FLOAT') return 'number';
  if (base === 'BOOLEAN') return 'boolean';
  if (base === 'DATE') return 'date';
  if (base.startsWith('TIMESTAMP')) return 'timestamp';
  if (base.startsWith('TIME')) return 'time';
  if (base === 'UUID') return 'uuid';
  if (base === 'JSON') return 'json';
  return 'other';
}

/** DuckDB's type of the same values; null where it has none: numerics of more than 38 digits, or of any number. */
function duckdbType(pgType: string): string | null {
  const [, base = pgType, precision] = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?$/.exec(pgType) ?? [];
  if (base === 'numeric')
    return precision !== undefined && Number(precision) <= 38 ? pgType.replace('numeric', 'decimal') : null;
  return base === 'double precision' ? 'double' : base === 'timestamp' ? 'timestamp' : base;
}

function sameType(found: string, target: string): boolean {
  const same: Readonly<Record<string, string>> = {
    INTEGER: 'integer',
    BIGINT: 'bigint',
    DOUBLE: 'double',
    BOOLEAN: 'boolean',
    DATE: 'date',
    TIME: 'time',
    UUID: 'uuid',
    'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  };
  return same[found] === target;
}
