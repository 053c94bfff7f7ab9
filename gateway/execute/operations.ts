import {
  type DocumentNode,
  getOperationAST,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  parse,
  stripIgnoredCharacters,
  validate,
} from 'graphql';
import { Refusal } from '../../schema/errors.ts';
import { evidentlyValid } from '../../schema/evidently-valid.ts';
import { frequent } from '../../schema/frequent.ts';
import type { Answer, ManagedOperation, ManagedSubgraph } from '../../schema/reading.ts';
import { type Kept, room } from '../../schema/room.ts';
import { type AnswerCache, openAnswerCache } from '../answers/answer-cache.ts';
import type { Actor } from '../actor.ts';
import { onceAsked } from '../serving/once-asked.ts';
import { type UsedOperation, usedOperation } from '../usage/used-operation.ts';
import { requireBoundedNesting, TOKENS_MAX } from '../door/nesting.ts';
import { type Authorized, authorize } from './authorization.ts';
import type { Costs } from './cost/open-costs.ts';
import type { OperationContext } from './context.ts';
import { withoutDefer } from '../../schema/composition/deferred.ts';
import { requireWithinBounds } from './operation-bounds.ts';
import { operationFaults } from './operation-faults.ts';
import type { Guards, Rights } from './guards.ts';
import type { Federation } from './plan/federation.ts';
import type { PlannedAnswer } from './plan/planned-operation.ts';
import type { PlannedSubscription } from './plan/planned-subscription.ts';

/** Operations that are kept compiled: more than the clients of a mesh have. */
const OPERATIONS_KEPT = { entries: 2_000, bytes: 128 * 1024 * 1024 };
/** Texts whose operation is known: an operation may be written in several ways, by line breaks and comments. */
const TEXTS_KEPT = { entries: 4_000, bytes: 16 * 1024 * 1024 };
/** What a compiled operation holds, at least and for each token of its text: measured by `npm run bench:flood`. */
const OPERATION_BYTES = 10_000;
const BYTES_PER_TOKEN = 300;
/** A refusal has its stack. */
const REFUSAL_BYTES = 2_000;

/** What became of an operation's text, once: how it is answered. */
export type Operation =
  | CompiledOperation
  | SubscriptionOperation
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Apollo Server's: whatever is wrong with it, it says so. */
  | { readonly kind: 'other' };

/** An operation with what it was compiled to. */
export interface CompiledOperation {
  readonly kind: 'compiled';
  /** No other operation of this process has it, be it of a part of the graph or of the graph before. */
  readonly id: number;
  readonly type: 'query' | 'mutation';
  /**
   * In managed products alone, or in registered ones of one server, it is one statement; of managed ones its answer is the same until
   * one of them has new data.
   */
  readonly path: 'managed' | 'registered' | 'planned';
  /** By its text; null where it has no name. */
  readonly name: string | null;
  /** Why it is planned; null where it is one statement. */
  readonly because: string | null;
  /** `variables` as the client sent them. */
  answer(variables: Readonly<Record<string, unknown>>, context: OperationContext): Promise<Answer | PlannedAnswer>;
  /** What is recorded of it when it is asked; null where it asks for nothing but the schema. */
  usage(): UsedOperation | null;
  /** Its estimated cost; null where the variables are not of their types. */
  cost(variables: Readonly<Record<string, unknown>>): number | null;
}

/** A subscription: answered event by event, where whoever asks can take that. */
export interface SubscriptionOperation extends Pick<PlannedSubscription, 'source' | 'answer'> {
  readonly kind: 'subscription';
  usage(): UsedOperation | null;
}

/** The operations of one graph. */
export interface Operations {
  /** Null where none are kept. */
  readonly answers: AnswerCache | null;
  /** Each profile of who asks has compiled forms of its own. */
  find(query: string, operationName: string | null, actor: Pick<Actor, 'profile' | 'rights'>): Operation;
  /** Those that were asked most, the most asked first. */
  mostAsked(count: number): readonly AskedOften[];
  /** Compiles what was asked of another graph, as if it were asked again half as often. */
  remember(asked: AskedOften): void;
  /** What is wrong with one of the kind `other`. */
  faults(query: string, operationName: string | null): readonly GraphQLFormattedError[];
}

