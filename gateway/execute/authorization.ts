import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLFormattedError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  visit,
} from 'graphql';
import { namedTypeOf } from '../../schema/contract/named-type-of.ts';
import { fragmentsOf } from './fragments-of.ts';
import type { GuardedType, Guards, Rights } from './guards.ts';

/** An operation as far as who asks may go. */
export interface Authorized {
  /**
   * What may be planned and fetched: the very same document where all of it is allowed, else the one operation with its fragments
   * inlined, without what is not. The answer is completed by the document as it was sent, so that what is missing is null.
   */
  readonly document: DocumentNode;
  /** What is said of each field that was left out; those that its variables skip are not spoken of. */
  errors(variables: Readonly<Record<string, unknown>>): readonly GraphQLFormattedError[];
}

type Path = readonly string[];

/** A field that was left out, and the `@skip` and `@include` under which it stood. */
interface Denial {
  readonly path: Path;
  readonly field: string;
  readonly conditions: readonly DirectiveNode[];
}

/**
 * Takes out of a valid operation what these rights do not allow: fields that are guarded, whose type is, or that stand on a type of
 * which some member is. Pure; its work is bounded by the fields of the operation after its fragments are spread.
 */
export function authorize(
  guards: Guards,
  document: DocumentNode,
  { operationName, rights }: { readonly operationName: string | null; readonly rights: Rights },
): Authorized {
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode =>
      node.kind === Kind.OPERATION_DEFINITION && (operationName === null || node.name?.value === operationName),
  );
  if (operation === undefined) return { document, errors: () => [] };
  const fragments = fragmentsOf(document);
  const filter = new Filter(guards, fragments, rights);
  const selectionSet = filter.selections(
    operation.selectionSet,
    possibleOf(guards, guards.roots[operation.operation]),
    {
      path: [],
      conditions: conditionsOf(operation.directives),
    },
  );
  const { denials } = filter;
  if (denials.length === 0) return { document, errors: () => [] };
  const allowed = withoutUnusedVariables({ ...operation, selectionSet: selectionSet ?? TYPENAME_ALONE });
  return {
    document: { kind: Kind.DOCUMENT, definitions: [allowed] },
    errors: (variables) =>
      onceAPath(denials.filter(({ conditions }) => conditions.every((node) => holds(node, variables)))),
  };
}

interface Place {
  readonly path: Path;
  readonly conditions: readonly DirectiveNode[];
}

class Filter {
  readonly denials: Denial[] = [];
  readonly #guards: Guards;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #rights: Rights;

  constructor(guards: Guards, fragments: ReadonlyMap<string, FragmentDefinitionNode>, rights: Rights) {
    this.#guards = guards;
    this.#fragments = fragments;
    this.#rights = rights;
  }

  /** What is left of them; null where it is nothing. `possible` are the object types that may stand here. */
  selections({ selections }: SelectionSetNode, possible: ReadonlySet<string>, place: Place): SelectionSetNode | null {
    // No object is ever asked for it: nothing to allow, nothing to say.
    if (possible.size === 0) return null;
    const left = selections.flatMap((node): SelectionNode[] => {
      const conditions = [...place.conditions, ...conditionsOf(node.directives)];
      if (node.kind === Kind.FIELD) {
        if (node.name.value.startsWith('__')) return [node];
        const path = [...place.path, node.alias?.value ?? node.name.value];
        const type = this.#allowed(possible, node.name.value);
        if (type === null) {
          this.denials.push({ path, field: node.name.value, conditions });
          return [];
        }
        if (node.selectionSet === undefined) return [node];
        const within = { path: [...path, ...listMarks(type)], conditions };
        const inner = this.selections(node.selectionSet, possibleOf(this.#guards, namedTypeOf(type)), within);
        return [{ ...node, selectionSet: inner ?? TYPENAME_ALONE }];
      }
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
      if (fragment === undefined) return [];
      const { typeCondition } = fragment;
      const narrowed =
        typeCondition === undefined ? possible : common(possible, possibleOf(this.#guards, typeCondition.name.value));
      const inner = this.selections(fragment.selectionSet, narrowed, { path: place.path, conditions });
      if (inner === null) return [];
      const { directives = [] } = node;
      return [{ kind: Kind.INLINE_FRAGMENT, ...(typeCondition && { typeCondition }), directives, selectionSet: inner }];
    });
    return left.length === 0 ? null : { kind: Kind.SELECTION_SET, selections: left };
  }

  /** A field's type where each object that may stand here lets it be seen; null where one does not. */
  #allowed(possible: ReadonlySet<string>, name: string): TypeNode | null {
    let found: TypeNode | null = null;
    for (const typeName of possible) {
      const owner = this.#guards.types.get(typeName);
      const field = owner?.fields.get(name);
      if (owner === undefined || field === undefined) continue;
      if (!this.#sees(owner) || field.guard?.(this.#rights) === false) return null;
      if (!this.#seesSome(namedTypeOf(field.type))) return null;
      found ??= field.type;
    }
    return found;
  }

  #sees({ guard }: GuardedType): boolean {
    return guard === null || guard(this.#rights);
  }

  /** Whether any of what a type may be can be seen. */
  #seesSome(typeName: string): boolean {
    const type = this.#guards.types.get(typeName);
    if (type === undefined) return true;
    if (type.possible.size === 0) return this.#sees(type);
    return [...type.possible].some((name) => {
      const member = this.#guards.types.get(name);
      return member === undefined || this.#sees(member);
    });
  }
}

/** Keeps an object that has nothing left in the answer. */
const TYPENAME_ALONE: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
};

function possibleOf({ types }: Guards, name: string): ReadonlySet<string> {
  return types.get(name)?.possible ?? new Set();
}

function common(some: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...some].filter((name) => others.has(name)));
}

function conditionsOf(directives: readonly DirectiveNode[] = []): DirectiveNode[] {
  return directives.filter(({ name }) => name.value === 'skip' || name.value === 'include');
}

function holds(node: DirectiveNode, variables: Readonly<Record<string, unknown>>): boolean {
  const value = node.arguments?.[0]?.value;
  const given =
    value?.kind === Kind.VARIABLE ? variables[value.name.value] : value?.kind === Kind.BOOLEAN && value.value;
  return (given === true) === (node.name.value === 'include');
}

/** `@` for each list: which of its elements is not known before it is fetched. */
function listMarks(type: TypeNode): string[] {
  if (type.kind === Kind.NON_NULL_TYPE) return listMarks(type.type);
  return type.kind === Kind.LIST_TYPE ? ['@', ...listMarks(type.type)] : [];
}

function withoutUnusedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  for (const { arguments: given = [] } of operation.directives ?? [])
    for (const { value } of given) if (value.kind === Kind.VARIABLE) used.add(value.name.value);
  const { variableDefinitions = [] } = operation;
  return {
    ...operation,
    variableDefinitions: variableDefinitions.filter(({ variable }) => used.has(variable.name.value)),
  };
}

function onceAPath(denials: readonly Denial[]): GraphQLFormattedError[] {
  const byPath = new Map(denials.map((denial) => [denial.path.join('.'), denial]));
  return [...byPath.values()].map(({ path, field }) => ({
    message: `Not allowed: ${field}. Whoever asks lacks a right that it, or its type, needs.`,
    path,
    extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
  }));
}
