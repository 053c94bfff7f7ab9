import type { Condition, Cursor, Order } from './fetch.ts';
import { holdsNoNulls } from './page.ts';
import type { Property, Reference } from '../../schema/contract/model.ts';
import { rowScope, type RowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';
import { familyOf } from './values.ts';

/** A condition as SQL over the row of `scope`. May be NULL for false; `not` takes that into account. */
export function conditionSql(draft: Draft, scope: RowScope, condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return connected(
        condition.kind,
        condition.of.map((item) => conditionSql(draft, scope, item)),
      );
    case 'not':
      return negated(draft, scope, condition.of);
    case 'compare':
      return `${comparedSql(scope, condition)} ${condition.operator} ${draft.bind(condition.value)}`;
    case 'oneOf':
      return `${scope.column(condition.property)} = any(${draft.bind(condition.value)})`;
    case 'isNull':
      return `${scope.column(condition.property)} is null`;
    case 'related':
      return relatedSql(draft, scope, condition);
  }
}

/** A semi-join: by the key, whose columns have an index on either side. */
function relatedSql(
  draft: Draft,
  scope: RowScope,
  { reference, to, table, of }: Condition & { kind: 'related' },
): string {
  const row = rowScope(draft);
  const on = to === 'referring' ? correlationSql(reference, row, scope) : correlationSql(reference, scope, row);
  const where = whereSql([...on, conditionSql(draft, row, of)]);
  return `exists (select from ${tableSql(draft, table)} as ${row.alias}${where})`;
}

function comparedSql(scope: RowScope, { property, operator }: Condition & { kind: 'compare' }): string {
  const column = scope.column(property);
  // Patterns are for text; a uuid, which is a String in the graph, has no such operator.
  return operator.endsWith('like') && familyOf(property) !== 'text' ? `${column}::text` : column;
}

function negated(draft: Draft, scope: RowScope, condition: Condition): string {
  const [only, another] = condition.kind === 'and' ? condition.of : [condition];
  const inner = only !== undefined && another === undefined ? only : condition;
  if (inner.kind === 'isNull') return `${scope.column(inner.property)} is not null`;
  if (inner.kind === 'related') return `not ${relatedSql(draft, scope, inner)}`;
  if (inner.kind === 'compare' && inner.operator === '=')
    return `${scope.column(inner.property)} is distinct from ${draft.bind(inner.value)}`;
  return `(${conditionSql(draft, scope, inner)}) is not true`;
}

function connected(word: 'and' | 'or', conditions: readonly string[]): string {
  if (conditions.length === 0) return word === 'and' ? 'true' : 'false';
  return conditions.length === 1 ? conditions[0]! : `(${conditions.join(` ${word} `)})`;
}

/** That `row` refers to the row of `parent`; nothing where there is none. */
export function correlationSql(reference: Reference | null, row: Scope, parent: Scope | null): string[] {
  if (reference === null || parent === null) return [];
  return reference.columns.map(({ from, to }) => `${row.column(from)} = ${parent.column(to)}`);
}

/** `where …` of several conditions, or nothing. */
export function whereSql(conditions: readonly (string | null)[]): string {
  const given = conditions.filter((condition) => condition !== null && condition !== 'true');
  return given.length === 0 ? '' : ` where ${given.join(' and ')}`;
}

/** `order by …`. A column that holds no nulls is ordered without a word on them, so that an index serves both directions. */
export function orderSql(scope: Scope, order: Order, { backward }: { backward: boolean }): string {
  const terms = order.map(({ property, direction }) => {
    const descending = (direction === 'DESC') !== backward;
    // Missing values come last, backward first. Of themselves they come last ascending, and first descending.
    const nulls = holdsNoNulls(property) || descending === backward ? '' : backward ? ' nulls first' : ' nulls last';
    return `${scope.column(property)}${descending ? ' desc' : ''}${nulls}`;
  });
  return ` order by ${terms.join(', ')}`;
}

/** The rows on one side of a cursor's place in the order, or null without a cursor. */
export function besideSql(
  draft: Draft,
  scope: Scope,
  order: Order,
  cursor: Cursor | null,
  side: 'after' | 'before',
): string | null {
  if (cursor === null) return null;
  const terms = order.map(({ property, direction }, index) => ({
    column: scope.column(property),
    nullable: !holdsNoNulls(property),
    sign: (direction === 'ASC') === (side === 'after') ? '>' : '<',
    value: cursor[index]!,
  }));
  const [leading] = terms;
  if (terms.every(({ nullable, sign }) => !nullable && sign === leading?.sign)) {
    // One comparison of rows is one range of an index.
    const places = terms.map(({ value }) => draft.bind(value));
    if (terms.length === 1) return `${leading!.column} ${leading!.sign} ${places[0]!}`;
    return `(${terms.map(({ column }) => column).join(', ')}) ${leading!.sign} (${places.join(', ')})`;
  }
  return terms.reduceRight<string | null>((rest, { column, nullable, sign, value }) => {
    const place = draft.bind(value);
    const beyond = nullable ? beyondSql(column, sign, place, side) : `${column} ${sign} ${place}`;
    if (rest === null) return beyond;
    const equal = nullable ? `${column} is not distinct from ${place}` : `${column} = ${place}`;
    return `(${beyond} or (${equal} and ${rest}))`;
  }, null);
}

/** Missing values come last: they are after every value, and every value is before them. */
function beyondSql(column: string, sign: string, place: string, side: 'after' | 'before'): string {
  return side === 'after'
    ? `(${column} ${sign} ${place} or (${column} is null and ${place} is not null))`
    : `(${column} ${sign} ${place} or (${column} is not null and ${place} is null))`;
}

/**
 * The text of a value in a cursor, as Postgres reads it back exactly: nothing where there is none. Before a text stands `=`, before its
 * commas a backslash.
 */
export function cursorValueSql(column: string, property: Property): string {
  const value =
    familyOf(property) === 'text'
      ? String.raw`'=' || replace(replace((${column})::text, '\', '\\'), ',', '\,')`
      : `(${column})::text`;
  return holdsNoNulls(property) ? value : `coalesce(${value}, '')`;
}
