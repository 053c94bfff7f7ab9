import { Kind, print } from 'graphql';
import type { Change } from './change.ts';
import type { ChangeCode } from './change-codes.ts';
import { elementChanges } from './directive-changes.ts';
import type { InputValue } from './subgraph-definitions.ts';
import { namedTypeOf } from '../named-type-of.ts';
import { typeShift } from './type-reference.ts';
import { change } from './weighed.ts';

type Owner = 'ARGUMENT' | 'INPUT_FIELD';
type Which<Kind extends Owner> = Extract<ChangeCode, `${Kind}_${string}`>;

/**
 * Arguments of a field, or fields of an input: what may be left out, what may be null, and what stands where nothing is given. Who leaves
 * out what must be given uses the owner alone: `users` are the coordinates by which it is told.
 */
export function inputValueChanges(
  { kind, name: owner, users }: { kind: Owner; name: string; users: readonly string[] },
  was: ReadonlyMap<string, InputValue>,
  is: ReadonlyMap<string, InputValue>,
): Change[] {
  const found: Change[] = [];
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const coordinate = kind === 'ARGUMENT' ? `${owner}(${name}:)` : `${owner}.${name}`;
    const say = (ending: Ending, message: string, meetsOwner = false): void => {
      // Both kinds have all endings.
      const code = `${kind}_${ending}` as Which<Owner>;
      const coordinates = meetsOwner ? [...new Set([...users, coordinate])] : [coordinate];
      found.push(change(code, { message: `${coordinate} ${message}`, subject: coordinate, coordinates }));
    };
    const [before, after] = [was.get(name), is.get(name)];
    if (before === undefined && after !== undefined) {
      if (mustBeGiven(after)) say('ADDED_REQUIRED', `is new and must be given: ${print(after.type)}.`, true);
      else say('ADDED', `is new: ${print(after.type)}.`);
    } else if (before !== undefined && after === undefined) say('REMOVED', 'is gone.');
    else if (before !== undefined && after !== undefined) {
      compared(before, after, say);
      found.push(...elementChanges(coordinate, before, after));
    }
  }
  return found;
}

type Ending =
  | 'ADDED'
  | 'ADDED_REQUIRED'
  | 'REMOVED'
  | 'TYPE_CHANGED'
  | 'NON_NULL'
  | 'NULLABLE'
  | 'REQUIRED'
  | 'OPTIONAL'
  | 'DEFAULT_CHANGED';

function compared(
  was: InputValue,
  is: InputValue,
  say: (ending: Ending, message: string, meetsOwner?: boolean) => void,
): void {
  const types = `was ${print(was.type)} and is ${print(is.type)}.`;
  const shift = typeShift(was.type, is.type, () => 'other');
  if (namedTypeOf(was.type) !== namedTypeOf(is.type) || shift === 'other')
    say('TYPE_CHANGED', types, mustBeGiven(is) && !mustBeGiven(was));
  else if (mustBeGiven(is) && !mustBeGiven(was)) say('REQUIRED', `must be given: it ${types}`, true);
  else if (!mustBeGiven(is) && mustBeGiven(was)) say('OPTIONAL', `may be left out: it ${types}`);
  else if (shift === 'narrower') say('NON_NULL', types);
  else if (shift === 'wider') say('NULLABLE', types);
  if (was.defaultValue !== is.defaultValue && !mustBeGiven(is) && !mustBeGiven(was))
    say(
      'DEFAULT_CHANGED',
      `is ${is.defaultValue ?? 'nothing'} where it is left out, and was ${was.defaultValue ?? 'nothing'}.`,
      true,
    );
}

function mustBeGiven({ type, defaultValue }: InputValue): boolean {
  return type.kind === Kind.NON_NULL_TYPE && defaultValue === null;
}
