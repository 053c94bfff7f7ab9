import type { Property, Scalar } from '../../schema/contract/model.ts';

/** How values of a Postgres type are compared, bound and shown. */
export type Family =
  | 'integer'
  | 'numeric'
  | 'float'
  | 'text'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'time'
  | 'uuid'
  | 'json';

/** Postgres type without its modifiers -> family, and the type that parameters are cast to. */
const TYPES: Readonly<Record<string, readonly [Family, string]>> = {
  // Parameters are bigint for all three: Postgres compares across integer types by index.
  smallint: ['integer', 'bigint'],
  int2: ['integer', 'bigint'],
  integer: ['integer', 'bigint'],
  int: ['integer', 'bigint'],
  int4: ['integer', 'bigint'],
  bigint: ['integer', 'bigint'],
  int8: ['integer', 'bigint'],
  // Without precision: a cast to numeric(18,2) would round the value that is compared with.
  numeric: ['numeric', 'numeric'],
  decimal: ['numeric', 'numeric'],
  real: ['float', 'real'],
  float4: ['float', 'real'],
  'double precision': ['float', 'double precision'],
  float8: ['float', 'double precision'],
  text: ['text', 'text'],
  varchar: ['text', 'text'],
  'character varying': ['text', 'text'],
  char: ['text', 'bpchar'],
  character: ['text', 'bpchar'],
  bpchar: ['text', 'bpchar'],
  boolean: ['boolean', 'boolean'],
  bool: ['boolean', 'boolean'],
  date: ['date', 'date'],
  timestamp: ['timestamp', 'timestamp'],
  'timestamp without time zone': ['timestamp', 'timestamp'],
  timestamptz: ['timestamptz', 'timestamptz'],
  'timestamp with time zone': ['timestamptz', 'timestamptz'],
  time: ['time', 'time'],
  'time without time zone': ['time', 'time'],
  uuid: ['uuid', 'uuid'],
  json: ['json', 'json'],
  jsonb: ['json', 'jsonb'],
};

function typeOf(pgType: string): readonly [Family, string] {
  const base = pgType
    .toLowerCase()
    .replace(/\(\s*\d+\s*(,\s*-?\d+\s*)?\)/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const type = Object.hasOwn(TYPES, base) ? TYPES[base] : undefined;
  if (type === undefined) throw new Error(`Columns of the Postgres type "${pgType}" cannot be read`);
  return type;
}

/** The family of a property's values (of one item, where it is a list). Throws on a type that the graph cannot show. */
export function familyOf(property: Pick<Property, 'pgType'>): Family {
  return typeOf(property.pgType)[0];
}

/** The type, from a closed list, that parameters compared with the property are cast to. */
export function parameterType(property: Pick<Property, 'pgType'>): string {
  return typeOf(property.pgType)[1];
}

/**
 * SQL for a property's value as JSON text in the form of its scalar; NULL where there is none. What the scalar cannot
 * say (NaN, infinity, a year of five digits) comes as a string that the scalar refuses, so the error is at its path.
 */
export function propertyJson(expression: string, property: Property): string {
  const family = familyOf(property);
  if (!property.list) return scalarJson(expression, family, property.scalar);
  const item = scalarJson('item.value', family, property.scalar);
  return (
    `case when ${expression} is not null then (select '[' || coalesce(string_agg(coalesce(${item}, 'null'), ',' order by item.ordinal), '') || ']'` +
    ` from unnest(${expression}) with ordinality as item(value, ordinal)) end`
  );
}

/** SQL for one value of a family as JSON text in the form of a scalar; NULL where there is none. */
export function scalarJson(expression: string, family: Family, scalar: Scalar): string {
  switch (family) {
    case 'integer':
      return scalar === 'Int' || scalar === 'Float' ? `(${expression})::text` : inQuotes(`(${expression})::text`);
    case 'numeric':
      // NaN is no JSON number: to_json quotes it, and the scalar refuses it.
      return scalar === 'Float' || scalar === 'Int'
        ? `to_json(${expression})::text`
        : inQuotes(`(${expression})::text`);
    case 'float':
      return scalar === 'Float' ? `to_json(${expression})::text` : inQuotes(`(${expression})::text`);
    case 'boolean':
      return scalar === 'Boolean' ? `(${expression})::text` : inQuotes(`(${expression})::text`);
    case 'json':
      return `(${expression})::text`;
    case 'timestamp':
    case 'timestamptz':
      return timestampJson(expression);
    case 'uuid':
    case 'text':
    case 'date':
    case 'time':
      return `to_json(${expression})::text`;
  }
}

/** RFC 3339 in UTC (the session's time zone, see run-statement.ts): milliseconds, and microseconds where the value has them. */
function timestampJson(expression: string): string {
  return (
    `case when ${expression} is null then null` +
    ` when ${expression} < '0001-01-01' or ${expression} >= '10000-01-01' then to_json((${expression})::text)::text` +
    ` when date_trunc('milliseconds', ${expression}) = ${expression} then to_char(${expression}, '"\\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\\""')` +
    ` else to_char(${expression}, '"\\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\\""') end`
  );
}

function inQuotes(text: string): string {
  return `'"' || ${text} || '"'`;
}
