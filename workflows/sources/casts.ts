import { identifier } from '../engines/duckdb.ts';

/** How a column of a source becomes a value of a Postgres type: both expressions are DuckDB's SQL. */
export interface Cast {
  /** The value as COPY takes it; null where it does not fit. */
  readonly value: string;
  /** What `value` has under the name that was given for it: computed once a row, before it. Null where it has nothing so. */
  readonly tried: string | null;
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

/** Types whose values a query may yield for a contract's type, as Postgres assigns them, or as an engine holds what it has no type for. */
const ASSIGNED_TO: Readonly<Record<Exclude<Family, 'other' | 'text' | 'json'>, readonly Family[]>> = {
  integer: ['integer', 'number'],
  number: ['integer', 'number'],
  boolean: ['boolean'],
  date: ['date', 'timestamp'],
  timestamp: ['timestamp', 'date'],
  time: ['time', 'timestamp', 'text'],
  uuid: ['uuid', 'text'],
  list: ['list'],
};

/** True where what a query yields may become a value of the contract's type; each value is still looked at. */
export function isAssignable(foundType: string, wanted: { pgType: string; list: boolean }): boolean {
  const family = wanted.list ? 'list' : familyOfPg(wanted.pgType);
  if (family === 'text' || family === 'json' || foundType === '"NULL"') return true;
  return ASSIGNED_TO[family].includes(familyOfDuckdb(foundType));
}

/**
 * The cast of a column of type `foundType` to a Postgres type. Text is checked by the letter: `1.5` is no integer. DuckDB computes again
 * what a CASE names twice: `triedAs` names what a query has ready from a SELECT within it (`Cast.tried`).
 */
export function castOf(
  column: string,
  foundType: string,
  wanted: { pgType: string; list: boolean },
  triedAs?: string,
): Cast {
  const name = identifier(column);
  return wanted.list ? listCast(name, foundType, wanted.pgType) : valueCast(name, foundType, wanted.pgType, triedAs);
}

/**
 * The cast of a column to a value that SQL in an engine can go on with: of the engine's own type, lists and documents among them. DuckDB's SQL.
 * Numbers without end are of 38 digits there.
 */
export function typedCastOf(
  column: string,
  foundType: string,
  { pgType, list }: { pgType: string; list: boolean },
): Cast {
  const bounded = boundedType(pgType);
  const cast = castOf(column, foundType, { pgType: bounded, list });
  const type = engineType(bounded);
  if (list) return { ...cast, value: `try_cast(${identifier(column)} as ${type}[])` };
  return { ...cast, value: `(${cast.value})::${type}` };
}

/** What an engine has in the place of numbers that have as many digits as they like, or more than 38. */
export const WIDEST_NUMERIC = 'numeric(38,18)';

/** The same type, or where it has more digits than engines know, the widest one. */
export function boundedType(pgType: string): string {
  return pgType.startsWith('numeric') && duckdbType(pgType) === null ? WIDEST_NUMERIC : pgType;
}

function engineType(pgType: string): string {
  const family = familyOfPg(pgType);
  if (family === 'text') return 'varchar';
  return family === 'json' ? 'json' : (duckdbType(pgType) ?? 'varchar');
}

/** The cast of one value, given as an expression. */
function valueCast(given: string, foundType: string, pgType: string, triedAs?: string): Cast {
  const found = familyOfDuckdb(foundType);
  const family = familyOfPg(pgType);
  if (family === 'text') return always(found === 'text' ? given : `${given}::varchar`, pgType);
  if (family === 'json') {
    const text = found === 'text' || found === 'json' ? `${given}::varchar` : `to_json(${given})::varchar`;
    return guarded(text, isJson(text), pgType);
  }
  const target = duckdbType(pgType);
  if (target === null) return numberCast(given, found, pgType);
  const tried = sameType(foundType, target) ? null : `try_cast(${given} as ${target})`;
  const value = tried === null ? given : (triedAs ?? tried);
  const laws = [
    ...range(value, target),
    // DuckDB would round '1.5' and read '1e3' and '1_000'.
    ...(family === 'integer' && found === 'text' ? [`not regexp_matches(${given}, '[^0-9 +-]')`] : []),
    // DuckDB reads '0044-03-15 BC' as a day of our era.
    ...(family === 'date' && found === 'text' ? [`not regexp_matches(${given}, '(?i)bc\\s*$')`] : []),
    // DuckDB reads 1e400 as infinite.
    ...(target === 'double' && found === 'text'
      ? [`(isfinite(${value}) or regexp_full_match(trim(${given}), '(?i)[+-]?(nan|inf|infinity)'))`]
      : []),
  ];
  if (tried === null) return laws.length === 0 ? always(value, pgType) : guarded(value, laws, pgType);
  const plain = found === 'text' && triedAs !== undefined ? plainText(given, value, family) : null;
  return {
    value:
      plain !== null
        ? `case when ${plain} then ${given} when ${laws.join(' and ')} then ${value}::varchar end`
        : laws.length === 0
          ? value
          : `case when ${laws.join(' and ')} then ${value} end`,
    tried: triedAs === undefined ? null : tried,
    fits: `(${[`${value} is not null`, ...laws].join(' and ')})`,
    expected: pgType,
  };
}

/** True of a text that is what its value is written as: no law need be asked of it, and nobody need write it anew. Null where laws are cheaper. */
function plainText(given: string, value: string, family: Family): string | null {
  if (family === 'integer') return `${value}::varchar = ${given}`;
  // Of a year of four digits, and of our era.
  return family === 'date' ? `strlen(${given}) = 10 and ${value}::varchar = ${given}` : null;
}

/** Numerics beyond DuckDB's own: the text itself goes through, once it is seen to be a number that Postgres holds. */
function numberCast(given: string, found: Family, pgType: string): Cast {
  const value = found === 'text' ? `trim(${given})` : `${given}::varchar`;
  const [, precision, scale] = /\((\d+)(?:,(\d+))?\)/.exec(pgType) ?? [];
  const wholeDigits = Number(precision) - Number(scale ?? 0);
  const laws = [
    ...(found === 'text'
      ? [`regexp_full_match(${value}, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')`]
      : []),
    // A double ends at 1e308, and a contract's bounds hardly go further.
    ...(precision === undefined || wholeDigits > 308 ? [] : [`abs(try_cast(${given} as double)) < 1e${wholeDigits}`]),
  ];
  return laws.length === 0 ? always(value, pgType) : guarded(value, laws, pgType);
}

/** A Postgres array in its text form, `{"a",NULL}`. */
function listCast(name: string, foundType: string, pgType: string): Cast {
  const isList = familyOfDuckdb(foundType) === 'list';
  const list = isList ? name : `try_cast(${name} as varchar[])`;
  const item = valueCast('item', isList ? foundType.slice(0, -2) : 'VARCHAR', pgType);
  const quotedItem = `'"' || replace(replace((${item.value})::varchar, '\\', '\\\\'), '"', '\\"') || '"'`;
  const value = `'{' || array_to_string(list_transform(${list}, lambda item: coalesce(${quotedItem}, 'NULL')), ',') || '}'`;
  const allFit =
    item.fits === null
      ? ''
      : ` and len(list_filter(${list}, lambda item: item is not null and not coalesce(${item.fits}, false))) = 0`;
  return guarded(value, [`${list} is not null${allFit}`], `${pgType}[]`);
}

function always(value: string, expected: string): Cast {
  return { value, tried: null, fits: null, expected };
}

function guarded(value: string, laws: readonly string[], expected: string): Cast {
  const fits = laws.join(' and ');
  return { value: `case when ${fits} then ${value} end`, tried: null, fits: `(${fits})`, expected };
}

/** Days that both can hold, and that DuckDB does not write with `(BC)`. */
function range(value: string, target: string): string[] {
  if (target === 'date')
    return [`(${value} between date '0001-01-01' and date '5874897-12-31' or not isfinite(${value}))`];
  if (target === 'timestamptz') return [`(${value} >= timestamptz '0001-01-01 00:00:00+00' or not isfinite(${value}))`];
  return [];
}

/** What jsonb takes: DuckDB also lets `NaN`, `[1,]`, a NUL in a text and numbers without end pass. */
function isJson(text: string): string[] {
  const bare = `regexp_replace(${text}, '"(\\\\.|[^"\\\\])*"', '""', 'g')`;
  return [
    `json_valid(${text})`,
    `not regexp_matches(${bare}, '(?i)nan|inf|,\\s*[\\]}]|e[+-]?0*[0-9]{5}')`,
    `strpos(replace(${text}, '\\\\', ''), '\\u0000') = 0`,
  ];
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
