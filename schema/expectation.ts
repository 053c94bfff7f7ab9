import type { ExecutionResult } from 'graphql';
import { z } from 'zod';

/** In letters of JSON: what people write has some hundred, and each run holds it against an answer. */
const LETTERS_MAX = 20_000;
/** Of an answer, in letters: as much as shows what it is. */
const SHOWN_MAX = 120;
/** As many errors of an answer are told as show what happened to it. */
const ERRORS_SHOWN = 3;

const count = z.int().min(0);
const shape = z
  .strictObject({
    errors: z.literal('none').optional(),
    atLeast: z.union([count, z.record(z.string(), count)]).optional(),
    partOf: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'It expects nothing: {"errors": "none"} is the least.')
  .refine((given) => JSON.stringify(given).length <= LETTERS_MAX, `It has more than ${LETTERS_MAX} letters.`);

/**
 * What the answer to an operation must be like. Whatever else it says, an answer with errors is never as expected. `atLeast`: rows of
 * the first list in the answer, or of those at paths of response keys (`airports.nodes`). `partOf`: what the data must contain, objects by
 * their keys and lists by elements in any order, as Postgres' `@>` has it.
 */
export type Expectation = z.infer<typeof shape>;

/** An expectation as a consumer wrote it, or each thing that is wrong with it, and where. */
export function readExpectation(
  given: unknown,
):
  | { readonly expects: Expectation }
  | { readonly faults: readonly { readonly message: string; readonly path: string }[] } {
  const read = shape.safeParse(given);
  if (read.success) return { expects: read.data };
  return { faults: read.error.issues.map(({ message, path }) => ({ message, path: path.join('.') })) };
}

/** In what an answer is not as expected, a sentence each, of what was expected and what was found. */
export function unmet({ atLeast, partOf }: Expectation, { data, errors = [] }: ExecutionResult): string[] {
  if (errors.length > 0) {
    const said = errors.slice(0, ERRORS_SHOWN).map(({ message }) => message);
    return [`expected no errors, found ${errors.length}: ${said.join(' ')}`];
  }
  return [...tooFew(atLeast ?? {}, data), ...(partOf === undefined ? [] : missing(partOf, data, []))];
}

function tooFew(atLeast: NonNullable<Expectation['atLeast']>, data: unknown): string[] {
  const wanted =
    typeof atLeast === 'number'
      ? [{ rows: atLeast, place: 'the first list', found: firstList(data) }]
      : Object.entries(atLeast).map(([path, rows]) => ({ rows, place: path, found: at(data, path.split('.')) }));
  return wanted.flatMap(({ rows, place, found }) => {
    if (!Array.isArray(found)) return [`expected at least ${rows} rows in ${place}, found no list`];
    return found.length >= rows ? [] : [`expected at least ${rows} rows in ${place}, found ${found.length}`];
  });
}

function firstList(value: unknown): unknown {
  if (Array.isArray(value) || !isObject(value)) return value;
  return Object.values(value).map(firstList).find(Array.isArray);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

/** The first thing that is expected in each place and not there. */
function missing(expected: unknown, found: unknown, path: readonly string[]): string[] {
  if (isObject(expected) && isObject(found))
    return Object.entries(expected).flatMap(([key, value]) => missing(value, at(found, [key]), [...path, key]));
  if (Array.isArray(expected) && Array.isArray(found)) {
    const lost = expected.filter((one) => !found.some((other) => missing(one, other, path).length === 0));
    return lost.length === 0
      ? []
      : [`expected ${shown(lost[0])} in ${path.join('.')}, found none such among ${found.length}`];
  }
  return expected === found ? [] : [`expected ${shown(expected)} in ${path.join('.')}, found ${shown(found)}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
