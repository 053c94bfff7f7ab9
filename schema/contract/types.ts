import type { Scalar } from './model.ts';
import type { OdcsProperty } from './odcs.ts';

/** How a property is held and shown. `pgType` is of one value, without `[]`. */
export interface PropertyType {
  readonly scalar: Scalar;
  readonly pgType: string;
  readonly list: boolean;
}

const is = (scalar: Scalar, pgType: string, list = false): PropertyType => ({ scalar, pgType, list });

const TEXT = is('String', 'text');
const INT = is('Int', 'integer');
const BIGINT = is('BigInt', 'bigint');
const FLOAT = is('Float', 'double precision');
const DATE_TIME = is('DateTime', 'timestamptz');
const JSON_TYPE = is('JSON', 'jsonb');

/** Names of types as databases write them; parameters are read apart. Whole numbers below 32 bits are all `integer`. */
const PHYSICAL: Readonly<Record<string, PropertyType>> = {
  ...named('tinyint smallint int2 short int16 mediumint int int4 integer int32 serial i8 i16 i32 u8 u16', INT),
  ...named('bigint int8 int64 long bigserial i64 u32', BIGINT),
  ...named(
    'numeric decimal dec number bignumeric bigdecimal money hugeint uint64 u64 i128 u128',
    is('Decimal', 'numeric'),
  ),
  ...named('float float4 float8 real double binary_float binary_double float32 float64 f32 f64', FLOAT),
  ...named('double precision', FLOAT, ','),
  ...named('boolean bool bit', is('Boolean', 'boolean')),
  ...named('date', is('Date', 'date')),
  ...named(
    'timestamp timestamptz timestamp_ntz timestamp_ltz timestamp_tz datetime datetime2 datetimeoffset',
    DATE_TIME,
  ),
  ...named('timestamp with time zone,timestamp without time zone', DATE_TIME, ','),
  ...named('time timetz', is('Time', 'time')),
  ...named('time without time zone', is('Time', 'time'), ','),
  ...named('json jsonb variant super struct record row object map hstore', JSON_TYPE),
  ...named('uuid uniqueidentifier', is('String', 'uuid')),
  ...named('text string varchar varchar2 nvarchar nvarchar2 char nchar bpchar character clob longtext citext', TEXT),
  ...named('character varying', TEXT, ','),
};

/** The graph's and Postgres' type of a property: the logical type says what it is, the physical one how wide. */
export function propertyType(property: Partial<OdcsProperty>): PropertyType {
  const physical = physicalType(property.physicalType);
  const options = property.logicalTypeOptions ?? {};
  switch (property.logicalType) {
    case undefined:
      return physical ?? TEXT;
    case 'string':
      return physical?.pgType === 'uuid' || physical?.scalar === 'JSON' ? { ...physical, list: false } : TEXT;
    case 'integer':
      if (physical !== null && ['Int', 'BigInt', 'Decimal'].includes(physical.scalar)) return physical;
      return integerType(options);
    case 'number':
      return physical !== null && ['Int', 'BigInt', 'Decimal', 'Float'].includes(physical.scalar) ? physical : FLOAT;
    case 'boolean':
      return is('Boolean', 'boolean');
    case 'date':
      return physical?.scalar === 'DateTime' ? DATE_TIME : is('Date', 'date');
    case 'timestamp':
      return DATE_TIME;
    case 'time':
      return is('Time', 'time');
    case 'object':
    case 'map':
      return JSON_TYPE;
    case 'vector':
      return { ...FLOAT, list: true };
    case 'array':
      return listType(property, physical);
  }
}

/**
 * The same of a column that is there already: as finely as its physical type says, so that what is compared with it is of the type that
 * its index is of.
 */
export function registeredType(property: Partial<OdcsProperty>): PropertyType {
  const type = propertyType(property);
  const physical =
    property.physicalType
      ?.trim()
      .toLowerCase()
      .replace(/\s*\(\s*\d+\s*\)/, '') ?? '';
  if (type.pgType === 'timestamptz' && /^timestamp( without time zone)?(\[\])?$/.test(physical))
    return { ...type, pgType: 'timestamp' };
  return type.pgType === 'double precision' && /^(real|float4)(\[\])?$/.test(physical)
    ? { ...type, pgType: 'real' }
    : type;
}

/** Values that a relationship may compare: types of one family. */
export function typeFamily(pgType: string): string {
  const base = pgType.replace(/\(.*$/, '');
  if (['integer', 'bigint', 'numeric', 'double precision', 'real'].includes(base)) return 'number';
  if (base === 'timestamp') return 'timestamptz';
  return base;
}

function integerType(options: Readonly<Record<string, unknown>>): PropertyType {
  const { format, maximum, minimum } = options;
  if (format === 'i64' || format === 'u32') return BIGINT;
  if (format === 'u64') return is('Decimal', 'numeric(20,0)');
  if (format === 'i128' || format === 'u128') return is('Decimal', 'numeric(39,0)');
  const beyond = (bound: unknown): boolean => typeof bound === 'number' && Math.abs(bound) > 2 ** 31 - 1;
  return beyond(maximum) || beyond(minimum) ? BIGINT : INT;
}

function listType({ items }: Partial<OdcsProperty>, physical: PropertyType | null): PropertyType {
  if (items === undefined) return physical?.list === true ? physical : JSON_TYPE;
  const item = propertyType(items);
  return item.list || item.scalar === 'JSON' ? JSON_TYPE : { ...item, list: true };
}

/** `DECIMAL(18, 2)`, `varchar[50]`, `text[]`, `array<string>`; null where the type is unknown. */
function physicalType(text: string | undefined): PropertyType | null {
  if (text === undefined) return null;
  const lower = text.trim().toLowerCase().slice(0, 100);
  const element = /^(.*)\[\]$/.exec(lower)?.[1] ?? /^(?:array|list)\s*[<(](.*)[>)]$/.exec(lower)?.[1];
  if (element !== undefined) {
    const item = physicalType(element);
    return item === null || item.list || item.scalar === 'JSON' ? JSON_TYPE : { ...item, list: true };
  }
  const [, name = '', precision, scale, rest = ''] =
    /^([a-z_][a-z0-9_ ]*?)\s*(?:[([]\s*(\d+)\s*(?:,\s*(\d+)\s*)?[)\]])?((?: [a-z ]+)?)$/.exec(lower) ?? [];
  const base = `${name}${rest}`;
  const type = Object.hasOwn(PHYSICAL, base) ? PHYSICAL[base] : undefined;
  if (type === undefined) return /^(struct|row|record|map)\b/.test(lower) ? JSON_TYPE : null;
  if (type.scalar !== 'Decimal' || precision === undefined) return type;
  const digits = Number(precision);
  // Postgres holds up to 1,000 digits; without bounds, as many as come.
  if (digits < 1 || digits > 1000 || Number(scale ?? 0) > digits) return type;
  return { ...type, pgType: `numeric(${digits},${Number(scale ?? 0)})` };
}

function named(names: string, type: PropertyType, separator = ' '): Record<string, PropertyType> {
  return Object.fromEntries(names.split(separator).map((name) => [name, type]));
}
