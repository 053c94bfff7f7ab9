import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type ScalarTypeDefinitionNode,
} from 'graphql';
import { namedTypeOf } from '../contract/named-type-of.ts';

/** The types that a managed subgraph is made of; it has no interfaces, unions, extensions and mutations. */
export type ManagedType =
  ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode | EnumTypeDefinitionNode | ScalarTypeDefinitionNode;

/** A type that has nothing to do with other subgraphs, unless one of them has a type of its name. */
export interface ClosedType {
  readonly kind: ManagedType['kind'];
  /** As it stands in the subgraph. */
  readonly text: string;
  /** As it stands in a supergraph in which no other subgraph has it; `JOIN` stands for the subgraph. */
  readonly merged: string;
  /** Types that it names. */
  readonly names: ReadonlySet<string>;
}

/** A type of which other subgraphs may have fields: `Query`, or an entity. */
export interface OpenType extends Pick<ClosedType, 'merged'> {
  readonly node: ObjectTypeDefinitionNode;
}

/** A managed subgraph's SDL, read for composing it with others. */
export interface ManagedPart {
  /** The `@link` of its SDL. */
  readonly header: string;
  readonly hasTags: boolean;
  /** `Query` and the entities: other subgraphs may have fields of them. */
  readonly open: ReadonlyMap<string, OpenType>;
  readonly closed: ReadonlyMap<string, ClosedType>;
  /** Types that arguments and fields of inputs are of. */
  readonly givenTypes: ReadonlySet<string>;
  /** Types that fields of objects are of. */
  readonly answeredTypes: ReadonlySet<string>;
}

/** Stands for the subgraph's name in `join__Graph`: `print` writes it as it is, and no text of a managed subgraph has control characters. */
export const JOIN = '\u0001';

/** Reads a managed subgraph's SDL; null where it has what managed subgraphs do not have. */
export function readManagedPart(sdl: string): ManagedPart | null {
  const open = new Map<string, OpenType>();
  const closed = new Map<string, ClosedType>();
  const givenTypes = new Set<string>();
  const answeredTypes = new Set<string>();
  const header: string[] = [];
  for (const node of parse(sdl, { noLocation: true }).definitions) {
    if (node.kind === Kind.SCHEMA_EXTENSION && (node.operationTypes ?? []).length === 0) {
      header.push(print(node));
      continue;
    }
    if (!isManagedType(node) || open.has(node.name.value) || closed.has(node.name.value)) return null;
    if (![...directivesOf(node)].every(({ name }) => DIRECTIVES.has(name.value))) return null;
    noteTypes(node, givenTypes, answeredTypes);
    if (isOpen(node)) open.set(node.name.value, { node, merged: mergedText(node) });
    else
      closed.set(node.name.value, {
        kind: node.kind,
        text: print(node),
        merged: mergedText(node),
        names: namesIn(node),
      });
  }
  if (!open.has('Query')) return null;
  return { header: header.join('\n'), hasTags: sdl.includes('@tag('), open, closed, givenTypes, answeredTypes };
}

/** A field of a type that other subgraphs have too, of which only this one has the field. */
export function joinedField(field: FieldDefinitionNode, graph: string): FieldDefinitionNode {
  const merged = mergedField(field);
  return { ...merged, directives: [directive('join__field', { graph }), ...(merged.directives ?? [])] };
}

/** The fields of an entity's keys, which in managed subgraphs are names and no selections. */
export function keyFieldsOf(node: ObjectTypeDefinitionNode): Set<string> {
  return new Set(keysOf(node).flatMap((fields) => fields.trim().split(/[\s,]+/)));
}

const DIRECTIVES = new Set(['key', 'shareable', 'tag', 'deprecated']);
/** What stays in the supergraph, in the order in which composition prints it. */
const SHOWN = ['tag', 'deprecated'];

function isManagedType(node: DefinitionNode): node is ManagedType {
  return (
    isTypeDefinitionNode(node) &&
    node.kind !== Kind.INTERFACE_TYPE_DEFINITION &&
    node.kind !== Kind.UNION_TYPE_DEFINITION &&
    (node.kind !== Kind.OBJECT_TYPE_DEFINITION || (node.interfaces ?? []).length === 0)
  );
}

