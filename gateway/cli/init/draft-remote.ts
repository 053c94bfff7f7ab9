import {
  Kind,
  parse,
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
} from 'graphql';

import { fieldName, rootFields, title, typeName, words } from '../../../schema/contract/names.ts';
import type { ProductId } from '../../../schema/ids.ts';
import { wrongUsage } from '../exit.ts';
import { looksPersonal } from './classification.ts';
import type { DraftFile } from './draft-contracts.ts';
import { guess, guessedYaml, noted } from './guessed-yaml.ts';
import { productDocument, type Owner } from './product-document.ts';
import { restrictedRoles } from './restricted-roles.ts';

type TypeNodes = readonly (ObjectTypeDefinitionNode | ObjectTypeExtensionNode)[];

/** Types of the protocol, and of paging: no contract describes them. */
const ROOTS = new Set(['Query', 'Mutation', 'Subscription']);
const PAGING = /(Connection|Edge|PageInfo|Payload)$/;
/** What no contract can name as a field. */
const RESERVED = new Set(['and', 'or', 'not', 'true', 'false', 'null']);

const LOGICAL: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'integer',
  BigInt: 'integer',
  Long: 'integer',
  Float: 'number',
  Decimal: 'number',
  BigDecimal: 'number',
  Boolean: 'boolean',
  Date: 'date',
  LocalDate: 'date',
  DateTime: 'timestamp',
  Timestamp: 'timestamp',
  Instant: 'timestamp',
  Time: 'time',
  LocalTime: 'time',
};

/** A first product of a GraphQL service: its SDL as it is, and a contract of the types that it has. `url` is null where nobody said. */
export function draftRemote(
  id: ProductId,
  sdl: string,
  { owner, url, label }: { readonly owner: Owner; readonly url: string | null; readonly label: string },
): DraftFile[] {
  const [, product = ''] = id.split('/');
  const { types, scalarsAndEnums } = typesOf(sdl, label);
  const contractId = `${id}/${product}`;
  const location =
    url ?? guess('http://localhost:4001/graphql', 'nobody said; write where the service answers, or name it by --url');
  const schema = [...types].map(([name, nodes]) => objectOf(name, nodes, scalarsAndEnums));
  const classifications = schema.flatMap(({ properties }) => properties.map(({ classification }) => classification));
  const contract = guessedYaml(
    {
      apiVersion: 'v3.2.0',
      kind: 'DataContract',
      id: contractId,
      name: title(product),
      version: '0.1.0',
      status: 'draft',
      servers: [{ server: 'service', type: 'api', location }],
      schema,
      roles: restrictedRoles(classifications, owner),
    },
    { head: [`What the service offers: types and keys are those of schema.graphql. Every guess is marked.`] },
  );
  return [
    {
      path: 'product.odps.yaml',
      text: productDocument(
        id,
        { input: null, output: contractId },
        { owner, input: '', about: label, type: 'graphql' },
      ),
    },
    { path: `${product}.odcs.yaml`, text: contract },
    { path: 'schema.graphql', text: sdl.endsWith('\n') ? sdl : `${sdl}\n` },
  ];
}

function typesOf(
  sdl: string,
  label: string,
): { types: Map<string, TypeNodes>; scalarsAndEnums: Map<string, DefinitionNode> } {
  const definitions = parsed(sdl, label);
  const roots = new Set(ROOTS);
  for (const node of definitions)
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
      for (const { type } of node.operationTypes ?? []) roots.add(type.name.value);
  const types = new Map<string, TypeNodes>();
  const scalarsAndEnums = new Map<string, DefinitionNode>();
  for (const node of definitions) {
    if (node.kind === Kind.SCALAR_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_DEFINITION)
      scalarsAndEnums.set(node.name.value, node);
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    const name = node.name.value;
    if (roots.has(name) || PAGING.test(name) || !/^[A-Za-z]\w*$/.test(name)) continue;
    types.set(name, [...(types.get(name) ?? []), node]);
  }
  if (types.size === 0)
    throw wrongUsage(`${label} has no object type besides its roots, so there is nothing to describe.`);
  return { types, scalarsAndEnums };
}

