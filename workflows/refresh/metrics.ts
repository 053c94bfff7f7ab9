import type { Property, QualityRule, SchemaObject } from '../../schema/contract/model.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';

/** A count of an aggregate statement, or a percent: SQL over the object's columns, with `$n` for its values. */
export interface Counter {
  readonly rule: string;
  readonly sql: (value: Value) => string;
  /** True of the rows that it counts, in `view`; null where no row is to blame. */
  readonly rows: ((value: Value, view: string) => string) | null;
  /** The properties that it looks at. */
  readonly about: readonly Property[];
}

/** Makes a value of a statement; answers its place. */
type Value = (value: unknown) => string;

/** What a rule counts; null where it has no count (text, sql, custom that is not executed). */
export function counterOf(rule: QualityRule, object: SchemaObject): Counter | null {
  const counter = countOf(rule, object);
  return counter !== null && rule.unit === 'percent' && rule.among === 'values' ? amongValues(counter) : counter;
}

/** A count as a percent of the rows whose column has a value. */
function amongValues(counter: Counter): Counter {
  const values = `count(*) filter (where ${counter.about.map((property) => `${column(property)} is not null`).join(' and ')})`;
  return { ...counter, sql: (value) => `coalesce(${counter.sql(value)} * 100.0 / nullif(${values}, 0), 0)` };
}

function countOf(rule: QualityRule, object: SchemaObject): Counter | null {
  const property = object.properties.find(({ name }) => name === rule.property);
  if (rule.metric === null) return null;
  if (rule.metric === 'rowCount') return { rule: rule.id, sql: () => 'count(*)', rows: null, about: [] };
  if (rule.metric === 'duplicateValues') return duplicatesOf(rule.id, object, keyOf(rule, object, property));
  if (property === undefined) return null;
  switch (rule.metric) {
    case 'nullValues':
      return counting(rule.id, property, () => `${column(property)} is null`);
    case 'missingValues':
      return counting(rule.id, property, (value) => isMissing(rule, property, value));
    case 'invalidValues':
      return counting(rule.id, property, (value) => isInvalid(rule, property, value));
  }
}

/** Values of an enum property that are none of its members. */
export function enumCounter(property: Property, rule: string): Counter | null {
  if (property.enum === null) return null;
  const members = property.enum.members.map(({ value }) => value);
  return counting(rule, property, (value) => `${text(property)} <> all(${value(members)}::text[])`);
}

/** Rows that the query of a rule counts by its condition, SQL that may name any of the object's columns. */
export function queryCounter(rule: string, where: string): Counter {
  return { rule, sql: () => `count(*) filter (where (\n${where}\n))`, rows: null, about: [] };
}

function counting(rule: string, property: Property, condition: (value: Value) => string): Counter {
  return { rule, sql: (value) => `count(*) filter (where ${condition(value)})`, rows: condition, about: [property] };
}

/** Listed values and null, as the list says; without a list null and the empty text. */
function isMissing(rule: QualityRule, property: Property, value: Value): string {
  const listed = rule.arguments['missingValues'];
  const missing: unknown[] = Array.isArray(listed) ? listed : [null, ''];
  const texts = missing.filter((item) => item !== null && item !== undefined).map(String);
  const terms = [
    ...(missing.length > texts.length ? [`${column(property)} is null`] : []),
    ...(texts.length > 0 ? [`coalesce(${text(property)} = any(${value(texts)}::text[]), false)`] : []),
  ];
  return terms.length === 0 ? 'false' : terms.join(' or ');
}

/** A value, not null, that breaks any of the arguments. */
function isInvalid({ arguments: given }: QualityRule, property: Property, value: Value): string {
  const terms: string[] = [];
  const { validValues, pattern, minimum, maximum, minLength, maxLength } = given;
  if (Array.isArray(validValues))
    terms.push(`${text(property)} <> all(${value(validValues.filter((item) => item !== null).map(String))}::text[])`);
  if (typeof pattern === 'string') terms.push(`${text(property)} !~ ${value(pattern)}::text`);
  if (isBound(minimum)) terms.push(`${column(property)} < ${value(String(minimum))}::text::${property.pgType}`);
  if (isBound(maximum)) terms.push(`${column(property)} > ${value(String(maximum))}::text::${property.pgType}`);
  if (typeof minLength === 'number') terms.push(`length(${text(property)}) < ${value(minLength)}::int`);
  if (typeof maxLength === 'number') terms.push(`length(${text(property)}) > ${value(maxLength)}::int`);
  return terms.length === 0 ? 'false' : terms.join(' or ');
}

function isBound(bound: unknown): bound is number | string {
  return typeof bound === 'number' || typeof bound === 'string';
}

function keyOf(rule: QualityRule, object: SchemaObject, property: Property | undefined): readonly Property[] {
  const named = rule.arguments['properties'];
  if (!Array.isArray(named)) return property === undefined ? object.key : [property];
  return named.flatMap(
    (name) => object.properties.find((candidate) => candidate.name === name || candidate.column === name) ?? [],
  );
}

function duplicatesOf(rule: string, object: SchemaObject, key: readonly Property[]): Counter {
  const columns = key.map(column).join(', ');
  return {
    rule,
    sql: () => duplicates(object, key),
    about: key,
    rows: (_value, view) => `(${columns}) in (select ${columns} from ${view} group by ${columns} having count(*) > 1)`,
  };
}

/** Rows beyond the first of each value; null where a constraint says already that there is none, so that nothing is sorted. */
function duplicates(object: SchemaObject, key: readonly Property[]): string {
  const [only] = key;
  const isConstraint =
    (key.length === 1 && only!.unique) ||
    (key.length === object.key.length && object.key.every((property) => key.includes(property)));
  if (key.length === 0 || isConstraint) return '0::bigint';
  const columns = key.map(column);
  const given = `filter (where ${columns.map((name) => `${name} is not null`).join(' and ')})`;
  return `(count(*) ${given} - count(distinct (${columns.join(', ')})) ${given})`;
}

function column({ column: name }: { column: SqlName }): string {
  return quoted(name);
}

function text(property: Property): string {
  return property.pgType === 'text' && !property.list ? column(property) : `${column(property)}::text`;
}
