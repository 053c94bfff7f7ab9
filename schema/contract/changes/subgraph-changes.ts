import type { TypeNode } from 'graphql';
import type { Change } from './change.ts';
import { each, isSeen } from './directive-changes.ts';
import { type Definitions, subgraphDefinitions, type TypeDefinition } from './subgraph-definitions.ts';
import { coordinatesOf, type Positions, typeChanges } from './type-changes.ts';
import { namedTypeOf } from '../named-type-of.ts';
import { change } from './weighed.ts';

/**
 * Every difference between two SDLs of a subgraph, by the semantics of GraphQL and Federation; both must parse. `subject` is the
 * coordinate of what differs. Order, blanks and what extends what are no differences, nor what a service calls its root types.
 */
export function subgraphChanges(before: string, after: string): Change[] {
  if (before === after) return [];
  const [was, is] = [subgraphDefinitions(before), subgraphDefinitions(after)];
  const positions = positionsIn(was, is);
  const found: Change[] = [];
  for (const name of [...new Set([...was.types.keys(), ...is.types.keys()])].sort()) {
    const [old, now] = [was.types.get(name), is.types.get(name)];
    if (old !== undefined && now !== undefined) found.push(...typeChanges(old, now, { before: was, positions }));
    else if (now !== undefined) found.push(whole('TYPE_ADDED', `The ${now.kind} ${name} is new.`, now));
    else if (old !== undefined) found.push(whole('TYPE_REMOVED', `The ${old.kind} ${name} is gone.`, old));
  }
  return [...found, ...directiveChanges(was, is), ...schemaChanges(was, is)];
}

function whole(code: 'TYPE_ADDED' | 'TYPE_REMOVED', message: string, type: TypeDefinition): Change {
  const said = { message, subject: type.name, coordinates: coordinatesOf(type) };
  return change(isSeen(type) ? code : 'HIDDEN_CHANGED', said);
}

function positionsIn(...sides: readonly Definitions[]): Positions {
  const answered = new Map<string, string[]>();
  const asked = new Map<string, string[]>();
  const note = (where: Map<string, string[]>, type: TypeNode, coordinate: string): void => {
    const known = where.get(namedTypeOf(type));
    if (known === undefined) where.set(namedTypeOf(type), [coordinate]);
    else known.push(coordinate);
  };
  for (const { types } of sides)
    for (const { name, fields, inputFields } of types.values()) {
      for (const [field, { type, args }] of fields) {
        note(answered, type, `${name}.${field}`);
        for (const [arg, { type: given }] of args) note(asked, given, `${name}.${field}(${arg}:)`);
      }
      for (const [field, { type }] of inputFields) note(asked, type, `${name}.${field}`);
    }
  return { answered: unique(answered), asked: unique(asked) };
}

function unique(lists: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  return new Map([...lists].map(([name, list]) => [name, [...new Set(list)]]));
}

function directiveChanges(was: Definitions, is: Definitions): Change[] {
  const found: Change[] = [];
  for (const name of new Set([...was.directives.keys(), ...is.directives.keys()])) {
    const [old, now] = [was.directives.get(name), is.directives.get(name)];
    if (old?.text === now?.text) continue;
    const isGone = old?.isExecutable === true && now?.isExecutable !== true;
    const what = old === undefined ? 'is new' : now === undefined ? 'is gone' : 'is defined otherwise';
    found.push(
      change(isGone ? 'EXECUTABLE_DIRECTIVE_REMOVED' : 'DIRECTIVE_DEFINITION_CHANGED', {
        message: `@${name} ${what}.`,
        subject: `@${name}`,
        coordinates: [`@${name}`],
      }),
    );
  }
  return found;
}

function schemaChanges(was: Definitions, is: Definitions): Change[] {
  const found: Change[] = [];
  const say = (message: string): void => {
    found.push(change('SCHEMA_CHANGED', { message, subject: 'schema', coordinates: ['schema'] }));
  };
  each(
    was.schema.map(({ text }) => text),
    is.schema.map(({ text }) => text),
    {
      gone: (text) => say(`The schema has no ${text} any more.`),
      came: (text) => say(`The schema has ${text} now.`),
    },
  );
  return found;
}
