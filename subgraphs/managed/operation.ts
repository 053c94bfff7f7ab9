import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { Refusal } from '../../schema/errors.ts';
import { frequent } from '../../schema/frequent.ts';
import type { Answer, ManagedOperation, Reading } from '../../schema/reading.ts';
import type { Room } from '../../schema/room.ts';
import type { CheckedExecution } from './checked-execution.ts';
import { variablesCoercion } from './coerce-variables.ts';
import { collectFields } from './collect-fields.ts';
import { isExpressionFailure } from './failed-measures.ts';
import type { RootField } from './fetch.ts';
import type { Limits } from './limits.ts';
import type { SelectRoot } from './root-fields.ts';
import type { RunStatement } from './run-statement.ts';
import { requireWithinBudget, type RowBudget, type Selection } from './selection.ts';
import { shapeOf } from './shape.ts';
import type { Variables } from './slot.ts';
import { operationSql } from './sql.ts';
import type { Statement } from './statement.ts';

/** What a form holds, at least, for each token of its operation and for each letter of its shape: measured by `npm run bench:flood`. */
const FORM_BYTES = 3_000;
const BYTES_PER_TOKEN = 300;
const BYTES_PER_LETTER = 200;

export interface CompileDeps {
  readonly schema: GraphQLSchema;
  readonly roots: ReadonlyMap<string, SelectRoot>;
  readonly types: Selection['types'];
  /** Names of the enums whose members stand for values of the data. */
  readonly dataEnums: ReadonlySet<string>;
  readonly limits: Limits;
  readonly run: RunStatement;
  readonly checked: CheckedExecution;
  /** For the forms of all operations: a flood of shapes of one takes nothing from the others that are in use. */
  readonly forms: Room<Form | Refused>;
}

/** Why one statement does not do, for those who look at how an operation was answered. */
const OF_ARGUMENTS =
  'What is refused of the arguments is the error of one root field: each of the others is a statement of its own.';
const OF_VALUES =
  'The data has a value that GraphQL has an error for, or lacks a row that must be there: each root field is a statement of its own, so that the error is said at its place.';

/** What an operation is for variables of one shape. */
export interface Form {
  readonly fields: readonly RootField[];
  readonly budget: RowBudget;
  /** Made for the versions of the data that were last read. */
  rendered: { readonly datasets: Reading['datasets']; readonly statement: Statement } | null;
}

/** Arguments of this shape are refused. */
export interface Refused {
  readonly refused: Error;
}

/**
 * Compiles a query of the schema: one statement, whose JSON is the answer as it comes. Where GraphQL has something to say of it (an
 * argument that is refused, a value that is none, a missing row where one must be) the operation is executed by graphql-js, which
 * words it. Null where the document has no such operation, or it is no query of these roots.
 */
export function compileOperation(
  deps: CompileDeps,
  document: DocumentNode,
  operationName: string | null,
): ManagedOperation | null {
  const operation = operationOf(document, operationName);
  if (operation === null || operation.operation !== OperationTypeNode.QUERY) return null;
  const { schema, limits } = deps;
  const fragments = fragmentsOf(document);
  if (![...rootNames(operation.selectionSet, fragments)].every((name) => deps.roots.has(name))) return null;
  const coerce = variablesCoercion(schema, operation);
  const shape = shapeOf(schema, operation, deps.dataEnums);
  const forms = frequent(deps.forms);
  const formBytes = FORM_BYTES + BYTES_PER_TOKEN * (document.tokenCount ?? 0);

  const form = (variables: Variables): Form => {
    const key = shape.key(variables);
    const known = forms.get(key) ?? remembered(key, shape.slotted(variables));
    if ('refused' in known) throw known.refused;
    return known;
  };
  const remembered = (key: string, slotted: Variables): Form | Refused => {
    const made = compileForm(deps, { schema, fragments, variableValues: slotted }, operation);
    forms.set(key, made, formBytes + BYTES_PER_LETTER * key.length);
    return made;
  };

  return {
    answer: async (given, reading): Promise<Answer> => {
      const { errors, coerced } = coerce(given);
      if (errors !== undefined) return { errors };
      const request = { document, operationName, variables: given, reading };
      try {
        const { fields, budget, rendered } = statementOf(form(coerced), reading);
        if (fields.length === 0) return { json: '{}' };
        requireWithinBudget(budget, limits, coerced);
        const json = await deps.run(rendered.statement, coerced, reading);
        if (json !== null) return { json };
      } catch (error) {
        // A fault too: it is told where GraphQL tells it.
        const failure = failureOf(error);
        if (failure === null) reading.watch?.fellBack(OF_ARGUMENTS);
        return deps.checked({ ...request, failure });
      }
      reading.watch?.fellBack(OF_VALUES);
      return deps.checked({ ...request, failure: null });
    },
  };
}

/** What is wrong with a field's arguments or expressions is that field's error, and the others are answered; anything else would befall them all. */
function failureOf(error: unknown): Error | null {
  if (isOfArguments(error) || isExpressionFailure(error)) return null;
  return error instanceof Error ? error : new Error('The statement failed', { cause: error });
}

function isOfArguments(error: unknown): error is Error {
  return error instanceof GraphQLError || (error instanceof Refusal && error.code === 'BAD_INPUT');
}

function compileForm(
  { schema, roots, types, limits }: CompileDeps,
  info: Selection['info'],
  operation: OperationDefinitionNode,
): Form | Refused {
  const query = schema.getQueryType()!;
  const budget: RowBudget = [];
  const selection: Selection = { types, limits, info, budget };
  try {
    const fields = collectFields(info, query.name, [operation]).map((selected): RootField => {
      const root = roots.get(selected.name);
      if (root === undefined) throw new Error(`The products have no root field ${selected.name}`);
      return { key: selected.key, fetch: root(selection, query, selected) };
    });
    return { fields, budget, rendered: null };
  } catch (error) {
    if (isOfArguments(error)) return { refused: error };
    throw error;
  }
}

function statementOf(form: Form, { datasets }: Reading): Form & { rendered: NonNullable<Form['rendered']> } {
  if (form.rendered?.datasets !== datasets)
    form.rendered = { datasets, statement: operationSql(form.fields, datasets, { strict: true }) };
  return form as Form & { rendered: NonNullable<Form['rendered']> };
}

function operationOf(document: DocumentNode, name: string | null): OperationDefinitionNode | null {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (name !== null) return operations.find((node) => node.name?.value === name) ?? null;
  return operations.length === 1 ? operations[0]! : null;
}

function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((node) => [node.name.value, node]));
}

function rootNames(
  { selections }: SelectionSetNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  names = new Set<string>(),
): Set<string> {
  for (const node of selections)
    if (node.kind === Kind.FIELD) names.add(node.name.value);
    else if (node.kind === Kind.INLINE_FRAGMENT) rootNames(node.selectionSet, fragments, names);
    else rootNames(fragments[node.name.value]!.selectionSet, fragments, names);
  return names;
}
