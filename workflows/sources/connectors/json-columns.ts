import type { SourceProperty } from '../../../schema/contract/model.ts';
import { at, textOf } from '../exact-json.ts';
import { ROW_NUMBER } from '../files/row-number.ts';
import type { SourceColumn } from '../source.ts';

/** What a JSON Schema says of a record's columns: those of the contract, by the places where they lie, and others. */
export function columnsOf(schema: unknown, properties: readonly SourceProperty[]): SourceColumn[] {
  const names = Object.keys(asObject(at(schema, 'properties')));
  // A connector that knows no schema lets whatever there is pass.
  const isKnown = names.length > 0;
  const declared = properties.flatMap((wanted): SourceColumn[] => {
    const { sourceColumn: name, list } = wanted;
    if (name === ROW_NUMBER) return [];
    const found = isKnown ? schemaAt(schema, name) : {};
    if (found === undefined) return [];
    const says = declaredOf(found, wanted);
    return [{ name, type: list ? 'JSON' : 'VARCHAR', ...(says !== null && { declared: says }) }];
  });
  const known = new Set(properties.flatMap(({ sourceColumn }) => [sourceColumn, sourceColumn.split('.')[0]!]));
  return [...declared, ...names.filter((name) => !known.has(name)).map((name) => ({ name, type: 'VARCHAR' }))];
}

/** The schema of what lies at a place, `address.city`; undefined where nothing does. What is not described further may have anything. */
function schemaAt(schema: unknown, place: string): unknown {
  const properties = asObject(at(schema, 'properties'));
  if (Object.hasOwn(properties, place)) return properties[place];
  for (let dot = place.indexOf('.'); dot > 0; dot = place.indexOf('.', dot + 1)) {
    const key = place.slice(0, dot);
    if (!Object.hasOwn(properties, key)) continue;
    const within = properties[key];
    if (Object.keys(asObject(at(within, 'properties'))).length === 0) return {};
    const found = schemaAt(within, place.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Types of DuckDB of the same family, by the type and format of a value of JSON. */
const DUCKDB: Readonly<Record<string, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  object: 'JSON',
  array: 'VARCHAR[]',
  string: 'VARCHAR',
  date: 'DATE',
  'date-time': 'TIMESTAMP WITH TIME ZONE',
  time: 'TIME',
};
const FORMATS = new Set(['date', 'date-time', 'time']);

/** As far as it can be held against a contract: where the one may well be written as the other, the values tell. */
function declaredOf(schema: unknown, { pgType, list }: SourceProperty): NonNullable<SourceColumn['declared']> | null {
  const [one, ...others] = choicesOf(schema);
  if (one === undefined || others.length > 0 || !Object.hasOwn(DUCKDB, one.type)) return null;
  const { type, format } = one;
  const kind = type === 'string' && FORMATS.has(format) ? format : type;
  // A decimal, a day or a list may come as a text, and a text may be a day; a whole number is a number too.
  if (kind === 'string' || (type === 'string' && /^(text|varchar|char)/.test(pgType) && !list)) return null;
  if (kind === 'number' && /^(integer|bigint|smallint)/.test(pgType)) return null;
  return { says: kind === type ? type : `${type} (${kind})`, type: DUCKDB[kind]! };
}

/** The types that a value may have, null aside. */
function choicesOf(schema: unknown): { type: string; format: string }[] {
  const choices = at(schema, 'anyOf') ?? at(schema, 'oneOf');
  if (Array.isArray(choices)) return choices.flatMap(choicesOf);
  const type = at(schema, 'type');
  const format = textOf(at(schema, 'format')) ?? '';
  const types: unknown[] = Array.isArray(type) ? type : [type];
  return types.flatMap((one) => (typeof one === 'string' && one !== 'null' ? [{ type: one, format }] : []));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
