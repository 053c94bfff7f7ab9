import { type SqlName, sqlName } from '../ids.ts';
import { pathText } from './grammar.ts';
import type { ProductKind, Property, QualityRule, Relationship, SchemaObject, SourceObject } from './model.ts';
import { RESERVED_TYPES, rootFields, typeName } from './names.ts';
import type { OdcsObject, OdcsProperty } from './odcs.ts';
import type { OdcsQuality } from './odcs-quality.ts';
import type { Path } from './parse.ts';
import { chosenName, readProperty } from './property.ts';
import { readRule, ruleDoubt, uniqueRules } from './quality.ts';
import { LOAD_SETTINGS, readLoad } from './load.ts';
import { parseReference } from './reference.ts';
import { readTable } from './registered.ts';
import { custom, type Reporter } from './report.ts';
import { readSemantics } from './semantics.ts';
import { readTags } from './tags.ts';

/** Letters of a table's name: `__` and the number of a dataset version follow, and Postgres ends at 63. */
const TABLE_LIMIT = 48;

/** A schema object of an output contract as a table and a type; everything that can be said of it alone is reported. */
export function readObject(
  object: OdcsObject,
  at: {
    contractId: string;
    path: Path;
    report: Reporter;
    kind: ProductKind;
    /** Where a registered product's tables lie. */
    schema: SqlName | null;
    ruleIds: Set<string>;
  },
): SchemaObject {
  const { report, path, schema } = at;
  const ownsType = at.kind !== 'remote';
  // What an object is physically, in a remote service, is its type there.
  const physical = ownsType || !/^[A-Z]\w*$/.test(object.physicalName ?? '') ? undefined : object.physicalName;
  const type = chosenName(object, path, report) ?? physical ?? typeName(object.name) ?? 'Unnamed';
  if (type === 'Unnamed')
    report.error(
      'TYPE_NAME',
      [...path, 'name'],
      `${JSON.stringify(object.name)} has no letter that a type can be named by: add the custom property graphqlName.`,
    );
  if (ownsType && (RESERVED_TYPES.has(type) || type.startsWith('_')))
    report.error(
      'TYPE_RESERVED',
      [...path, 'name'],
      `The type ${type} of ${object.name} is the platform's own: rename the object, or add the custom property graphqlName.`,
    );
  const table = sqlName(object.name);
  checkView(object.name, table, path, report);
  // A registered table has its own name already; no version is appended to it.
  if (at.kind !== 'registered') checkTable(object.name, table, path, report);
  const keys = keyColumns(object, path, report);
  const all = (object.properties ?? []).map((property, index) => ({ property, path: [...path, 'properties', index] }));
  const columns = all.filter(({ property }) => isColumn(property));
  const properties = columns.map(({ property, path: place }) => {
    const position = keys.indexOf(property.name) + 1;
    return readProperty(property, {
      type,
      path: place,
      report,
      key: position === 0 ? null : { position, single: keys.length === 1 },
      registered: at.kind === 'registered',
    });
  });
  const semantics = readSemantics(all, { type, object: object.name, properties, report, managed: ownsType });
  duplicates([...properties, ...semantics.dimensions, ...semantics.measures], ({ field }) => field, 'field', {
    path,
    report,
  });
  duplicates(properties, ({ column }) => column, 'column', { path, report });
  if (ownsType && properties.length === 0)
    report.error('OBJECT_EMPTY', path, `${object.name} has no properties: a table needs a column.`);
  if (ownsType && keys.length === 0 && properties.length > 0)
    report.error(
      'KEY_MISSING',
      path,
      `${object.name} has no primary key: set primaryKey and primaryKeyPosition on the properties that tell its rows apart.`,
    );
  return {
    name: object.name,
    contractId: at.contractId,
    type,
    ...rootFields(type),
    table,
    registeredTable: schema === null ? null : readTable(object, { table }, { schema, path, report }),
    description: object.description ?? object.businessName ?? null,
    tags: readTags(object, path, report),
    properties,
    ...semantics,
    key: properties
      .filter(({ keyPosition }) => keyPosition !== null)
      .sort((a, b) => (a.keyPosition ?? 0) - (b.keyPosition ?? 0)),
    relationships: relationships(object, columns, path, report),
    quality: qualityOf(object, all, { path, report, ruleIds: at.ruleIds }),
  };
}

/** A schema object of a source: `column` is what `transform.sql` sees, `sourceColumn` what the source calls it. */
export function readSource(object: OdcsObject, at: { path: Path; report: Reporter }): SourceObject {
  const all = (object.properties ?? []).map((property, index) => ({
    property,
    place: [...at.path, 'properties', index],
  }));
  const properties = all
    .filter(({ property }) => isColumn(property))
    .map(({ property, place }) => {
      const read = readProperty(
        { ...property, enum: undefined },
        { type: 'Source', path: place, report: at.report, key: null, source: true },
      );
      return { ...read, sourceColumn: property.physicalName ?? property.name };
    });
  const view = sqlName(object.name);
  checkView(object.name, view, at.path, at.report);
  if (properties.length === 0)
    at.report.error(
      'OBJECT_EMPTY',
      at.path,
      `The source ${object.name} declares no properties, so nothing can be read from it.`,
    );
  const keys = keyColumns(object, at.path, at.report);
  const key = keys.flatMap((name) => properties.find((property) => property.name === name) ?? []);
  const load = readLoad(object, { properties, key }, at);
  const validity = load?.mode === 'history' ? VALIDITY.map((property) => validityProperty(property, at)) : [];
  duplicates([...properties, ...validity], ({ column }) => column, 'column', at);
  const { name, physicalName = null } = object;
  const asked = object.customProperties?.filter(({ property }) => !LOAD_SETTINGS.includes(property)) ?? [];
  return { name, physicalName, view, properties, load, validity, ...(asked.length > 0 && { customProperties: asked }) };
}

