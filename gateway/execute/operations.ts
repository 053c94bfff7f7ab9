import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { Refusal } from '../../schema/errors.ts';
import type { Answer, ManagedSubgraph } from '../../schema/reading.ts';
import { type AnswerCache, openAnswerCache } from '../answer-cache.ts';
import type { Actor } from '../actor.ts';
import { requireBoundedNesting, TOKENS_MAX } from '../nesting.ts';
import { type Authorized, authorize } from './authorization.ts';
import type { OperationContext } from './context.ts';
import { frequent } from './frequent.ts';
import type { Guards, Rights } from './guards.ts';
import type { Federation } from './plan/federation.ts';
import type { PlannedAnswer } from './plan/planned-operation.ts';

/** Operations that are kept, each with its compiled forms (some 50 kB): more than the clients of a mesh have. */
const KEPT = 2_000;
/** Longer ones are generated, and seldom sent twice. */
const LONGEST_KEPT = 100_000;
/** Fields of an operation after its fragments are spread; a page of the console asks for some hundred. */
export const SELECTIONS_MAX = 10_000;
/** A page of a dashboard has some 30. Each root field is work of its own, however short it is spelled. */
const ROOTS_MAX = 200;

/** What became of an operation's text, once: how it is answered. */
export type Operation =
  | CompiledOperation
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Apollo Server's: whatever is wrong with it, it says so. */
  | { readonly kind: 'other' };

/** An operation with what it was compiled to. */
export interface CompiledOperation {
  readonly kind: 'compiled';
  /** No other operation of the graph has it. */
  readonly id: number;
  readonly type: 'query' | 'mutation';
  /** In managed products alone, it is one statement, and its answer the same until one of them has new data. */
  readonly path: 'managed' | 'planned';
  /** By its text; null where it has no name. */
  readonly name: string | null;
  /** Why it is planned; null where it is one statement. */
  readonly because: string | null;
  /** `variables` as the client sent them. */
  answer(variables: Readonly<Record<string, unknown>>, context: OperationContext): Promise<Answer | PlannedAnswer>;
}

/** The operations of one graph. */
export interface Operations {
  /** Null where none are kept. */
  readonly answers: AnswerCache | null;
  /** Each profile of who asks has compiled forms of its own. */
  find(query: string, operationName: string | null, actor: Pick<Actor, 'profile' | 'rights'>): Operation;
}

export interface OperationsDeps {
  /** What clients may ask. */
  readonly schema: GraphQLSchema;
  /** The managed products of the whole mesh; null where there are none. */
  readonly whole: ManagedSubgraph | null;
  /** All subgraphs, opened when the first operation needs it. */
  readonly federation: () => Federation;
  /** What of the graph is not for everyone; null where all of it is. */
  readonly guards: () => Guards | null;
  readonly answerCacheBytes: number;
}

const NOT_MANAGED = 'It asks for what is not in managed products alone.';
const NOT_ALLOWED = 'Who asks may not see all of it: what is left of it is planned.';

const OTHER: Operation = { kind: 'other' };

/** Compiles each operation when it is first asked for, and keeps those that are asked for again. */
export function openOperations(deps: OperationsDeps): Operations {
  const kept = frequent<Operation>(KEPT);
  let compiled = 0;
  return {
    answers: deps.answerCacheBytes === 0 ? null : openAnswerCache(deps.answerCacheBytes),
    find: (query, operationName, { profile, rights }) => {
      const key = `${profile}\n${operationName ?? ''}\n${query}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const operation = compile(deps, { query, operationName, rights }, (compiled += 1));
      if (key.length <= LONGEST_KEPT) kept.set(key, operation);
      return operation;
    },
  };
}

interface Asked {
  readonly query: string;
  readonly operationName: string | null;
  readonly rights: Rights;
}

function compile(deps: OperationsDeps, { query, operationName, rights }: Asked, id: number): Operation {
  let document: DocumentNode;
  try {
    requireBoundedNesting({ query });
    document = parse(query, { noLocation: true, maxTokens: TOKENS_MAX });
    requireBoundedWidth(document);
  } catch (error) {
    return error instanceof Refusal ? { kind: 'refused', refusal: error } : OTHER;
  }
  if (validate(deps.schema, document, undefined, { maxErrors: 1 }).length > 0) return OTHER;
  const guards = deps.guards();
  const allowed: Authorized =
    guards === null ? { document, errors: () => [] } : authorize(guards, document, { operationName, rights });
  const operation = getOperationAST(document, operationName);
  if (!operation) return OTHER;
  const name = operation.name?.value ?? null;
  const managed = allowed.document === document ? deps.whole?.compile(document, operationName) : null;
  if (managed != null) {
    const answer: CompiledOperation['answer'] = (variables, { reading }) => managed.answer(variables, reading);
    return { kind: 'compiled', id, name, type: 'query', path: 'managed', because: null, answer };
  }
  const because = allowed.document === document ? NOT_MANAGED : NOT_ALLOWED;
  const described = { kind: 'compiled', id, name, path: 'planned', because } as const;
  try {
    const planned = deps.federation().plan(document, operation, allowed);
    return planned === null ? OTHER : { ...described, ...planned };
  } catch (error) {
    // Told to each who asks as what it is, a fault.
    const answer = (): Promise<never> => Promise.reject(new Error('No plan was found', { cause: error }));
    return { ...described, type: 'query', answer };
  }
}

/** Refuses documents of too many fields, and of too many at the root; fragments count where they are spread. */
function requireBoundedWidth({ definitions }: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const sizes = new Map<string, { all: number; roots: number }>();
  const sizeOf = ({ selections }: SelectionSetNode): { all: number; roots: number } => {
    let [all, roots] = [0, 0];
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        roots += 1;
        all += 1 + (node.selectionSet === undefined ? 0 : sizeOf(node.selectionSet).all);
        continue;
      }
      const inner = node.kind === Kind.INLINE_FRAGMENT ? sizeOf(node.selectionSet) : spread(node.name.value);
      all += inner.all;
      roots += inner.roots;
    }
    return { all, roots };
  };
  const spread = (name: string): { all: number; roots: number } => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    // A circle is left to validation.
    sizes.set(name, { all: 0, roots: 0 });
    const fragment = fragments.get(name);
    const size = fragment === undefined ? { all: 0, roots: 0 } : sizeOf(fragment.selectionSet);
    sizes.set(name, size);
    return size;
  };
  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { all, roots } = sizeOf(node.selectionSet);
    if (all > SELECTIONS_MAX)
      throw new Refusal('BAD_INPUT', `The operation asks for more than ${SELECTIONS_MAX} fields: ask in several.`);
    if (roots > ROOTS_MAX)
      throw new Refusal('BAD_INPUT', `The operation has more than ${ROOTS_MAX} fields at its root: ask in several.`);
  }
}
