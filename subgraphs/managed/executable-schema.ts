import { buildASTSchema, type GraphQLSchema, isScalarType, Kind, parse } from 'graphql';
import type { ManagedProducts } from '../../schema/contract/model.ts';
import { subgraphSdl } from '../../schema/contract/sdl.ts';
import { SCALARS } from './scalars.ts';

/**
 * The products' schema with what federation adds to it, whose scalars are read and written by the rules of this room. Nothing is checked
 * again: composition has, when they were published, and a mesh of a thousand products has twenty thousand types.
 */
export function executableSchema(products: ManagedProducts): GraphQLSchema {
  const sdl = subgraphSdl(products);
  const document = parse(sdl, { noLocation: true });
  const entities = document.definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && node.directives?.some(({ name }) => name.value === 'key') === true
      ? [node.name.value]
      : [],
  );
  const added = parse(entities.length === 0 ? SERVICE : `${SERVICE} ${entitiesOf(entities)}`, { noLocation: true });
  const fields = added.definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_EXTENSION ? (node.fields ?? []) : [],
  );
  const definitions = [...document.definitions, ...added.definitions].flatMap((node) => {
    if (node.kind === Kind.SCHEMA_EXTENSION || node.kind === Kind.OBJECT_TYPE_EXTENSION) return [];
    const isQuery = node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Query';
    return [isQuery ? { ...node, fields: [...(node.fields ?? []), ...fields] } : node];
  });
  const schema = buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValid: true, assumeValidSDL: true });
  for (const [name, rules] of Object.entries(SCALARS)) {
    const scalar = schema.getType(name);
    if (isScalarType(scalar)) Object.assign(scalar, rules);
  }
  schema.getQueryType()!.getFields()['_service']!.resolve = () => ({ sdl });
  return schema;
}

const SERVICE = `
type _Service { sdl: String }
extend type Query { _service: _Service! }`;

const entitiesOf = (types: readonly string[]): string => `
scalar _Any
union _Entity = ${types.join(' | ')}
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;
