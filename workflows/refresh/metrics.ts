import type { Property, QualityRule, SchemaObject } from '../../schema/contract/model.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';

/** A count of an aggregate statement: SQL over the object's columns, with `$n` for its values. */
export interface Counter {
  readonly rule: string;
  readonly sql: (value: (value: unknown) => string) => string;
}

/** What a library rule counts; null where it has no count (text, custom, sql). */
export function counterOf(rule: QualityRule, object: SchemaObject): Counter | null {
  const property = object.properties.find(({ name }) => name === rule.property);
  switch (rule.metric) {
    case null:
      return null;
    case 'rowCount':
      return { rule: rule.id, sql: () => 'count(*)' };
    case 'duplicateValues':
      return { rule: rule.id, sql: () => duplicates(object, keyOf(rule, object, property)) };
    case 'nullValues':
      return property === undefined ? null : { rule: rule.id, sql: () => countIf(`${column(property)} is null`) };
    case 'missingValues':
      return property === undefined
        ? null
        : { rule: rule.id, sql: (value) => countIf(isMissing(rule, property, value)) };
    case 'invalidValues':
      return property === undefined
        ? null
        : { rule: rule.id, sql: (value) => countIf(isInvalid(rule, property, value)) };
  }
}

/** Values of an enum property that are none of its members. */
export function enumCounter(property: Property, rule: string): Counter | null {
  if (property.enum === null) return null;
  const members = property.enum.members.map(({ value }) => value);
  return { rule, sql: (value) => countIf(`${text(property)} <> all(${value(members)}::text[])`) };
}

function countIf(condition: string): string {
  return `count(*) filter (where ${condition})`;
}

/** Listed values and null, as the list says; without a list null and the empty text. */
function isMissing(rule: QualityRule, property: Property, value: (value: unknown) => string): string {
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
function isInvalid({ arguments: given }: QualityRule, property: Property, value: (value: unknown) => string): string {
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
