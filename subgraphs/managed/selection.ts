import { getNamedType, isObjectType, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import { badInput } from './bad-input.ts';
import type { EntityTypes } from './entity-types.ts';
import type { Amount } from './fetch.ts';
import type { Limits } from './limits.ts';
import type { Variables } from './slot.ts';

/** What a selection is read with. `budget` is shared by all root fields of a request. */
export interface Selection {
  readonly types: EntityTypes;
  readonly limits: Limits;
  /** Variables may have slots in place of their values. */
  readonly info: Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>;
  readonly budget: RowBudget;
}

/** How many rows a request asks for, at most: what each page may have, with where it is asked for. */
export type RowBudget = { readonly place: string; readonly rows: Amount }[];

/** Refuses a request whose pages may have more rows in all than the limits let it. */
export function requireWithinBudget(budget: RowBudget, { rowsMax }: Limits, variables: Variables): void {
  let total = 0;
  for (const { place, rows } of budget) {
    total += rows(variables);
    if (total > rowsMax)
      throw badInput(
        place,
        `makes this request ask for up to ${total} rows, pages within pages; the limit is ${rowsMax}: ask for fewer.`,
      );
  }
}

/** Where in the selection: how many rows may be at this level, and how deep it lies. */
export interface Place {
  readonly rows: Amount;
  readonly depth: number;
}

/** Of a root field. */
export const ROOT: Place = { rows: () => 1, depth: 0 };

/** An object type of the subgraph's schema. */
export function objectType({ info }: Pick<Selection, 'info'>, name: string): GraphQLObjectType {
  const type = info.schema.getType(name);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${name}`);
  return type;
}

/** The object type that a field answers, its lists and non-nulls taken off. */
export function namedType(parent: GraphQLObjectType, field: string): GraphQLObjectType {
  const type = getNamedType(parent.getFields()[field]?.type);
  if (!isObjectType(type)) throw new Error(`${parent.name}.${field} is of no object type`);
  return type;
}
