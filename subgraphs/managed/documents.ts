import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { evidentlyValid } from '../../schema/evidently-valid.ts';
import { frequent } from '../../schema/frequent.ts';
import type { ManagedOperation } from '../../schema/reading.ts';
import { room } from '../../schema/room.ts';

/** A request's document, with the operation that was compiled of it, if it can be; or what is wrong with it. */
export type Checked =
  | { readonly document: DocumentNode; readonly operation: ManagedOperation | null; readonly errors: null }
  | { readonly document: null; readonly operation: null; readonly errors: readonly GraphQLError[] };

/** A gateway's plans have a few hundred fetches. */
const KEPT = { entries: 1_000, bytes: 32 * 1024 * 1024 };
/** What a document holds for each of its tokens: measured by `npm run bench:flood`. */
const BYTES_PER_TOKEN = 150;
/** What is wrong with a text: an error has a stack, and there may be a hundred. */
const ERRORS_BYTES = 100_000;

/** Parses, validates and compiles request texts, each once as long as it is among the last used. */
export function documentsOf(
  schema: GraphQLSchema,
  compile: (document: DocumentNode, operationName: string | null) => ManagedOperation | null,
): (text: string, operationName: string | null) => Checked {
  const kept = frequent<Checked>(room(KEPT));
  return (text, operationName) => {
    const key = `${operationName ?? ''} ${text}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const checked = check(schema, text);
    const made =
      checked.errors === null ? { ...checked, operation: compile(checked.document, operationName) } : checked;
    kept.set(key, made, made.errors === null ? BYTES_PER_TOKEN * (made.document.tokenCount ?? 0) : ERRORS_BYTES);
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
  const errors = evidentlyValid(schema, document) ? [] : validate(schema, document);
  return errors.length === 0
    ? { document, operation: null, errors: null }
    : { document: null, operation: null, errors };
}
