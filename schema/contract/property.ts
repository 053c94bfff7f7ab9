import { existingName, sqlName } from '../ids.ts';
import { readEnum } from './enumeration.ts';
import type { Property } from './model.ts';
import { fieldName } from './names.ts';
import type { OdcsProperty } from './odcs.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import { readTags } from './tags.ts';
import { propertyType, registeredType } from './types.ts';

/** Words of the filters, and literals of GraphQL: no field may have these names. */
const RESERVED_FIELDS = new Set(['and', 'or', 'not', 'true', 'false', 'null']);
/** Columns that every Postgres table has already. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** A column of the contract as a field and a column. `key`: its position in the primary key, and whether it is alone there. */
export function readProperty(
  property: OdcsProperty,
  at: {
    type: string;
    key: { position: number; single: boolean } | null;
    path: Path;
    report: Reporter;
    source?: boolean;
    registered?: boolean;
  },
): Property {
  const { report, path, key } = at;
  const registered = at.registered === true;
  const type = registered ? registeredType(property) : propertyType(property);
  if (property.logicalType === undefined && property.physicalType === undefined)
    report.warning(
      'PROPERTY_UNTYPED',
      path,
      `${property.name} has neither logicalType nor physicalType; it is taken as text.`,
    );
  // What a source calls its columns never comes into the graph.
  const field = at.source === true ? (fieldName(property.name) ?? property.name) : fieldOf(property, path, report);
  const { physicalName } = property;
  const existing = registered && physicalName !== undefined ? existingName(physicalName) : undefined;
  if (existing === null)
    report.error(
      'COLUMN_NAME',
      [...path, 'physicalName'],
      `${physicalName!.slice(0, 100)} is no column that can be read.`,
    );
  const column = existing ?? sqlName(columnOf(property, at.source === true));
  if (SYSTEM_COLUMNS.has(column))
    report.error(
      'COLUMN_RESERVED',
      path,
      `${column} is a system column of Postgres: ${registered ? 'it is no part of the table' : `give ${property.name} a physicalName`}.`,
    );
  const isId = key !== null && key.single;
  if (key !== null && (type.list || type.scalar === 'JSON'))
    report.error(
      'KEY_TYPE',
      path,
      `${property.name} is a ${type.list ? 'list' : 'structure'} and cannot be part of a key.`,
    );
  return {
    name: property.name,
    field,
    column,
    scalar: isId ? 'ID' : type.scalar,
    pgType: type.pgType,
    list: type.list,
    enum: readEnum(property, { type, owner: at.type, field, isKey: isId, path, report }),
    required: property.required === true || key !== null,
    unique: property.unique === true || isId,
    keyPosition: key?.position ?? null,
    description: property.description ?? property.businessName ?? null,
    classification: property.classification ?? null,
    deprecated: deprecation(property),
    // Those of a source never come into the graph.
    tags: at.source === true ? [] : readTags(property, path, report),
    examples: property.examples ?? [],
    transformLogic: property.transformLogic?.trim() ?? null,
    ...(registered && { registered }),
  };
}

/** A source's own names stay in the source: SQL sees its columns by their names in the contract. */
function columnOf({ name, physicalName }: OdcsProperty, isSource: boolean): string {
  return isSource ? name : (physicalName ?? name);
}

/** The name that the owner chose for the graph (`graphqlName`), if it is one. */
export function chosenName(owner: Parameters<typeof custom>[0], path: Path, report: Reporter): string | null {
  const chosen = custom(owner, 'graphqlName');
  if (chosen === undefined) return null;
  if (typeof chosen === 'string' && /^[A-Za-z][A-Za-z0-9_]*$/.test(chosen)) return chosen;
  report.error(
    'GRAPHQL_NAME',
    [...path, 'customProperties'],
    'graphqlName must begin with a letter and have letters, digits and _ only.',
  );
  return null;
}

/** The field of a property, measure or dimension; what can be none is reported. */
export function fieldOf(property: OdcsProperty, path: Path, report: Reporter): string {
  const field = chosenName(property, path, report) ?? fieldName(property.name);
  if (field === null) {
    report.error(
      'FIELD_NAME',
      [...path, 'name'],
      `${JSON.stringify(property.name)} has no letter that a field can be named by: add the custom property graphqlName.`,
    );
    return 'unnamed';
  }
  if (RESERVED_FIELDS.has(field))
    report.error(
      'FIELD_RESERVED',
      [...path, 'name'],
      `No field can be named ${field}: add the custom property graphqlName to ${property.name}.`,
    );
  return field;
}

/** Why not to use it any more; null where it is not deprecated. */
export function deprecation(property: OdcsProperty): string | null {
  if (property.deprecated !== true) return null;
  const reason = custom(property, 'deprecationReason');
  const replacement = custom(property, 'replacement');
  if (typeof reason === 'string') return reason;
  return typeof replacement === 'string' ? `Use ${replacement}.` : 'Deprecated by its contract.';
}
