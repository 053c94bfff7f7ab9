import fc from 'fast-check';
import type { ManagedProducts, Property, SchemaObject } from '../../schema/contract/model.ts';
import { kindOf } from './oracle/values.ts';

/** Values as Postgres reads them, by property name: texts, numbers, and arrays of them; null where there is none. */
export type GivenRow = Readonly<Record<string, unknown>>;

/** The rows of each object, by its type's name; objects of products without data are absent. */
export type Dataset = ReadonlyMap<string, readonly GivenRow[]>;

/** How many rows are drawn of an object; of those with one key the last stays. */
const ROWS_DRAWN = [0, 2, 8, 15, 25];

/** Texts that quoting, patterns, encodings and orders trip over. */
const TEXTS = [
  '',
  ' ',
  'a',
  'A',
  'ab',
  'b',
  'B',
  '%',
  '_',
  'a%',
  'a_',
  '\\',
  'a\\%',
  "O'Hare",
  '"q"',
  '{}',
  'null',
  '$1',
  '--',
].concat([
  'ÅÄÖ',
  'åäö',
  'ß',
  'ﬁ',
  '😀',
  '😀a',
  '\u2028',
  'a\nb\tc',
  '\u0001',
  '\u007f',
  'z'.repeat(300),
  '__proto__',
  'constructor',
  'NaN',
]);