/** An operation as it is asked, and how often it was. */
export interface AskedOften extends Asked {
  readonly times: number;
}

/** A text's operation. */
interface KnownText extends Asked {
  readonly kept: Kept<Operation>;
  times: number;
}

export interface OperationsDeps {
  /** What clients may ask. */
  readonly schema: GraphQLSchema;
  /** The managed products of the whole mesh; null where there are none. */
  readonly whole: ManagedSubgraph | null;
  /** The registered products of each server. */
  readonly servers: readonly ManagedSubgraph[];
  /** All subgraphs, opened when the first operation needs it. */
  readonly federation: () => Federation;
  /** What of the graph is not for everyone; null where all of it is. */
  readonly guards: () => Guards | null;
  readonly costs: Costs;
  /** Refuses planned operations that cost more, but an admin's: the managed ones have a limit of their own, of rows. */
  readonly limitsCosts: boolean;
  readonly answerCacheBytes: number;
}

const NOT_MANAGED = 'It asks for what is not in managed products alone.';
const NOT_ALLOWED = 'Who asks may not see all of it: what is left of it is planned.';

/** That there is an error is enough. */
const ONE = { maxErrors: 1 };
const OTHER = { kind: 'other' } as const;

/** Operations of all graphs of this process: answers under way of several are told apart by it. */
let compiled = 0;

/**
 * Compiles each operation when it is first asked for, and keeps those that are asked for again: once for all texts that differ in
 * white space, commas and comments alone.
 */
export function openOperations(deps: OperationsDeps): Operations {
  const texts = frequent<KnownText>(room(TEXTS_KEPT));
  const operations = room<Operation>(OPERATIONS_KEPT);
  const byTokens = new Map<string, Kept<Operation>>();

  /** Of a text that is not known. */
  const found = (asked: Asked): { readonly kept: Kept<Operation>; readonly bytes: number } => {
    const read = readOperation(asked);
    if ('kind' in read) {
      const bytes = read.kind === 'refused' ? REFUSAL_BYTES : 0;
      return { kept: { value: read, used: true }, bytes };
    }
    const key = `${asked.profile}\n${read.operation.name?.value ?? ''}\n${stripIgnoredCharacters(asked.query)}`;
    const known = byTokens.get(key);
    if (known !== undefined) return { kept: known, bytes: 0 };
    const operation = compile(deps, { ...asked, ...read }, (compiled += 1));
    if (operation.kind === 'refused' || operation.kind === 'other')
      return { kept: { value: operation, used: true }, bytes: 0 };
    const bytes = OPERATION_BYTES + BYTES_PER_TOKEN * (read.document.tokenCount ?? 0) + 2 * key.length;
    const kept = operations.keep(operation, bytes, () => byTokens.delete(key));
    // What is too large to be kept is compiled each time.
    if (kept.value === null) return { kept: { value: operation, used: true }, bytes };
    byTokens.set(key, kept);
    return { kept, bytes: 0 };
  };

  const learn = (asked: Asked, times: number): Operation => {
    const { kept, bytes } = found(asked);
    // The text once more, beside that of the key.
    texts.set(
      textKey(asked.query, asked.operationName, asked.profile),
      { ...asked, kept, times },
      bytes + 2 * asked.query.length,
    );
    kept.used = true;
    return kept.value!;
  };

  return {
    answers: deps.answerCacheBytes === 0 ? null : openAnswerCache(deps.answerCacheBytes),
    find: (query, operationName, { profile, rights }) => {
      const known = texts.get(textKey(query, operationName, profile));
      if (known !== undefined && known.kept.value !== null) {
        known.times += 1;
        known.kept.used = true;
        return known.kept.value;
      }
      return learn({ query, operationName, profile, rights }, 1);
    },
    mostAsked: (count) =>
      [...texts.values()]
        .filter(({ kept, times }) => kept.value?.kind === 'compiled' && times > 1)
        .sort((a, b) => b.times - a.times)
        .slice(0, count),
    remember: ({ query, operationName, profile, rights, times }) => {
      learn({ query, operationName, profile, rights }, Math.floor(times / 2));
    },
    faults: (query, operationName) => operationFaults(deps.schema, query, operationName),
  };
}