function parsed(sdl: string, label: string): readonly DefinitionNode[] {
  try {
    return parse(sdl, { maxTokens: 500_000 }).definitions;
  } catch (error) {
    throw wrongUsage(`${label} is no SDL: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function objectOf(type: string, nodes: TypeNodes, leaves: ReadonlyMap<string, DefinitionNode>) {
  const many = words(rootFields(type).listField).join('_');
  const name = typeName(many) === type ? many : words(type).join('_');
  const isDerived = typeName(name) === type;
  const keys = keysOf(nodes);
  const fields = nodes.flatMap((node) => node.fields ?? []).filter((field) => isDescribed(field, keys));
  return {
    name: name === '' ? type.toLowerCase() : name,
    ...(!isDerived && { customProperties: [{ property: 'graphqlName', value: type }] }),
    description: nodes
      .map((node) => (node.kind === Kind.OBJECT_TYPE_DEFINITION ? node.description?.value : undefined))
      .find((text) => text !== undefined),
    properties: fields.map((field) => propertyOf(field, keys.indexOf(field.name.value) + 1, leaves)),
  };
}

/** Fields of other subgraphs are theirs to describe, but for those of the key. */
function isDescribed({ name, directives }: FieldDefinitionNode, keys: readonly string[]): boolean {
  if (RESERVED.has(name.value) || !/^[A-Za-z]/.test(name.value)) return false;
  return keys.includes(name.value) || !has(directives, 'external');
}

function propertyOf(
  field: FieldDefinitionNode,
  keyPosition: number,
  leaves: ReadonlyMap<string, DefinitionNode>,
): Readonly<Record<string, unknown>> & { readonly classification: unknown } {
  const name = field.name.value;
  const { named, isList, isRequired } = unwrapped(field.type);
  const why = looksPersonal(name, []);
  const leaf = leaves.get(named);
  const logicalType = logicalTypeOf(named, leaf);
  const deprecated = (field.directives ?? []).find((directive) => directive.name.value === 'deprecated');
  return {
    name,
    description: field.description?.value,
    ...(isList ? { logicalType: 'array', items: { logicalType } } : { logicalType }),
    ...(keyPosition > 0 && { primaryKey: true, primaryKeyPosition: keyPosition }),
    ...(isRequired && { required: true }),
    classification:
      why === null
        ? guess('internal', 'nothing says that it is of persons')
        : guess('confidential', `it may be of persons: ${why}`),
    ...(deprecated !== undefined && { deprecated: true }),
    customProperties: customOf(name, deprecated),
    ...(leaf?.kind === Kind.ENUM_TYPE_DEFINITION &&
      !isList && {
        examples: noted(
          (leaf.values ?? []).slice(0, 3).map((value) => value.name.value),
          `of the enum ${named}`,
        ),
      }),
  };
}

/** A scalar of the service's own may be anything; a text holds it. */
function logicalTypeOf(named: string, leaf: DefinitionNode | undefined): unknown {
  if (LOGICAL[named] !== undefined) return LOGICAL[named];
  if (leaf === undefined) return 'object';
  return leaf.kind === Kind.ENUM_TYPE_DEFINITION ? 'string' : guess('string', `the scalar ${named}`);
}

/** What ODCS has no word for: a field's name where it is not in camel case, and why it is not to be used any more. */
function customOf(name: string, deprecated: ConstDirectiveNode | undefined): unknown {
  const reason = deprecated?.arguments?.find((argument) => argument.name.value === 'reason')?.value;
  const custom = [
    ...(fieldName(name) === name ? [] : [{ property: 'graphqlName', value: name }]),
    ...(reason?.kind === Kind.STRING ? [{ property: 'deprecationReason', value: reason.value }] : []),
  ];
  return custom.length === 0 ? undefined : custom;
}

/** The fields of the first plain key; a nested one is federation's alone. */
function keysOf(nodes: TypeNodes): readonly string[] {
  for (const directive of nodes.flatMap((node) => node.directives ?? [])) {
    const fields = directive.arguments?.find(({ name }) => name.value === 'fields')?.value;
    if (directive.name.value.replace(/^federation__/, '') !== 'key' || fields?.kind !== Kind.STRING) continue;
    if (/^[\w\s,]+$/.test(fields.value)) return fields.value.trim().split(/[\s,]+/);
  }
  return [];
}

function has(directives: readonly ConstDirectiveNode[] | undefined, name: string): boolean {
  return directives?.some((directive) => directive.name.value.replace(/^federation__/, '') === name) === true;
}

function unwrapped(type: TypeNode): { named: string; isList: boolean; isRequired: boolean } {
  if (type.kind === Kind.NON_NULL_TYPE) return { ...unwrapped(type.type), isRequired: true };
  if (type.kind === Kind.LIST_TYPE) return { ...unwrapped(type.type), isList: true, isRequired: false };
  return { named: type.name.value, isList: false, isRequired: false };
}
