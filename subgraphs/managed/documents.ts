import { parse, validate, type DocumentNode, type GraphQLError, type GraphQLSchema } from 'graphql';
import { recent } from './recent.ts';

/** A document of the schema, or what is wrong with it. */
export type Checked =
  | { readonly document: DocumentNode; readonly errors: null }
  | { readonly document: null; readonly errors: readonly GraphQLError[] };

// A gateway's plans have a few hundred fetches; documents are some 10 kB each.
const KEPT = 500;
/** Longer texts are seldom seen twice, and would make the memory unbounded. */
const LONGEST_KEPT = 50_000;

/** Parses and validates request texts, each once as long as it is among the last used. */
export function documentsOf(schema: GraphQLSchema): (text: string) => Checked {
  const kept = recent<Checked>(KEPT);
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const checked = check(schema, text);
    if (text.length <= LONGEST_KEPT) kept.set(text, checked);
    return checked;
  };
}

function check(schema: GraphQLSchema, text: string): Checked {
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true });
  } catch (error) {
    return { document: null, errors: [error as GraphQLError] };
  }
  const errors = validate(schema, document);
  return errors.length === 0 ? { document, errors: null } : { document: null, errors };
}
