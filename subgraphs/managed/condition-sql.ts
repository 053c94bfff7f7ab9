import type { Condition, Order, Page } from './fetch.ts';
import type { Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { familyOf } from './values.ts';

/** A condition as SQL over the row of `scope`. May be NULL for false; `not` takes that into account. */
export function conditionSql(draft: Draft, scope: Scope, condition: Condition): string {
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
  }
}

function comparedSql(scope: Scope, { property, operator }: Condition & { kind: 'compare' }): string {
  const column = scope.column(property);
  // Patterns are for text; a uuid, which is a String in the graph, has no such operator.
  return operator.endsWith('like') && familyOf(property) !== 'text' ? `${column}::text` : column;
}

function negated(draft: Draft, scope: Scope, condition: Condition): string {
  const [only, another] = condition.kind === 'and' ? condition.of : [condition];
  const inner = only !== undefined && another === undefined ? only : condition;
  if (inner.kind === 'isNull') return `${scope.column(inner.property)} is not null`;
  if (inner.kind === 'compare' && inner.operator === '=')
    return `${scope.column(inner.property)} is distinct from ${draft.bind(inner.value)}`;
  return `(${conditionSql(draft, scope, inner)}) is not true`;
}

function connected(word: 'and' | 'or', conditions: readonly string[]): string {
  if (conditions.length === 0) return word === 'and' ? 'true' : 'false';
  return conditions.length === 1 ? conditions[0]! : `(${conditions.join(` ${word} `)})`;
}

/** `where …` of several conditions, or nothing. */
export function whereSql(conditions: readonly (string | null)[]): string {
  const given = conditions.filter((condition) => condition !== null && condition !== 'true');
  return given.length === 0 ? '' : ` where ${given.join(' and ')}`;
}

/** `order by …`. A column that holds no nulls is ordered without a word on them, so that an index serves both directions. */
export function orderSql(scope: Scope, order: Order): string {
  const terms = order.map(({ property, direction }) => {
    const descending = direction === 'DESC' ? ' desc' : '';
    // Ascending, nulls come last by themselves.
    return `${scope.column(property)}${descending}${descending !== '' && !holdsNoNulls(property) ? ' nulls last' : ''}`;
  });
  return ` order by ${terms.join(', ')}`;
}

/** The rows after the cursor's place in the order, or null without a cursor. */
export function afterSql(draft: Draft, scope: Scope, order: Order, after: Page['after']): string | null {
  if (after === null) return null;
  const terms = order.map((term, index) => ({
    ...term,
    value: after[index] ?? null,
    column: scope.column(term.property),
  }));
  const [leading] = terms;
  const plain = terms.every(
    (term) => term.value !== null && holdsNoNulls(term.property) && term.direction === leading?.direction,
  );
  if (plain) {
    // One comparison of rows is one range of an index.
    const sign = leading?.direction === 'DESC' ? '<' : '>';
    const places = terms.map((term) => draft.bind(term.value!));
    if (terms.length === 1) return `${leading!.column} ${sign} ${places[0]!}`;
    return `(${terms.map((term) => term.column).join(', ')}) ${sign} (${places.join(', ')})`;
  }
  const [first, ...rest] = terms.map((term) => {
    const place = term.value === null ? null : draft.bind(term.value);
    return {
      equal: place === null ? `${term.column} is null` : `${term.column} = ${place}`,
      beyond: place === null ? 'false' : beyondSql(term.column, place, term),
    };
  });
  const nested = (term: typeof first, left: readonly NonNullable<typeof first>[]): string => {
    if (term === undefined) return 'false';
    const [next, ...others] = left;
    return next === undefined ? term.beyond : `(${term.beyond} or (${term.equal} and ${nested(next, others)}))`;
  };
  return nested(first, rest);
}

function beyondSql(column: string, place: string, term: Order[number]): string {
  const sign = term.direction === 'DESC' ? '<' : '>';
  return holdsNoNulls(term.property)
    ? `${column} ${sign} ${place}`
    : `(${column} ${sign} ${place} or ${column} is null)`;
}

function holdsNoNulls(property: Order[number]['property']): boolean {
  return property.required || property.keyPosition !== null;
}

/** The text of a value in a cursor, as Postgres reads it back exactly. */
export function cursorValueSql(column: string): string {
  return `coalesce(to_json((${column})::text)::text, 'null')`;
}