function isOpen(node: ManagedType): node is ObjectTypeDefinitionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION && (node.name.value === 'Query' || keysOf(node).length > 0);
}

function keysOf({ directives = [] }: Pick<ObjectTypeDefinitionNode, 'directives'>): string[] {
  return directives.flatMap(({ name, arguments: given }) => {
    const value = name.value === 'key' ? given?.find((one) => one.name.value === 'fields')?.value : undefined;
    return value?.kind === Kind.STRING ? [value.value] : [];
  });
}

function joinTypes(node: ManagedType): ConstDirectiveNode[] {
  const keys = node.kind === Kind.OBJECT_TYPE_DEFINITION ? keysOf(node) : [];
  if (keys.length === 0) return [directive('join__type', { graph: JOIN })];
  return keys.map((key) => directive('join__type', { graph: JOIN }, { key }));
}

/** A type that only this subgraph has, as it stands in a supergraph. */
function mergedText(node: ManagedType): string {
  const fieldsOf = (): Pick<ObjectTypeDefinitionNode, 'fields'> | Pick<EnumTypeDefinitionNode, 'values'> | object => {
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
        return { fields: node.fields?.map(mergedField) };
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return { fields: node.fields?.map((field) => ({ ...field, directives: inOrder(field.directives) })) };
      case Kind.ENUM_TYPE_DEFINITION:
        return {
          values: node.values?.map((value) => ({
            ...value,
            directives: [directive('join__enumValue', { graph: JOIN }), ...inOrder(value.directives)],
          })),
        };
      case Kind.SCALAR_TYPE_DEFINITION:
        return {};
    }
  };
  return print({
    ...node,
    ...fieldsOf(),
    directives: [...joinTypes(node), ...inOrder(node.directives)],
  } as ManagedType);
}

function mergedField(field: FieldDefinitionNode): FieldDefinitionNode {
  return {
    ...field,
    arguments: (field.arguments ?? []).map((argument) => ({ ...argument, directives: inOrder(argument.directives) })),
    directives: inOrder(field.directives),
  };
}

function inOrder(directives: readonly ConstDirectiveNode[] = []): ConstDirectiveNode[] {
  return SHOWN.flatMap((shown) => directives.filter(({ name }) => name.value === shown));
}

function directive(
  name: string,
  names: Readonly<Record<string, string>>,
  texts: Readonly<Record<string, string>> = {},
): ConstDirectiveNode {
  const given = (entries: Readonly<Record<string, string>>, kind: Kind.ENUM | Kind.STRING) =>
    Object.entries(entries).map(([key, value]) => ({
      kind: Kind.ARGUMENT as const,
      name: { kind: Kind.NAME as const, value: key },
      value: { kind, value },
    }));
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: [...given(names, Kind.ENUM), ...given(texts, Kind.STRING)],
  };
}

function noteTypes(node: ManagedType, given: Set<string>, answered: Set<string>): void {
  if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
    for (const { type } of node.fields ?? []) given.add(namedTypeOf(type));
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) return;
  for (const { type, arguments: taken } of node.fields ?? []) {
    answered.add(namedTypeOf(type));
    for (const argument of taken ?? []) given.add(namedTypeOf(argument.type));
  }
}

function namesIn(node: ManagedType): Set<string> {
  const names = new Set<string>();
  noteTypes(node, names, names);
  return names;
}

function* directivesOf(node: ManagedType): Generator<ConstDirectiveNode> {
  yield* node.directives ?? [];
  if (node.kind === Kind.ENUM_TYPE_DEFINITION) for (const value of node.values ?? []) yield* value.directives ?? [];
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return;
  for (const field of node.fields ?? []) {
    yield* field.directives ?? [];
    if (field.kind === Kind.FIELD_DEFINITION)
      for (const argument of field.arguments ?? []) yield* argument.directives ?? [];
  }
}
