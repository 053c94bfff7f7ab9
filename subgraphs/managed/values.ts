import type { EnumMember, Property, Scalar, Value } from '../../schema/contract/model.ts';
import { concatenated, type JsonSql } from './json-sql.ts';

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
export function familyOf(property: Pick<Value, 'pgType'>): Family {
  return typeOf(property.pgType)[0];
}

/** The type, from a closed list, that parameters compared with the property are cast to. */
export function parameterType(property: Pick<Value, 'pgType'>): string {
  return typeOf(property.pgType)[1];
}

/** How a value is to stand in JSON. `strict` as in Draft. */
export interface Saying {
  readonly strict: boolean;
  /** False where the column may be NULL although the graph says that it has a value. */
  readonly nullable: boolean;
}

/** SQL for a property's value as JSON text in the form of its scalar or enum. */
export function propertyJson(expression: string, property: Value, saying: Saying): JsonSql {
  const value = (item: string): Said =>
    property.enum === null ? saidSql(item, holding(property), property.scalar) : memberSql(item, property.enum.members);
  if (property.scalar === 'JSON' && saying.strict && !saying.nullable)
    // The data's own null is one in the graph too.
    return { sql: `nullif((${expression})::text, 'null')`, sound: false };
  return property.list
    ? listJson(expression, value('item.value'), saying)
    : said(expression, value(expression), saying);
}

/** SQL for one value of a family as JSON text in the form of a scalar. */
export function scalarJson(expression: string, family: Family, scalar: Scalar, saying: Saying): JsonSql {
  return said(expression, saidSql(expression, { family, isBounded: false, isSure: true }, scalar), saying);
}

/** The same of the least or the greatest value of a property. */
export function extremeJson(expression: string, property: Property, saying: Saying): JsonSql {
  const held = { ...holding(property), isBounded: false };
  return said(expression, saidSql(expression, held, property.scalar), saying);
}

/** What is known of a column's values by its type. */
interface Holding {
  readonly family: Family;
  /** Its type has a precision, so that Postgres takes no infinity for it. */
  readonly isBounded: boolean;
  /** It is of the very type: a registered column of an `Int` may by now hold more than 32 bits. */
  readonly isSure: boolean;
}

function holding(property: Value): Holding {
  const isSure = property.registered !== true;
  return { family: familyOf(property), isBounded: isSure && property.pgType.includes('('), isSure };
}

/** How a value is said in JSON. */
interface Said {
  /** NULL where the value is. */
  readonly text: string;
  /** Whether the text stands in quotes in JSON; nothing in it has to be escaped then. */
  readonly isQuoted: boolean;
  /** Which values the graph can say; null: all of them. */
  readonly when: string | null;
  /** The text, NULL where the graph cannot say the value. */
  readonly checked: string;
  /** JSON of a value that the graph cannot say, for GraphQL to refuse it. */
  readonly otherwise: string;
}

function said(
  expression: string,
  { text, isQuoted, when, checked, otherwise }: Said,
  { strict, nullable }: Saying,
): JsonSql {
  const whole = isQuoted ? inQuotes : (sql: string) => sql;
  if (!strict && when !== null)
    return {
      sql: `case when ${expression} is null then 'null' when ${when} then ${whole(text)} else ${otherwise} end`,
      sound: true,
    };
  if (!nullable) return { ...concatenated(isQuoted ? [`'"'`, checked, `'"'`] : [checked]), sound: when === null };
  if (when === null) return { sql: `coalesce(${whole(text)}, 'null')`, sound: true };
  return { sql: `case when ${expression} is null then 'null' else ${whole(checked)} end`, sound: false };
}

