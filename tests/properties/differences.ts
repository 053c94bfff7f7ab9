import type { Operation } from './operations/operation.ts';
import type { Told, ToldError, Ways } from './answers.ts';
import type { Federation } from './federated.ts';
import type { Loaded } from './world.ts';

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
 * What our executor over the domains tells otherwise. Four differences are federation's own. What is refused in the depth is refused
 * there, if it comes to be asked at all, and not at the root. What a variable of a scalar may be each domain says for itself, if it is
 * asked. What hangs on a row that one domain has refused is not asked of another, which then has no error to tell. And a key that is no
 * value of its type is an error where it is only fetched to ask another.
 */
export async function federatedDifferences(
  ways: Ways,
  federation: Federation,
  operation: Operation,
  loaded: Loaded,
): Promise<string[]> {
  if (!ways.isValid(operation)) return [];
  const specified = await ways.specified(operation, loaded);
  const federated = await federation.answer(operation, loaded);
  if ([...specified.errors, ...federated.errors].some(isRefusal)) return [];
  if (federated.errors.length > 0 && federated.errors.every(isNullCondition)) return [];
  const told = shown({ federated, specified });
  if (specified.errors.some(({ path }) => path === '')) return [];
  if (
    federated.errors.some((error) => !specified.errors.some(({ path }) => path === error.path) && isOfKey(ways, error))
  )
    return [];
  if (federated.data !== specified.data) return [`federated: other data than specified\n${told}`];
  const known = new Set(specified.errors.map(spoken));
  const isSame =
    federated.errors.length > 0 === specified.errors.length > 0 &&
    federated.errors.every((error) => known.has(spoken(error)));
  return isSame ? [] : [`federated: other errors than specified\n${told}`];
}

/** Of a field's arguments: by us, or as graphql-js says it of what a variable makes of them. */
function isRefusal({ code, message }: ToldError): boolean {
  return code === 'BAD_INPUT' || /^Argument "\w+" has invalid value/.test(message);
}

function isOfKey({ oracle }: Ways, { path }: ToldError): boolean {
  const field = path.split('.').at(-1);
  return [...oracle.objects.values()].some(({ key }) => key.some((property) => property.field === field));
}

function between(name: string, told: Told, specified: Told, possible: readonly ToldError[] | null): string[] {
  // graphql-js comes upon such a null in the rows; where there are none it never does.
  if (told.errors.length > 0 && told.errors.every(isNullCondition)) return [];
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
 * the rows, a compiler before there are any; and a planner prints what is invalid in another order.
 */
function spoken({ message, path, code }: ToldError): string {
  const place = isNullCondition({ message }) ? path.split('.')[0]! : path;
  return `${place} ${code ?? message.replace(/(?<=^Argument "\w+" has invalid value ).*/s, '')}`;
}

/** Of @skip or @include. */
function isNullCondition({ message }: Pick<ToldError, 'message'>): boolean {
  return message === 'Argument "if" of non-null type "Boolean!" must not be null.';
}

function shown(told: Readonly<Record<string, Told>>): string {
  return Object.entries(told)
    .map(
      ([name, { data, errors }]) =>
        `  ${name}: ${data ?? 'no data'}\n${errors.map((error) => `    ${JSON.stringify(error)}\n`).join('')}`,
    )
    .join('');
}
