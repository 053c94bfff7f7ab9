import { Lexer, Source, TokenKind } from 'graphql';
import { Refusal } from '../../schema/errors.ts';

/** Of one operation; the largest generated ones that we know have some 5,000. */
export const TOKENS_MAX = 20_000;
// The deepest operations that tools write have some 30 levels. From several hundred on, the planner stands so deep in its recursion
// that V8 ends the whole process where it compiles a regular expression there, which nothing can catch.
const NESTING_MAX = 100;

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Refuses an operation that nests deeper than any that people write, fragments within fragments counted, and variables that do.
 * Reads in loops, since parser, validation and planner recurse: it stands before them, and leaves to them what is no GraphQL.
 */
export function requireBoundedNesting({ query, variables }: { query?: unknown; variables?: unknown }): void {
  if (typeof query === 'string' && isDeepOperation(query))
    throw new Refusal('BAD_INPUT', `The operation nests more than ${NESTING_MAX} levels deep: ask in several.`);
  if (isDeepValue(typeof variables === 'string' ? parsed(variables) : variables))
    throw new Refusal('BAD_INPUT', `The variables nest more than ${NESTING_MAX} levels deep.`);
}

/** A definition: how deep it nests by itself, and which fragments it spreads at which depth. */
interface Outline {
  fragment: string | null;
  depth: number;
  readonly spreads: { readonly fragment: string; readonly depth: number }[];
}

function isDeepOperation(query: string): boolean {
  // Few brackets cannot nest deeply: nearly every operation ends here.
  if ((query.match(/[{[(]/g)?.length ?? 0) <= NESTING_MAX) return false;
  const outlines = outlinesOf(query);
  const fragments = new Map(outlines.map((outline) => [outline.fragment, outline]));
  const heights = new Map<Outline, number>();
  // Every step adds a level, and there are no more steps than levels are allowed. A cycle is left to validation.
  const height = (outline: Outline, above: number): number => {
    const known = heights.get(outline);
    if (known !== undefined) return known;
    heights.set(outline, 0);
    let deepest = outline.depth;
    for (const { fragment, depth } of outline.spreads) {
      const next = fragments.get(fragment);
      if (above + deepest > NESTING_MAX) break;
      if (next !== undefined) deepest = Math.max(deepest, depth + height(next, above + depth));
    }
    heights.set(outline, deepest);
    return deepest;
  };
  return outlines.some((outline) => height(outline, 0) > NESTING_MAX);
}

/** Definitions as the tokens show them, as far as these are GraphQL's. */
function outlinesOf(query: string): Outline[] {
  const lexer = new Lexer(new Source(query));
  const outlines: Outline[] = [];
  let outline: Outline | null = null;
  let depth = 0;
  try {
    for (let count = 0; count < TOKENS_MAX && lexer.advance().kind !== TokenKind.EOF; count++) {
      const { kind, value } = lexer.token;
      if (outline === null) outlines.push((outline = { fragment: null, depth: 0, spreads: [] }));
      if (kind === TokenKind.NAME) {
        // The token before, comments left out.
        const before = lexer.lastToken;
        if (before.value === 'fragment' && depth === 0) outline.fragment ??= value;
        if (before.kind === TokenKind.SPREAD) outline.spreads.push({ fragment: value, depth: Math.max(depth, 1) });
      }
      if (OPENING.has(kind)) outline.depth = Math.max(outline.depth, ++depth);
      if (CLOSING.has(kind)) depth = Math.max(0, depth - 1);
      if (kind === TokenKind.BRACE_R && depth === 0) outline = null;
    }
  } catch {
    // A syntax error, which the parser will tell: it comes no further than here either.
  }
  return outlines;
}

function isDeepValue(value: unknown): boolean {
  if (isFlat(value)) return false;
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > NESTING_MAX) return true;
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** Nearly all variables are. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  for (const name in value) if (typeof (value as Readonly<Record<string, unknown>>)[name] === 'object') return false;
  return true;
}

function parsed(variables: string): unknown {
  try {
    return JSON.parse(variables);
  } catch {
    return null;
  }
}
