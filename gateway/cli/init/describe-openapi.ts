import { words } from '../../../schema/contract/names.ts';
import { wrongUsage } from '../exit.ts';
import type { DescribedColumn, DescribedObject, DescribedSource, DescribedType } from './described.ts';
import { counted } from './draft-key.ts';
import { part, resolved, type Part } from './openapi-document.ts';

/** More collections are several products. */
const PATHS_MAX = 20;

/**
 * The collections of a REST service, by its OpenAPI document: what `GET` of a path without parameters answers as a list. `at` is where the
 * document was found: a server's address may be relative to it. Refuses, as wrong usage, a document without any.
 */
export function describeOpenapi(
  root: Part,
  { label, at, paths }: { readonly label: string; readonly at: string | null; readonly paths: readonly string[] },
): DescribedSource {
  const all = Object.entries(part(root['paths']) ?? {}).flatMap(([path, item]) => collectionOf(root, path, item));
  const missing = paths.find((path) => !all.some((one) => one.physicalName === path || one.name === path));
  const listed = (some: readonly DescribedObject[]): string =>
    some
      .slice(0, 12)
      .map(({ physicalName }) => physicalName)
      .join(', ');
  if (missing !== undefined) throw wrongUsage(`${label} has no collection ${missing}; there are ${listed(all)}.`);
  const objects =
    paths.length === 0
      ? all
      : all.filter(({ name, physicalName }) => paths.includes(name) || paths.includes(physicalName ?? ''));
  if (objects.length === 0)
    throw wrongUsage(
      `${label} has no path whose GET answers a list of objects as JSON, so there are no rows to draft a contract of.`,
    );
  if (objects.length > PATHS_MAX)
    throw wrongUsage(
      `${label} has ${counted(objects.length)} collections, which are several products: name some by --table, as ${listed(objects)}.`,
    );
  return {
    label,
    isReadThrough: false,
    hasRowNumbers: false,
    server: { server: 'api', type: 'api', location: addressOf(root, at) },
    objects,
    notes: [
      'A refresh cannot read a server of type api yet: it is refused until there is a connector, or until you name another server.',
    ],
  };
}

/** `GET /pets` that answers a list, or an object that holds one list of objects. */
function collectionOf(root: Part, path: string, item: unknown): DescribedObject[] {
  const get = part(resolved(root, item)['get']);
  if (get === null || path.includes('{')) return [];
  const responses = part(get['responses']) ?? {};
  const answer = resolved(root, responses['200'] ?? responses['2XX'] ?? responses['default']);
  const content = part(answer['content']) ?? {};
  const media = Object.entries(content).find(([type]) => /\bjson\b/.test(type))?.[1];
  const schema = resolved(root, part(media)?.['schema'] ?? answer['schema']);
  const row = rowOf(root, schema);
  const properties = row === null ? [] : Object.entries(part(row['properties']) ?? {});
  if (row === null || properties.length === 0) return [];
  const required = new Set(Array.isArray(row['required']) ? row['required'] : []);
  const name =
    words(
      path
        .split('/')
        .filter((step) => step !== '')
        .at(-1) ?? '',
    ).join('_') || 'rows';
  const key = keyOf(
    properties.map(([property]) => property),
    name,
  );
  return [
    {
      name,
      physicalName: path,
      description: text(row['description']) ?? text(get['summary']),
      rows: null,
      basis: 'the document',
      whole: false,
      key: key === null ? null : { columns: [key], evidence: 'by its name; the document declares no keys' },
      foreignKeys: [],
      columns: properties.map(([property, schemaOf]) =>
        columnOf(root, property, resolved(root, schemaOf), required.has(property)),
      ),
    },
  ];
}

function rowOf(root: Part, schema: Part): Part | null {
  if (typesOf(schema).includes('array')) return objectIn(root, schema['items']);
  const lists = Object.values(part(schema['properties']) ?? {})
    .map((one) => resolved(root, one))
    .filter((one) => typesOf(one).includes('array'))
    .map((one) => objectIn(root, one['items']))
    .filter((one) => one !== null);
  return lists.length === 1 ? (lists[0] ?? null) : null;
}

function objectIn(root: Part, items: unknown): Part | null {
  const schema = resolved(root, items);
  return part(schema['properties']) === null ? null : schema;
}

function columnOf(root: Part, name: string, schema: Part, isRequired: boolean): DescribedColumn {
  const types = typesOf(schema);
  const isNullable = schema['nullable'] === true || types.includes('null');
  const values = Array.isArray(schema['enum']) ? schema['enum'].filter((value) => typeof value === 'string') : [];
  return {
    name,
    type: typeOf(root, schema),
    typeEvidence: null,
    description: text(schema['description']),
    declared: { required: isRequired && !isNullable, ...(values.length > 0 && { values: [...new Set(values)] }) },
    seen: null,
  };
}

const FORMATS: Readonly<Record<string, DescribedType>> = {
  'date-time': { logicalType: 'timestamp' },
  date: { logicalType: 'date' },
  time: { logicalType: 'time' },
  uuid: { logicalType: 'string', physicalType: 'uuid' },
  int32: { logicalType: 'integer', physicalType: 'integer' },
};

function typeOf(root: Part, schema: Part): DescribedType {
  const [type] = typesOf(schema).filter((one) => one !== 'null');
  const format = typeof schema['format'] === 'string' ? schema['format'] : '';
  switch (type) {
    case 'integer':
      return FORMATS[format] ?? { logicalType: 'integer', physicalType: 'bigint' };
    case 'number':
      return { logicalType: 'number', physicalType: 'double precision' };
    case 'boolean':
      return { logicalType: 'boolean' };
    case 'array': {
      const item = typeOf(root, resolved(root, schema['items']));
      const { logicalType, physicalType } = item;
      if (logicalType === 'object' || logicalType === 'array') return { logicalType: 'object', physicalType: 'json' };
      return { logicalType: 'array', items: { logicalType, ...(physicalType !== undefined && { physicalType }) } };
    }
    case 'string':
      return (Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined) ?? { logicalType: 'string' };
    default:
      return { logicalType: 'object', physicalType: 'json' };
  }
}

/** `type` may be a list since OpenAPI 3.1. */
function typesOf(schema: Part): string[] {
  const type = schema['type'];
  const all = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
  return all.length > 0 ? all : part(schema['properties']) !== null ? ['object'] : [];
}

/** `id`, or `petId` of pets. */
function keyOf(names: readonly string[], object: string): string | null {
  const owner = words(object).join('');
  const isKey = (name: string): boolean => {
    const folded = words(name).join('');
    return folded.endsWith('id') && folded.length > 2 && owner.startsWith(folded.slice(0, -2));
  };
  return names.find((name) => name.toLowerCase() === 'id') ?? names.find(isKey) ?? null;
}

function addressOf(root: Part, at: string | null): unknown {
  const [first] = Array.isArray(root['servers']) ? (root['servers'] as unknown[]) : [];
  const written =
    text(part(first)?.['url']) ??
    (typeof root['host'] === 'string' ? `https://${root['host']}${text(root['basePath']) ?? ''}` : null) ??
    (at === null ? null : '/');
  if (written !== null && URL.canParse(written)) return written;
  return written !== null && at !== null && URL.canParse(written, at)
    ? new URL(written, at).href
    : 'https://api.example';
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
