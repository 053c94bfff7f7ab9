import { parse, TypeInfo, visit, visitWithTypeInfo, type ASTVisitor } from 'graphql';
import type { Operation } from './operations/operation.ts';
import type { Told, ToldError, Ways } from './answers.ts';
import type { Federation } from './federated.ts';
import type { Loaded } from './world.ts';

/** A double holds as many. */
const EXACT_DIGITS = 15;

/** What is not the same in the ways of answering an operation; empty where all of them tell the same. */
export async function differences(ways: Ways, operation: Operation, loaded: Loaded): Promise<string[]> {
  if (!ways.isValid(operation)) {
    const told = await ways.compiled(operation, loaded);
    return told.data === null && told.errors.length > 0
      ? []
      : [`compiled: answers what is not valid\n${shown({ told })}`];
  }
  // At once, for one of them waits while another computes.
  const [compiled, checked, specified] = await Promise.all([
    ways.compiled(operation, loaded),
    ways.checked(operation, loaded),
    ways.specified(operation, loaded),
  ]);
  const possible = specified.data === null ? await ways.possibleErrors(operation, loaded) : null;
  return [
    ...between('checked', checked, specified, possible).map((line) => `${line}\n${shown({ checked, specified })}`),
    ...between('compiled', compiled, specified, possible).map((line) => `${line}\n${shown({ compiled, specified })}`),
  ];
}

/**
 * What Apollo's gateway over the domains tells otherwise. Five differences are its own: it takes what stands under the name of a key
 * for the key, whatever field that is; long numbers in the text of an operation lose their last digits; its planner moves fields
 * that fragments repeat; of a missing row it says no error; and what is refused in the depth is refused there, if it comes to be
 * asked at all, and not at the root.
 */
export async function federatedDifferences(
  ways: Ways,
  federation: Federation,
  operation: Operation,
  loaded: Loaded,
): Promise<string[]> {
  if (!ways.isValid(operation) || isMisread(ways, operation)) return [];
  const specified = await ways.specified(operation, loaded);
  if (specified.errors.some(({ code }) => code === 'BAD_INPUT')) return [];
  const federated = await federation.answer(operation, loaded);
  const said = specified.errors.filter(({ message }) => !message.startsWith('Cannot return null'));
  const isSame =
    said.length > 0 ? federated.errors.length > 0 : specified.errors.length > 0 || federated.errors.length === 0;
  return unordered(federated) === unordered(specified) && isSame ? [] : [shown({ federated, specified })];
}

/** The data with the keys of each object sorted. */
function unordered({ data }: Told): string {
  const sorted = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(sorted);
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([key, item]) => [key, sorted(item)]);
  };
  return JSON.stringify(sorted(JSON.parse(data ?? 'null')));
}

function isMisread({ oracle }: Ways, { query }: Operation): boolean {
  let isFound = false;
  const types = new TypeInfo(oracle.schema);
  const number = ({ value }: { readonly value: string }): void => {
    if (value.length > EXACT_DIGITS) isFound = true;
  };
  const visitor: ASTVisitor = {
    IntValue: number,
    FloatValue: number,
    Field: ({ alias, name }) => {
      const key = oracle.objects.get(types.getParentType()?.name ?? '')?.key ?? [];
      if (alias !== undefined && alias.value !== name.value && key.some(({ field }) => field === alias.value))
        isFound = true;
    },
  };
  visit(parse(query), visitWithTypeInfo(types, visitor));
  return isFound;
}

function between(name: string, told: Told, specified: Told, possible: readonly ToldError[] | null): string[] {
  if (told.data !== specified.data) return [`${name}: other data than specified`];
  if (possible !== null && specified.errors.length > 0 && possible.length > 0) {
    // The root fields race: whichever is first to say that there is no data is told.
    const known = new Set(possible.map(spoken));
    return told.errors.length > 0 && told.errors.every((error) => known.has(spoken(error)))
      ? []
      : [`${name}: other errors than the root fields can say`];
  }
  const [own, theirs] = [told.errors, specified.errors].map((errors) => errors.map(spoken).sort().join('\n'));
  return own === theirs ? [] : [`${name}: other errors than specified`];
}

/**
 * What of an error is the same in all ways: graphql-js's words, and our codes. A null for @skip or @include graphql-js comes upon in
 * the rows, a compiler before there are any.
 */
function spoken({ message, path, code }: ToldError): string {
  return `${message.startsWith('Argument "if"') ? path.split('.')[0]! : path} ${code ?? message}`;
}

function shown(told: Readonly<Record<string, Told>>): string {
  return Object.entries(told)
    .map(
      ([name, { data, errors }]) =>
        `  ${name}: ${data ?? 'no data'}\n${errors.map((error) => `    ${JSON.stringify(error)}\n`).join('')}`,
    )
    .join('');
}