function listJson(expression: string, item: Said, { strict, nullable }: Saying): JsonSql {
  const rows = `from unnest(${expression}) with ordinality as item(value, ordinal)`;
  const { sql } = said('item.value', item, { strict, nullable: !strict });
  const list = `(select '[' || coalesce(string_agg(${sql}, ',' order by item.ordinal), '') || ']' ${rows})`;
  if (!strict) return { sql: `case when ${expression} is null then 'null' else ${list} end`, sound: true };
  // No item of a list is null in the graph.
  const whole = `${nullable ? '' : `${expression} is not null and `}not exists (select ${rows} where item.value is null${item.when === null ? '' : ` or not (${item.when})`})`;
  const missing = nullable ? `when ${expression} is null then 'null' ` : '';
  return { sql: `case ${missing}when ${whole} then ${list} end`, sound: false };
}

/** A member's name for its value in the data; what no member stands for is refused by its enum, as it cannot be a name. */
function memberSql(expression: string, members: readonly EnumMember[]): Said {
  const values = members.map(({ value }) => textSql(value)).join(', ');
  const names = members.map(({ name, value }) => ` when ${textSql(value)} then '"${name}"'`).join('');
  const text = `case (${expression})::text${names} end`;
  return {
    text,
    isQuoted: false,
    when: `(${expression})::text in (${values})`,
    checked: text,
    otherwise: `to_json(array[(${expression})::text])::text`,
  };
}

function textSql(value: string): string {
  return value.includes('\\')
    ? ` E'${value.replace(/\\/g, '\\\\').replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;
}

/** Within what a Float can be: NaN, which Postgres has above all numbers, and the infinities are no numbers of JSON. */
const finite = (expression: string): string =>
  `(${expression})::double precision between '-1.7976931348623157e308' and '1.7976931348623157e308'`;

function saidSql(expression: string, { family, isBounded, isSure }: Holding, scalar: Scalar): Said {
  const text = `(${expression})::text`;
  const otherwise = `to_json(${text})::text`;
  const always = (sql: string, isQuoted: boolean): Said => ({
    ...{ text: sql, isQuoted, when: null },
    ...{ checked: sql, otherwise },
  });
  const within = (when: string, isQuoted: boolean, sql = text): Said => ({
    ...{ text: sql, isQuoted, when },
    ...{ checked: `case when ${when} then ${sql} end`, otherwise },
  });
  switch (family) {
    case 'integer':
      if (scalar === 'Int' && !isSure) return within(`${expression} between -2147483648 and 2147483647`, false);
      return always(text, scalar !== 'Int' && scalar !== 'Float');
    case 'numeric':
      if (scalar === 'Int')
        return within(
          `${expression} = trunc(${expression}) and ${expression} between -2147483648 and 2147483647`,
          false,
        );
      if (scalar === 'Float') return within(finite(expression), false);
      if (isBounded)
        return {
          ...within(`${expression} <> 'NaN'`, true),
          checked: `(nullif(${expression}, 'NaN'))::text`,
        };
      // Above all numbers, NaN too, and below them.
      return within(`${expression} > '-Infinity' and ${expression} < 'Infinity'`, true);
    case 'float':
      return within(finite(expression), scalar !== 'Float');
    case 'boolean':
      return always(text, scalar !== 'Boolean');
    case 'json':
      return always(text, false);
    case 'timestamp':
    case 'timestamptz':
      return within(`${expression} >= '0001-01-01' and ${expression} < '10000-01-01'`, true, timestampSql(expression));
    case 'date':
      return within(`${expression} between '0001-01-01' and '9999-12-31'`, true);
    case 'time':
      return within(`${expression} < '24:00'`, true);
    case 'uuid':
      return always(text, true);
    case 'text':
      return always(`to_json(${expression})::text`, false);
  }
}

/** RFC 3339 in UTC (the session's time zone, see lane.ts): milliseconds, and microseconds where the value has them. */
function timestampSql(expression: string): string {
  return (
    `case when date_trunc('milliseconds', ${expression}) = ${expression} then to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` +
    ` else to_char(${expression}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end`
  );
}

function inQuotes(text: string): string {
  return `'"' || ${text} || '"'`;
}
