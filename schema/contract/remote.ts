import {
  GraphQLError,
  Kind,
  parse,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
} from 'graphql';
import type { Finding } from '../findings.ts';
import type { Property, Scalar, SchemaObject } from './model.ts';
import type { Reporter } from './report.ts';
import { fieldSetFaults, nestingFault, sizeFaults } from './sdl-bounds.ts';

/** Letters of the largest SDL that is read: the largest known public schema has about as many. */
const SDL_LIMIT = 1024 * 1024;
const TOKEN_LIMIT = 200_000;

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

const SCALARS = new Set<string>([
  'ID',
  'String',
  'Int',
  'BigInt',
  'Float',
  'Decimal',
  'Boolean',
  'Date',
  'DateTime',
  'Time',
  'JSON',
] satisfies Scalar[]);

/** Object types of a remote service's SDL; extensions too. Null, with findings, where it does not parse. */
export function readSdl(
  sdl: string,
  file: string,
  findings: Finding[],
): ReadonlyMap<string, readonly ObjectNode[]> | null {
  const fault = (message: string, line: number | null, column: number | null): null => {
    findings.push({ code: 'SDL_SYNTAX', severity: 'error', message, file, line, column, path: null });
    return null;
  };
  if (sdl.length > SDL_LIMIT)
    return fault(`${file} has ${sdl.length} letters; an SDL may have at most ${SDL_LIMIT}.`, null, null);
  const deep = nestingFault(sdl);
  if (deep !== null) return fault(`${file} ${deep.message}.`, deep.line, deep.column);
  try {
    const document = parse(sdl, { noLocation: true, maxTokens: TOKEN_LIMIT });
    const faults = [...fieldSetFaults(document), ...sizeFaults(document)];
    for (const message of faults) fault(message, null, null);
    if (faults.length > 0) return null;
    const types = new Map<string, ObjectNode[]>();
    for (const node of document.definitions)
      if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION)
        types.set(node.name.value, [...(types.get(node.name.value) ?? []), node]);
    return types;
  } catch (error) {
    if (error instanceof GraphQLError)
      return fault(error.message, error.locations?.[0]?.line ?? null, error.locations?.[0]?.column ?? null);
    throw error;
  }
}

/** An object that a remote contract describes, held against the SDL: types of its fields are what the SDL says. */
export function matchSdl(
  object: SchemaObject,
  types: ReadonlyMap<string, readonly ObjectNode[]>,
  report: Reporter,
): SchemaObject {
  const nodes = types.get(object.type);
  if (nodes === undefined) {
    report.error(
      'REMOTE_TYPE',
      null,
      `The contract describes ${object.name} as the type ${object.type}, which the SDL does not have.`,
    );
    return object;
  }
  const fields = new Map(nodes.flatMap((node) => node.fields ?? []).map((field) => [field.name.value, field.type]));
  const matched = (property: Property): Property => {
    const type = fields.get(property.field);
    if (type === undefined) {
      report.warning(
        'REMOTE_FIELD',
        null,
        `The contract describes ${object.name}.${property.name}, which ${object.type} in the SDL does not have.`,
      );
      return property;
    }
    const { name, required, list } = unwrapped(type);
    return { ...property, required, list, scalar: SCALARS.has(name) ? (name as Scalar) : property.scalar };
  };
  const properties = object.properties.map(matched);
  const key = properties.filter(({ keyPosition }) => keyPosition !== null);
  const wanted = key
    .map(({ field }) => field)
    .sort()
    .join(' ');
  if (key.length > 0 && !keysOf(nodes).includes(wanted))
    report.warning(
      'REMOTE_KEY',
      null,
      `${object.type} has no @key(fields: "${wanted}") in the SDL, so no other product can refer to it.`,
    );
  return {
    ...object,
    properties,
    key: object.key.map((one) => properties.find(({ name }) => name === one.name) ?? one),
  };
}

function keysOf(nodes: readonly ObjectNode[]): string[] {
  return nodes
    .flatMap((node) => node.directives ?? [])
    .filter(({ name }) => name.value === 'key')
    .flatMap(({ arguments: given }) => {
      const fields = given?.find(({ name }) => name.value === 'fields')?.value;
      return fields?.kind === Kind.STRING
        ? [
            fields.value
              .trim()
              .split(/[\s,]+/)
              .sort()
              .join(' '),
          ]
        : [];
    });
}

function unwrapped(type: TypeNode): { name: string; required: boolean; list: boolean } {
  if (type.kind === Kind.NON_NULL_TYPE) return { ...unwrapped(type.type), required: true };
  if (type.kind === Kind.LIST_TYPE) return { ...unwrapped(type.type), required: false, list: true };
  return { name: type.name.value, required: false, list: false };
}