/** From when on a row was so, and until when; null: it is so still. */
const VALIDITY = [
  { name: 'validFrom', logicalType: 'timestamp', required: true },
  { name: 'validTo', logicalType: 'timestamp' },
] as const;

function validityProperty(property: (typeof VALIDITY)[number], at: { path: Path; report: Reporter }): Property {
  return readProperty(property, { type: 'Source', key: null, source: true, ...at });
}

function checkTable(object: string, table: string, path: Path, report: Reporter): void {
  if (table.length > TABLE_LIMIT)
    report.error(
      'TABLE_NAME',
      [...path, 'name'],
      `${table} is longer than the ${TABLE_LIMIT} letters that a table's name may have.`,
    );
}

/** Postgres looks in its own catalog first: SQL that says `pg_class` reads that one, whatever else has the name. */
function checkView(object: string, name: string, path: Path, report: Reporter): void {
  if (name.startsWith('pg_'))
    report.error(
      'TABLE_RESERVED',
      [...path, 'name'],
      `${object} would be ${name} in Postgres, where names that begin with pg_ are those of its own catalog: rename the object.`,
    );
}

function isColumn({ semanticType = 'column' }: OdcsProperty): boolean {
  return semanticType === 'column';
}

/** Names of the key's properties, in the order of their positions (without positions, as they stand). */
function keyColumns(object: OdcsObject, path: Path, report: Reporter): string[] {
  const keys = (object.properties ?? [])
    .map((property, index) => ({ property, index, position: property.primaryKeyPosition ?? -1 }))
    .filter(({ property }) => property.primaryKey === true && isColumn(property));
  const positions = keys.map(({ position }) => position).filter((position) => position > 0);
  if (new Set(positions).size < positions.length)
    report.error('KEY_POSITION', path, `Two properties of ${object.name} have the same primaryKeyPosition.`);
  const order = ({ position, index }: { position: number; index: number }): number =>
    position > 0 ? position : 1000 + index;
  return keys.sort((a, b) => order(a) - order(b)).map(({ property }) => property.name);
}

function duplicates<T extends { readonly name: string }>(
  items: readonly T[],
  key: (item: T) => string,
  what: string,
  at: { path: Path; report: Reporter },
): void {
  const seen = new Map<string, T>();
  for (const item of items) {
    const other = seen.get(key(item));
    if (other !== undefined)
      at.report.error(
        'NAME_TAKEN',
        [...at.path, 'properties'],
        `${other.name} and ${item.name} would both be the ${what} ${key(item)}: rename one.`,
      );
    seen.set(key(item), item);
  }
}

interface Placed {
  readonly property: OdcsProperty;
  readonly path: Path;
}

function relationships(object: OdcsObject, columns: readonly Placed[], path: Path, report: Reporter): Relationship[] {
  const found: Relationship[] = [];
  const add = (
    relation: { to: string | string[]; customProperties?: { property: string; value?: unknown }[] | undefined },
    from: readonly string[],
    place: Path,
  ): void => {
    const product = custom(relation, 'product');
    const field = chosenName(relation, place, report);
    found.push({
      from,
      to: [relation.to].flat(),
      product: typeof product === 'string' ? product : null,
      ...(field === null ? {} : { field }),
      path: pathText(place),
    });
  };
  for (const { property, path: place } of columns)
    for (const [index, relation] of (property.relationships ?? []).entries())
      add(relation, [property.name], [...place, 'relationships', index]);
  for (const [index, relation] of (object.relationships ?? []).entries()) {
    const place = [...path, 'relationships', index];
    const from = [relation.from].flat().map((reference) => ownProperty(object, columns, reference));
    const missing = [relation.from].flat().filter((_, at) => from[at] === null);
    if (missing.length > 0)
      report.warning(
        'RELATIONSHIP_FROM',
        [...place, 'from'],
        `${missing.join(', ')} is no property of ${object.name}; the relationship is left out.`,
      );
    else if ([relation.to].flat().length !== from.length)
      report.error('RELATIONSHIP_ARITY', place, 'from and to must name the same number of properties.');
    else
      add(
        relation,
        from.filter((name) => name !== null),
        place,
      );
  }
  return found;
}

function ownProperty(object: OdcsObject, columns: readonly Placed[], reference: string): string | null {
  const target = parseReference(reference);
  const isOwn = target === null || target.object === object.name || target.object === object.id;
  const name = target?.property ?? reference;
  const found = columns.find(({ property }) => property.name === name || property.id === name);
  return isOwn ? (found?.property.name ?? null) : null;
}

function qualityOf(
  object: OdcsObject,
  all: readonly Placed[],
  at: { path: Path; report: Reporter; ruleIds: Set<string> },
): QualityRule[] {
  const named = (column: string): string | null =>
    all.find(({ property }) => property.name === column || property.physicalName === column)?.property.name ?? null;
  const read = (rules: readonly OdcsQuality[] | undefined, property: string | null, path: Path): QualityRule[] =>
    (rules ?? []).map((rule, index) => {
      const done = readRule(rule, { object: object.name, property, named });
      const doubt = ruleDoubt(rule, done);
      if (doubt !== null) at.report.warning('QUALITY_NOT_CHECKED', [...path, 'quality', index], doubt);
      return done;
    });
  const rules = [
    ...all.flatMap(({ property, path }) => read(property.quality, property.name, path)),
    ...read(object.quality, null, at.path),
  ];
  return uniqueRules(rules, at.ruleIds);
}
