import type { Property, RowValue, Scalar, SchemaObject, Value } from './model.ts';

/** Every name that a managed subgraph derives from an object: SDL and resolvers take them from here. */

type Named = Pick<SchemaObject, 'type'>;

/** `FlightConnection` */
export const connectionType = ({ type }: Named): string => `${type}Connection`;
/** `FlightEdge` */
export const edgeType = ({ type }: Named): string => `${type}Edge`;
/** `FlightWhere` */
export const whereType = ({ type }: Named): string => `${type}Where`;
/** `FlightWhereList`: begins with the name of the where type, which no other object may have. */
export const whereListType = (object: Named): string => `${whereType(object)}List`;
/** `FlightOrderBy` */
export const orderByType = ({ type }: Named): string => `${type}OrderBy`;
/** The enum of property names, for `groupBy`. */
export const propertyEnumType = ({ type }: Named): string => `${type}Property`;
/** `FlightGroupBy` */
export const groupByType = ({ type }: Named): string => `${type}GroupBy`;
/** What moments are truncated to, the coarsest first. */
export const DATE_UNITS = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const;
export type DateUnit = (typeof DATE_UNITS)[number];

/** The units that a property's values can be truncated to in `groupBy`; none where they are no days or times. */
export function dateUnits(property: Value): readonly DateUnit[] {
  if (property.enum !== null || property.list) return [];
  switch (property.scalar) {
    case 'Date':
      return DATE_UNITS.slice(0, 5);
    case 'DateTime':
      return DATE_UNITS;
    case 'Time':
      return DATE_UNITS.slice(5);
    default:
      return [];
  }
}

/** `FlightAggregate` */
export const aggregateType = ({ type }: Named): string => `${type}Aggregate`;
/** `FlightAggregateOrderBy` */
export const aggregateOrderByType = ({ type }: Named): string => `${type}AggregateOrderBy`;

/** The parts of an aggregate that hold a field for each property they apply to, in the order of the SDL. */
export const AGGREGATE_PARTS = ['key', 'countDistinct', 'sum', 'avg', 'min', 'max'] as const;
export type AggregatePart = (typeof AGGREGATE_PARTS)[number];

const PART_TYPES: Readonly<Record<AggregatePart, string>> = {
  key: 'GroupKey',
  countDistinct: 'CountDistinct',
  sum: 'Sum',
  avg: 'Avg',
  min: 'Min',
  max: 'Max',
};

/** `FlightSum` */
export function partType({ type }: Named, part: AggregatePart): string {
  return `${type}${PART_TYPES[part]}`;
}

/** `FlightSumOrderBy` */
export function partOrderByType(object: Named, part: AggregatePart): string {
  return `${partType(object, part)}OrderBy`;
}

type Valued = Pick<SchemaObject, 'properties' | 'dimensions'>;

/** What rows can be filtered and grouped by: properties of one value, and dimensions. */
export function rowValues({ properties, dimensions }: Valued): RowValue[] {
  return [...properties, ...dimensions].filter(isComparable);
}

/** The values that a part of the aggregate has; empty means that the part is left out. */
export function partValues(object: Valued, part: AggregatePart): RowValue[] {
  if (part === 'key') return rowValues(object);
  return object.properties.filter((property) => isComparable(property) && partScalar(property, part) !== null);
}

/**
 * The named GraphQL type of a property within a part; null where it does not apply. Sums are one size wider than what they
 * sum; averages are Float, of Decimal exact.
 */
export function partScalar(property: Value, part: AggregatePart): string | null {
  const { scalar } = property;
  switch (part) {
    case 'key':
      return namedType(property);
    case 'countDistinct':
      return 'BigInt';
    case 'sum':
      return SUMS[scalar] ?? null;
    case 'avg':
      if (SUMS[scalar] === undefined) return null;
      return scalar === 'Decimal' ? 'Decimal' : 'Float';
    case 'min':
    case 'max':
      return property.enum !== null || scalar === 'Boolean' ? null : scalar;
  }
}

const SUMS: Readonly<Partial<Record<Scalar, Scalar>>> = {
  Int: 'BigInt',
  BigInt: 'Decimal',
  Float: 'Float',
  Decimal: 'Decimal',
};

/** True where a property can stand in `where`, `orderBy` and `groupBy`: one value that can be compared. */
export function isComparable(property: Value): boolean {
  return !property.list && property.scalar !== 'JSON';
}

/** `StringFilter`, `BirdStrikeDamageFilter`; null where a property cannot be filtered by. */
export function filterType(property: Value): string | null {
  return isComparable(property) ? `${namedType(property)}Filter` : null;
}

/** The scalar or enum of one value. */
export function namedType(property: Value): string {
  return property.enum?.type ?? property.scalar;
}

/** The property's type in SDL: `[String!]`, `ID!`. */
export function fieldType(property: Value): string {
  const named = property.list ? `[${namedType(property)}!]` : namedType(property);
  return property.required ? `${named}!` : named;
}

/** The key's fields as `@key(fields:)` has them. */
export function keyFields(object: Pick<SchemaObject, 'key'>): string {
  return object.key.map(({ field }) => field).join(' ');
}

/**
 * Properties that tell an object's rows apart by themselves, beside its key: required, unique (so they have an index), of one value
 * that can be compared.
 */
export function furtherKeys(object: SchemaObject): Property[] {
  const [only, second] = object.key;
  const isKey = (property: Property): boolean => second === undefined && property === only;
  return object.properties.filter(
    (property) => property.unique && property.required && isComparable(property) && !isKey(property),
  );
}

/** What a filter of those that refer to a row says of them. */
export const WHERE_LIST = ['some', 'none', 'every'] as const;

/** Operators of each shared filter, in order. */
export const FILTER_OPERATORS: Readonly<Record<Exclude<Scalar, 'JSON'> | 'enum', readonly string[]>> = {
  ID: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  String: [
    'eq',
    'ne',
    'in',
    'notIn',
    'lt',
    'lte',
    'gt',
    'gte',
    'contains',
    'startsWith',
    'endsWith',
    'like',
    'ilike',
    'isNull',
  ],
  Int: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  BigInt: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  Float: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  Decimal: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  Boolean: ['eq', 'ne', 'isNull'],
  Date: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  DateTime: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  Time: ['eq', 'ne', 'in', 'notIn', 'lt', 'lte', 'gt', 'gte', 'isNull'],
  enum: ['eq', 'ne', 'in', 'notIn', 'isNull'],
};

/** Every type name that an object claims in the mesh. */
export function claimedTypes(object: SchemaObject): string[] {
  const parts = AGGREGATE_PARTS.flatMap((part) => [partType(object, part), partOrderByType(object, part)]);
  const enums = [...object.properties, ...object.dimensions, ...object.measures].flatMap(({ enum: values }) =>
    values === null ? [] : [values.type, `${values.type}Filter`],
  );
  const derived = [
    connectionType,
    edgeType,
    whereType,
    whereListType,
    orderByType,
    propertyEnumType,
    groupByType,
    aggregateType,
    aggregateOrderByType,
  ];
  return [object.type, ...derived.map((name) => name(object)), ...parts, ...enums];
}
