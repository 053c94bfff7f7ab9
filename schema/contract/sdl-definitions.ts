import {
  type ASTNode,
  type DirectiveNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql';
import { isMachinery } from './machinery.ts';
import type { Product } from './model.ts';

/** A place in `schema.graphql`, as findings have it. */
export interface SdlPlace {
  readonly file: 'schema.graphql';
  readonly line: number;
  readonly column: number;
}

/** A field, an input field or an enum value. */
export interface SdlMember {
  readonly name: string;
  readonly node: FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode;
  readonly at: SdlPlace;
}

/** A type, or an extension of one, that a remote product's SDL writes. */
export interface SdlDefinition {
  readonly name: string;
  readonly node: TypeDefinitionNode | TypeExtensionNode;
  readonly at: SdlPlace;
  readonly members: readonly SdlMember[];
  /** False where the type is another's, which this service extends by its key, and for the root types. */
  readonly isOwn: boolean;
}

const ROOTS = new Set(['Query', 'Mutation', 'Subscription']);
const TYPES = new Set<ASTNode['kind']>([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
]);

/** By the remote part of a product, which never changes: several policies ask for the same. */
const read = new WeakMap<object, readonly SdlDefinition[]>();

/** What a remote product's SDL defines and extends, without what federation puts into it; nothing for other products. */
export function sdlDefinitions({ remote }: Product): readonly SdlDefinition[] {
  if (remote === null) return [];
  const known = read.get(remote);
  if (known !== undefined) return known;
  const definitions = parse(remote.sdl)
    .definitions.filter(isType)
    .filter(({ name }) => !isMachinery(name.value))
    .map(definitionOf);
  read.set(remote, definitions);
  return definitions;
}

/** Whether it has a directive, by whatever namespace the SDL links it: `@external`, `@federation__external`. */
export function hasDirective(
  { directives = [] }: { readonly directives?: readonly DirectiveNode[] | undefined },
  name: string,
): boolean {
  return directives.some((directive) => isNamed(directive, name));
}

/** True for `@key` and `@federation__key`. */
export function isNamed(directive: DirectiveNode, name: string): boolean {
  return directive.name.value === name || directive.name.value.endsWith(`__${name}`);
}

function isType(node: ASTNode): node is TypeDefinitionNode | TypeExtensionNode {
  return TYPES.has(node.kind);
}

function definitionOf(node: TypeDefinitionNode | TypeExtensionNode): SdlDefinition {
  const written = 'fields' in node ? (node.fields ?? []) : 'values' in node ? (node.values ?? []) : [];
  const name = node.name.value;
  const members = written
    .filter((member) => !(name === 'Query' && isMachinery(member.name.value)))
    .map((member) => ({ name: member.name.value, node: member, at: placeOf(member.name) }));
  const isExtension = node.kind.endsWith('Extension');
  return { name, node, at: placeOf(node.name), members, isOwn: !isExtension && !ROOTS.has(name) };
}

function placeOf({ loc }: ASTNode): SdlPlace {
  const start = loc?.startToken;
  return { file: 'schema.graphql', line: start?.line ?? 1, column: start?.column ?? 1 };
}
