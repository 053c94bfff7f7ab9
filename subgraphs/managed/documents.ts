import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import type { ManagedOperation } from '../../schema/reading.ts';
import { recent } from './recent.ts';

/** A request's document, with the operation that was compiled of it, if it can be; or what is wrong with it. */
export type Checked =
  | { readonly document: DocumentNode; readonly operation: ManagedOperation | null; readonly errors: null }
  | { readonly document: null; readonly operation: null; readonly errors: readonly GraphQLError[] };

// A gateway's plans have a few hundred fetches; documents are some 10 kB each.
const KEPT = 500;
/** Longer texts are seldom seen twice, and would make the memory unbounded. */
const LONGEST_KEPT = 50_000;

/** Parses, validates and compiles request texts, each once as long as it is among the last used. */
export function documentsOf(
  schema: GraphQLSchema,
  compile: (document: DocumentNode, operationName: string | null) => ManagedOperation | null,
): (text: string, operationName: string | null) => Checked {
  const kept = recent<Checked>(KEPT);
  return (text, operationName) => {
    const key = `${operationName ?? ''} ${text}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const checked = check(schema, text);
    const made =
      checked.errors === null ? { ...checked, operation: compile(checked.document, operationName) } : checked;
    if (text.length <= LONGEST_KEPT) kept.set(key, made);
    return made;
  };
}

function check(schema: GraphQLSchema, text: string): Checked {
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true });
  } catch (error) {
    return { document: null, operation: null, errors: [error as GraphQLError] };
  }
  const errors = validate(schema, document);
  return errors.length === 0
    ? { document, operation: null, errors: null }
    : { document: null, operation: null, errors };
}