function textKey(query: string, operationName: string | null, profile: string): string {
  return `${profile}\n${operationName ?? ''}\n${query}`;
}

interface Asked {
  readonly query: string;
  readonly operationName: string | null;
  readonly profile: string;
  readonly rights: Rights;
}

/** A text with its operation, both as they stand; or why it is not looked at further. */
interface ReadOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

function readOperation({ query, operationName }: Asked): ReadOperation | Exclude<Operation, CompiledOperation> {
  try {
    requireBoundedNesting({ query });
    const document = parse(query, { noLocation: true, maxTokens: TOKENS_MAX });
    requireWithinBounds(document);
    const operation = getOperationAST(document, operationName);
    return operation ? { document, operation } : OTHER;
  } catch (error) {
    return error instanceof Refusal ? { kind: 'refused', refusal: error } : OTHER;
  }
}

/** The operation as one statement of one database; null where it is none. */
function oneStatement(
  { whole, servers }: OperationsDeps,
  document: DocumentNode,
  operationName: string | null,
): { readonly path: 'managed' | 'registered'; readonly compiled: ManagedOperation } | null {
  const managed = whole?.compile(document, operationName) ?? null;
  if (managed !== null) return { path: 'managed', compiled: managed };
  for (const server of servers) {
    const compiled = server.compile(document, operationName);
    if (compiled !== null) return { path: 'registered', compiled };
  }
  return null;
}

function compile(deps: OperationsDeps, asked: Asked & ReadOperation, id: number): Operation {
  const { operationName, rights } = asked;
  const { schema } = deps;
  const valid = evidentlyValid(schema, asked.document) || validate(schema, asked.document, undefined, ONE).length === 0;
  if (!valid) return OTHER;
  // To look through a document takes as long as to parse it.
  const document = asked.query.includes('defer') ? withoutDefer(asked.document) : asked.document;
  const operation = document === asked.document ? asked.operation : getOperationAST(document, operationName)!;
  const guards = deps.guards();
  const allowed: Authorized =
    guards === null ? { document, errors: () => [] } : authorize(guards, document, { operationName, rights });
  const name = operation.name?.value ?? null;
  const statement = allowed.document === document ? oneStatement(deps, document, operationName) : null;
  const costs = onceAsked(() => deps.costs.of(document, operation));
  const cost: CompiledOperation['cost'] = (variables) => costs().estimate(variables);
  const usage = onceAsked(() => usedOperation(schema, document, operation));
  if (statement !== null) {
    const { path, compiled } = statement;
    const answer: CompiledOperation['answer'] = (variables, { reading }) => compiled.answer(variables, reading);
    return { kind: 'compiled', id, name, type: 'query', path, because: null, answer, usage, cost };
  }
  // Validation has nothing to say of fields whose type the schema does not have.
  if (!schema.getRootType(operation.operation))
    return { kind: 'refused', refusal: new Refusal('BAD_INPUT', `This graph has no ${operation.operation}.`) };
  const because = allowed.document === document ? NOT_MANAGED : NOT_ALLOWED;
  const described = { kind: 'compiled', id, name, path: 'planned', because, usage, cost } as const;
  try {
    const planned = deps.federation().plan(document, operation, allowed);
    if (planned.type === 'subscription') return { kind: 'subscription', usage, ...planned };
    const limited: CompiledOperation['answer'] = async (variables, context) => {
      if (!context.actor.admin) costs().requireAffordable(variables);
      return planned.answer(variables, context);
    };
    return { ...described, type: planned.type, answer: deps.limitsCosts ? limited : planned.answer };
  } catch (error) {
    // Told to each who asks as what it is, a fault.
    const answer = (): Promise<never> => Promise.reject(new Error('No plan was found', { cause: error }));
    return { ...described, type: 'query', answer };
  }
}