const KEYS: Readonly<Partial<Record<ReturnType<typeof kindOf>, readonly unknown[]>>> = {
  text: ['SEA', 'JFK', 'a', 'å', "O'H", '"q"', '\\', '😀', '7', 'x y'],
  integer: [0, 1, -1, 2, 7, 2_147_483_647, -2_147_483_648],
  uuid: ['0', '1', '9', 'a', 'f'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`),
};
const BIG_KEYS = ['0', '1', '-1', '7', '42', '9223372036854775807', '-9223372036854775808', '9007199254740993'];

/** What the graph has values for, by kind; then what it has none for. */
const VALUES: Readonly<Record<string, { readonly sayable: readonly unknown[]; readonly others: readonly unknown[] }>> =
  {
    integer: { sayable: [0, 1, -1, 5, 100, 2_147_483_647, -2_147_483_648], others: [] },
    numeric: { sayable: ['0', '1', '-1', '0.5', '0.001', '-12.25', '99999999.5'], others: ['NaN'] },
    boolean: { sayable: [true, false], others: [] },
    date: {
      sayable: ['2001-01-01', '2024-02-29', '2024-03-03', '1969-12-31', '0001-01-01', '9999-12-31'],
      others: ['infinity', '-infinity', '10000-01-01', '0044-03-15 BC'],
    },
    timestamptz: {
      sayable: [
        '2001-01-01T00:00:00Z',
        '2001-01-01T00:00:00.000001Z',
        '2001-01-01T00:00:00.5Z',
        '1969-12-31T23:59:59.999999Z',
      ].concat(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '2024-02-29T12:00:00+05:30']),
      others: ['infinity', '-infinity', '10000-01-01T00:00:00Z', '0001-12-31T23:59:59Z BC'],
    },
    time: { sayable: ['00:00:00', '12:30:00', '12:30:00.5', '23:59:59.999999'], others: ['24:00:00'] },
    uuid: { sayable: KEYS.uuid!, others: [] },
  };

/** Floats whose sums do not depend on their order. */
const EVEN_FLOATS = [0, 0.5, -0.125, 3, 1024.75, -7];
const EXTREME_FLOATS = [
  1.7976931348623157e308,
  -1.7976931348623157e308,
  5e-324,
  0.1,
  1 / 3,
  1e21,
  1e-7,
  '-0',
  123456789.123,
];
const DECIMALS_WITHOUT_BOUNDS = [`1${'0'.repeat(60)}`, `0.${'0'.repeat(50)}1`, '-3.14159', '2.5', '0', '100'];
const LONG_DECIMALS = ['9999999999999999999999999999.9999999999', '-0.0000000001', '1.5', '0', '123.4567890123'];

/** JSON as jsonb can hold it. */
const JSONS = [
  null,
  true,
  0,
  -1.5,
  1e300,
  '',
  'å"\\\n',
  [],
  {},
  [null, [1]],
  { a: { b: [] } },
  { b: 1, aa: 2, a: 3 },
].concat([JSON.parse('{"__proto__": {"x": 1}, "constructor": null}')]);

/** Random data for the products: few values, many alike, references that dangle; in some, values that the graph cannot say. */
export function datasets(model: ManagedProducts): fc.Arbitrary<Dataset> {
  return fc
    .oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.constantFrom(3, 10, 40), weight: 2 })
    .chain((oddPercent) => {
      const entries = model.products.map(({ objects }) =>
        fc
          .option(fc.tuple(...objects.map((object) => rowsOf(model, object, oddPercent))), { freq: 12 })
          .map((tables) =>
            tables === null
              ? []
              : tables.map((rows, index): [string, readonly GivenRow[]] => [objects[index]!.type, rows]),
          ),
      );
      return fc.tuple(...entries).map((found) => new Map(found.flat()));
    });
}

function rowsOf(model: ManagedProducts, object: SchemaObject, oddPercent: number): fc.Arbitrary<readonly GivenRow[]> {
  const row = fc.record(
    Object.fromEntries(
      object.properties.map((property) => [property.name, valuesOf(model, object, property, oddPercent)]),
    ),
  );
  const keyOf = (one: GivenRow): string => JSON.stringify(object.key.map(({ name }) => one[name]));
  return fc
    .constantFrom(...ROWS_DRAWN)
    .chain((length) => fc.array(row, { minLength: length, maxLength: length }))
    .map((rows) => [...new Map(rows.map((one) => [keyOf(one), one])).values()]);
}

function valuesOf(
  model: ManagedProducts,
  object: SchemaObject,
  property: Property,
  oddPercent: number,
): fc.Arbitrary<unknown> {
  const pool = keyPool(model, object, property);
  const sayable = pool === null ? ownValues(property) : fc.constantFrom(...pool);
  const item = withSome(sayable, othersOf(property), pool === null ? oddPercent : oddPercent / 4);
  const isOptional = !property.required && property.keyPosition === null;
  if (!property.list) return isOptional ? fc.option(item, { freq: 5 }) : item;
  const items = fc.array(withSome(item, [null], oddPercent), { maxLength: 3 });
  return isOptional ? fc.option(items, { freq: 5 }) : items;
}

function withSome(values: fc.Arbitrary<unknown>, others: readonly unknown[], percent: number): fc.Arbitrary<unknown> {
  if (others.length === 0 || percent === 0) return values;
  return fc.oneof(
    { arbitrary: values, weight: Math.round(100 - percent) },
    { arbitrary: fc.constantFrom(...others), weight: Math.max(1, Math.round(percent)) },
  );
}

/** The few values of a key, and of what refers to it; null where the property is neither. */
function keyPool(
  model: ManagedProducts,
  object: SchemaObject,
  property: Property,
  seen: readonly Property[] = [],
): readonly unknown[] | null {
  if (seen.includes(property)) return null;
  for (const { from, columns, to } of model.references)
    for (const pair of columns)
      if (from === object && pair.from === property) {
        const pool = keyPool(model, to, pair.to, [...seen, property]);
        if (pool !== null) return pool;
      }
  if (property.keyPosition === null) return null;
  if (property.enum !== null) return property.enum.members.map(({ value }) => value);
  return property.pgType === 'bigint' ? BIG_KEYS : KEYS[kindOf(property.pgType)]!;
}

function ownValues(property: Property): fc.Arbitrary<unknown> {
  if (property.enum !== null) return fc.constantFrom(...property.enum.members.map(({ value }) => value));
  switch (property.pgType) {
    case 'text':
      return fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme', maxLength: 4 }).map(holdable));
    case 'bigint':
      return fc.constantFrom(...BIG_KEYS);
    case 'double precision':
      return fc.constantFrom(...(property.name === 'extreme' ? EXTREME_FLOATS : EVEN_FLOATS));
    case 'numeric':
      return fc.constantFrom(...DECIMALS_WITHOUT_BOUNDS);
    case 'numeric(38,10)':
      return fc.constantFrom(...LONG_DECIMALS);
    case 'jsonb':
      return fc.constantFrom(...JSONS.map((value) => JSON.stringify(value)));
    default:
      return fc.constantFrom(...VALUES[kindOf(property.pgType)]!.sayable);
  }
}

function othersOf({ pgType, enum: members }: Property): readonly unknown[] {
  if (members !== null) return ['', 'APPROACH', 'Unheard of', "'"];
  if (pgType === 'double precision' || pgType === 'numeric') return ['NaN', 'Infinity', '-Infinity'];
  return VALUES[kindOf(pgType)]?.others ?? [];
}

/** Without what Postgres cannot hold, and the one letter whose lower case is two. */
function holdable(text: string): string {
  return text.replaceAll(/[\0\p{Surrogate}İ]/gu, '');
}
