import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { linkedName } from '../../schema/composition/linked-name.ts';

/** What who asks may claim. */
export interface Rights {
  readonly authenticated: boolean;
  holdsScope(scope: string): boolean;
  holdsPolicy(policy: string): boolean;
}

/** Says whether these rights are enough. */
export type Guard = (rights: Rights) => boolean;

/** A type of the graph, as far as guarding it goes. */
export interface GuardedType {
  /** Null where anyone may see it. Of an interface it is null: composition infers it from the types that implement it. */
  readonly guard: Guard | null;
  readonly fields: ReadonlyMap<string, GuardedField>;
  /** Names of the object types that it may be at run time. */
  readonly possible: ReadonlySet<string>;
}

export interface GuardedField {
  readonly guard: Guard | null;
  readonly type: TypeNode;
}

/** What a supergraph guards by `@authenticated`, `@requiresScopes` and `@policy`. */
export interface Guards {
  readonly types: ReadonlyMap<string, GuardedType>;
  readonly roots: Readonly<Record<'query' | 'mutation' | 'subscription', string>>;
}

/** Reads them from a supergraph's document; null where it guards nothing. */
export function readGuards(supergraph: DocumentNode): Guards | null {
  const guardOf = guardReader(supergraph);
  const types = new Map<string, GuardedType>();
  for (const node of supergraph.definitions) {
    const type = readType(node, guardOf);
    if (type !== null) types.set((node as TypeDefinitionNode).name.value, type);
  }
  const guarded = [...types.values()].some(
    ({ guard, fields }) => guard !== null || [...fields.values()].some((field) => field.guard !== null),
  );
  if (!guarded) return null;
  addImplementations(types, supergraph);
  return { types, roots: rootsOf(supergraph) };
}

type GuardOf = (directives: readonly ConstDirectiveNode[] | undefined) => Guard | null;

function readType(node: DefinitionNode, guardOf: GuardOf): GuardedType | null {
  switch (node.kind) {
    case Kind.SCALAR_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
      return { guard: guardOf(node.directives), fields: new Map(), possible: new Set() };
    case Kind.UNION_TYPE_DEFINITION:
      return { guard: null, fields: new Map(), possible: new Set(node.types?.map(({ name }) => name.value)) };
    case Kind.INTERFACE_TYPE_DEFINITION:
      return { guard: null, fields: readFields(node, guardOf), possible: new Set() };
    case Kind.OBJECT_TYPE_DEFINITION: {
      const possible = new Set([node.name.value]);
      return { guard: guardOf(node.directives), fields: readFields(node, guardOf), possible };
    }
    default:
      return null;
  }
}

function readFields(
  { fields = [] }: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode,
  guardOf: GuardOf,
): GuardedType['fields'] {
  return new Map(fields.map(({ name, type, directives }) => [name.value, { guard: guardOf(directives), type }]));
}

function addImplementations(types: Map<string, GuardedType>, { definitions }: DocumentNode): void {
  for (const node of definitions)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION)
      for (const { name } of node.interfaces ?? []) {
        const type = types.get(name.value);
        if (type !== undefined)
          types.set(name.value, { ...type, possible: new Set([...type.possible, node.name.value]) });
      }
}

function rootsOf({ definitions }: DocumentNode): Guards['roots'] {
  const roots = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };
  for (const node of definitions)
    if (node.kind === Kind.SCHEMA_DEFINITION)
      for (const { operation, type } of node.operationTypes) roots[operation] = type.name.value;
  return roots;
}

/** Directives go by the names under which the supergraph links their specifications. */
function guardReader(supergraph: DocumentNode): GuardOf {
  const kinds = new Map(KINDS.map((kind) => [linkedName(supergraph, kind, kind), kind]));
  return (directives = []) => {
    const guards = directives.flatMap((node): Guard[] => {
      const kind = kinds.get(node.name.value);
      if (kind === undefined) return [];
      if (kind === 'authenticated') return [({ authenticated }) => authenticated];
      const argument = node.arguments?.find(({ name }) => name.value === (kind === 'policy' ? 'policies' : 'scopes'));
      // Composition has checked it: a list of lists of strings.
      const anyOf = argument === undefined ? [] : (valueFromASTUntyped(argument.value) as string[][]);
      return kind === 'policy'
        ? [(rights) => anyOf.some((all) => all.every((policy) => rights.holdsPolicy(policy)))]
        : [(rights) => anyOf.some((all) => all.every((scope) => rights.holdsScope(scope)))];
    });
    return guards.length === 0 ? null : (rights) => guards.every((guard) => guard(rights));
  };
}

const KINDS = ['authenticated', 'requiresScopes', 'policy'] as const;
