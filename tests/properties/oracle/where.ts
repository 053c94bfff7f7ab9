import type { Value, SchemaObject } from '../../../schema/contract/model.ts';
import type { Related } from './meanings.ts';
import { propertyNamed, referredTo, referringTo, valueOf, type Row } from './rows.ts';
import { comparable, compare, fromGraph, heldText, refused } from './values.ts';

export type Matches = (row: Row) => boolean;

type Input = Readonly<Record<string, unknown>>;

const DEEPEST = 20;

/** A `where` argument -> which rows it holds for; refused where it makes no sense. Two-valued: `not` is the complement. */
export function readWhere(world: Related, object: SchemaObject, where: unknown, depth = 0, hops = 0): Matches {
  if (where === null || where === undefined) return () => true;
  if (depth > DEEPEST || hops > world.bounds.relatedDepthMax) throw refused('nests too deep');
  const all: Matches[] = [];
  for (const [name, value] of Object.entries(where as Input)) {
    if (value === null) continue;
    const reference = world.meanings.reference(object.type, name);
    const reverse = world.meanings.reverse(object.type, name);
    if (name === 'and' || name === 'or') {
      const items = (value as Input[]).map((item) => readWhere(world, object, item, depth + 1, hops));
      all.push((row) => (name === 'and' ? items.every((item) => item(row)) : items.some((item) => item(row))));
    } else if (name === 'not') {
      const item = readWhere(world, object, value, depth + 1, hops);
      all.push((row) => !item(row));
    } else if (reference !== null) {
      const item = readWhere(world, reference.to, value, depth + 1, hops + 1);
      all.push((row) => referredTo(reference, row, world.rows).some(item));
    } else if (reverse !== null)
      for (const [word, inner] of Object.entries(value as Input)) {
        if (inner === null) continue;
        const item = readWhere(world, reverse.from, inner, depth + 1, hops + 1);
        all.push((row) => {
          const found = referringTo(reverse, row, world.rows);
          return word === 'every' ? found.every(item) : found.some(item) === (word === 'some');
        });
      }
    else {
      const property = propertyNamed(object, name);
      for (const [operator, operand] of Object.entries(value as Input))
        all.push(condition(property, operator, operand));
    }
  }
  return (row) => all.every((item) => item(row));
}

function condition(property: Value, operator: string, operand: unknown): Matches {
  if (operand === null) throw refused('is null');
  const compared = (value: unknown, holds: (sign: number) => boolean): Matches => {
    const other = comparable(property, fromGraph(property, value));
    return (row) => {
      const own = valueOf(row, property);
      return own !== null && holds(compare(own, other));
    };
  };
  const text = (): string => heldText(operand as string);
  switch (operator) {
    case 'eq':
      return compared(operand, (sign) => sign === 0);
    case 'ne':
      return not(compared(operand, (sign) => sign === 0));
    case 'lt':
      return compared(operand, (sign) => sign < 0);
    case 'lte':
      return compared(operand, (sign) => sign <= 0);
    case 'gt':
      return compared(operand, (sign) => sign > 0);
    case 'gte':
      return compared(operand, (sign) => sign >= 0);
    case 'in':
    case 'notIn': {
      const items = (operand as unknown[]).map((item) => compared(item, (sign) => sign === 0));
      const oneOf: Matches = (row) => items.some((item) => item(row));
      return operator === 'in' ? oneOf : not(oneOf);
    }
    case 'isNull':
      return (row) => ((row.get(property.name) ?? null) === null) === operand;
    case 'contains':
      return written(property, (own, part) => own.includes(part), text());
    case 'startsWith':
      return written(property, (own, part) => own.startsWith(part), text());
    case 'endsWith':
      return written(property, (own, part) => own.endsWith(part), text());
    case 'like': {
      const pattern = likePattern(text());
      return written(property, (own) => pattern.test(own), '');
    }
    case 'ilike': {
      const pattern = likePattern(lower(text()));
      return written(property, (own) => pattern.test(lower(own)), '');
    }
    default:
      throw new Error(`The oracle knows no operator ${operator}`);
  }
}

function not(matches: Matches): Matches {
  return (row) => !matches(row);
}

function written({ name }: Value, holds: (own: string, given: string) => boolean, given: string): Matches {
  return (row) => {
    const own = row.get(name);
    return typeof own === 'string' && holds(own, given);
  };
}

/** Letter by letter: no letter becomes two, and none looks at its neighbours. */
function lower(text: string): string {
  return Array.from(text, (letter) => letter.toLowerCase()).join('');
}

function likePattern(pattern: string): RegExp {
  let expression = '';
  for (let rest = Array.from(pattern); rest.length > 0; rest = rest.slice(1)) {
    const [letter, next] = rest;
    if (letter === '%') expression += '.*';
    else if (letter === '_') expression += '.';
    else if (letter !== '\\') expression += literal(letter!);
    else if (next === undefined) throw refused('ends in a backslash');
    else {
      expression += literal(next);
      rest = rest.slice(1);
    }
  }
  return new RegExp(`^${expression}$`, 'su');
}

function literal(letter: string): string {
  return letter.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
