import { print } from 'graphql';
import type { Change } from './change.ts';
import type { ChangeCode } from './change-codes.ts';
import { each, elementChanges, isSeen } from './directive-changes.ts';
import { inputValueChanges } from './input-value-changes.ts';
import type { Definitions, Field, TypeDefinition } from './subgraph-definitions.ts';
import { namedTypeOf } from '../named-type-of.ts';
import { type TypeShift, typeShift } from './type-reference.ts';
import { change } from './weighed.ts';

/** Where types stand: the fields that answer with them, the arguments and input fields that are asked with them. */
export interface Positions {
  readonly answered: ReadonlyMap<string, readonly string[]>;
  readonly asked: ReadonlyMap<string, readonly string[]>;
}

/** What is different in a type that both have. */
export function typeChanges(
  was: TypeDefinition,
  is: TypeDefinition,
  at: { before: Definitions; positions: Positions },
): Change[] {
  if (was.kind !== is.kind) {
    const message = `${is.name} was an ${was.kind} and is an ${is.kind}.`.replaceAll(/an (?=[su])/g, 'a ');
    return [change('TYPE_KIND_CHANGED', { message, subject: is.name, coordinates: coordinatesOf(was) })];
  }
  const found = [
    ...elementChanges(is.name, was, is).map((own) =>
      own.weight === 'breaking' ? { ...own, coordinates: coordinatesOf(was) } : own,
    ),
    ...fieldChanges(was, is, at.before),
    ...inputValueChanges(
      {
        kind: 'INPUT_FIELD',
        name: is.name,
        users: [...coordinatesOf(was), ...(at.positions.asked.get(is.name) ?? [])],
      },
      was.inputFields,
      is.inputFields,
    ),
    ...valueChanges(was, is, at.positions),
    ...memberChanges(was, is, at.positions),
  ];
  return isSeen(was) || isSeen(is) ? found : found.map(unseen);
}

/** Every schema coordinate of a type: itself, its members and their arguments. */
export function coordinatesOf({ name, fields, inputFields, values }: TypeDefinition): string[] {
  return [
    name,
    ...[...fields].flatMap(([field, { args }]) => [
      `${name}.${field}`,
      ...[...args.keys()].map((arg) => `${name}.${field}(${arg}:)`),
    ]),
    ...[...inputFields.keys(), ...values.keys()].map((member) => `${name}.${member}`),
  ];
}

function fieldChanges(was: TypeDefinition, is: TypeDefinition, before: Definitions): Change[] {
  const found: Change[] = [];
  for (const field of new Set([...was.fields.keys(), ...is.fields.keys()])) {
    const coordinate = `${is.name}.${field}`;
    const [old, now] = [was.fields.get(field), is.fields.get(field)];
    const own: Change[] = [];
    const said = { subject: coordinate, coordinates: [coordinate] };
    if (old === undefined && now !== undefined)
      own.push(change('FIELD_ADDED', { ...said, message: `${coordinate} is new: ${print(now.type)}.` }));
    else if (old !== undefined && now === undefined)
      own.push(change('FIELD_REMOVED', { ...said, message: `${coordinate} is gone; it was ${print(old.type)}.` }));
    else if (old !== undefined && now !== undefined)
      own.push(
        ...answerChanges(coordinate, old, now, before),
        ...inputValueChanges({ kind: 'ARGUMENT', name: coordinate, users: [coordinate] }, old.args, now.args),
        ...elementChanges(coordinate, old, now),
      );
    const hidden = [old, now].every((side) => side === undefined || !isSeen(side));
    found.push(...(hidden ? own.map(unseen) : own));
  }
  return found;
}

function answerChanges(coordinate: string, was: Field, is: Field, before: Definitions): Change[] {
  const shift = typeShift(was.type, is.type, (old, now) => namedShift(old, now, before));
  if (shift === 'same') return [];
  const said = {
    message: `${coordinate} was ${print(was.type)} and is ${print(is.type)}.`,
    subject: coordinate,
    coordinates: [coordinate],
  };
  if (namedTypeOf(was.type) !== namedTypeOf(is.type))
    return [change(shift === 'narrower' ? 'FIELD_TYPE_NARROWED' : 'FIELD_TYPE_CHANGED', said)];
  if (shift === 'other') return [change('FIELD_TYPE_CHANGED', said)];
  return [change(shift === 'narrower' ? 'FIELD_NON_NULL' : 'FIELD_NULLABLE', said)];
}

/** One of a union's types, or of those that have an interface, is narrower than it. */
function namedShift(was: string, is: string, { types }: Definitions): TypeShift {
  const isOf = (one: string, of: string): boolean =>
    types.get(of)?.members.has(one) === true || types.get(one)?.interfaces.has(of) === true;
  if (isOf(is, was)) return 'narrower';
  return isOf(was, is) ? 'wider' : 'other';
}

function valueChanges(was: TypeDefinition, is: TypeDefinition, { answered, asked }: Positions): Change[] {
  const found: Change[] = [];
  // An enum that stands nowhere here may stand in another service: it is taken for both.
  const isAsked = asked.has(is.name) || !answered.has(is.name);
  const isAnswered = answered.has(is.name) || !asked.has(is.name);
  const said = (value: string) => ({ subject: `${is.name}.${value}`, coordinates: [`${is.name}.${value}`] });
  each(was.values.keys(), is.values.keys(), {
    gone: (value) => {
      const message = `${is.name} has no ${value} any more.`;
      const code = isAsked ? 'ENUM_VALUE_REMOVED' : 'ENUM_VALUE_NEVER_ANSWERED';
      const coordinates = [...(isAsked ? [] : (answered.get(is.name) ?? [])), `${is.name}.${value}`];
      found.push(change(code, { ...said(value), coordinates, message }));
    },
    came: (value) => {
      const message = `${is.name} has ${value} now.`;
      const coordinates = [...(isAnswered ? (answered.get(is.name) ?? []) : []), `${is.name}.${value}`];
      found.push(
        change(isAnswered ? 'ENUM_VALUE_ADDED' : 'ENUM_VALUE_ACCEPTED', { ...said(value), coordinates, message }),
      );
    },
  });
  for (const [value, old] of was.values) {
    const now = is.values.get(value);
    if (now !== undefined) found.push(...elementChanges(`${is.name}.${value}`, old, now));
  }
  return found;
}

function memberChanges(was: TypeDefinition, is: TypeDefinition, { answered }: Positions): Change[] {
  const found: Change[] = [];
  const { name } = is;
  const say = (code: ChangeCode, message: string, coordinates: readonly string[]): void => {
    found.push(change(code, { message, subject: name, coordinates }));
  };
  each(was.members, is.members, {
    gone: (type) => say('UNION_MEMBER_REMOVED', `${name} is never ${type} any more.`, [type]),
    came: (type) => say('UNION_MEMBER_ADDED', `${name} may be ${type} now.`, [...(answered.get(name) ?? []), type]),
  });
  each(was.interfaces, is.interfaces, {
    gone: (type) => say('INTERFACE_REMOVED', `${name} is no ${type} any more.`, [type, name]),
    came: (type) => say('INTERFACE_ADDED', `${name} is ${type} now.`, [...(answered.get(type) ?? []), name]),
  });
  return found;
}

function unseen(found: Change): Change {
  if (found.code === 'HIDDEN' || found.code === 'SHOWN') return found;
  return change('HIDDEN_CHANGED', found);
}
