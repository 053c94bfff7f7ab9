import { type DocumentNode, Kind, Lexer, Source, TokenKind, visit } from 'graphql';
import type { Position } from './parse.ts';

/**
 * Real SDLs nest 8 levels deep, and their keys 3. The planner reads 50, and where it cannot read a field set it ends the whole process, at
 * each gateway and at each start: what it would not bear is refused before it is published.
 */
const NESTING_MAX = 32;
/** More digits than any number of 64 bits has for certain. */
const DIGITS_MAX = 18;
/** The roots of generated services have some thousands. An enum of 100,000 values took 20 s and 1 GB at each gateway. */
const MEMBERS_MAX = 10_000;

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);
const NUMBERS: ReadonlySet<TokenKind> = new Set([TokenKind.INT, TokenKind.FLOAT]);

/** Where it nests too deep, and what that means; null where it does not. Reads in a loop, since whoever else reads it recurses. */
export function nestingFault(sdl: string): (Position & { readonly message: string }) | null {
  let depth = 0;
  for (const { kind, line, column } of tokensOf(sdl)) {
    if (CLOSING.has(kind)) depth -= 1;
    else if (OPENING.has(kind) && (depth += 1) > NESTING_MAX)
      return { line, column, message: `nests more than ${NESTING_MAX} levels deep` };
  }
  return null;
}

/** Types of more fields or values than a graph is made of in bounded time. */
export function sizeFaults({ definitions }: DocumentNode): string[] {
  return definitions.flatMap((node): string[] => {
    const members = 'fields' in node ? node.fields : 'values' in node ? node.values : undefined;
    if (members === undefined || members.length <= MEMBERS_MAX || !('name' in node)) return [];
    return [`The type ${node.name.value} has ${members.length} members; it may have at most ${MEMBERS_MAX}.`];
  });
}

/** What planners cannot read of the field sets (`@key(fields: …)`, and what else has `fields`), though composition may take it. */
export function fieldSetFaults(document: DocumentNode): string[] {
  const faults: string[] = [];
  visit(document, {
    Argument: ({ name, value }) => {
      // `@fromContext` has its selection in `field`.
      if ((name.value !== 'fields' && name.value !== 'field') || value.kind !== Kind.STRING) return;
      const fault = fieldSetFault(value.value);
      if (fault !== null) faults.push(`The field set ${JSON.stringify(value.value.slice(0, 60))} ${fault}.`);
    },
  });
  return faults;
}

function fieldSetFault(text: string): string | null {
  const [first] = tokensOf(text);
  if (first?.kind === TokenKind.BRACE_L) return 'stands in braces: leave these out';
  for (const { kind, start, end } of tokensOf(text)) {
    if (NUMBERS.has(kind) && end - start > DIGITS_MAX) return 'has a number of more digits than are read';
    if (kind === TokenKind.STRING && text.slice(start, end).includes('\\u'))
      return 'has a text with \\u in it: write the letter itself';
  }
  return nestingFault(text)?.message ?? null;
}

/** As far as the text is GraphQL's: what it is not further on, the parser tells. */
function* tokensOf(text: string): Generator<Lexer['token']> {
  const lexer = new Lexer(new Source(text));
  try {
    while (lexer.advance().kind !== TokenKind.EOF) yield lexer.token;
  } catch {
    return;
  }
}
