import type { Property, RowValue } from '../../schema/contract/model.ts';
import { quoted } from '../../schema/ids.ts';
import { expressionSql } from './expression-sql.ts';
import { registeredColumn } from './registered-column.ts';
import type { Draft } from './statement.ts';

/** A row in a statement: how its properties are named there. */
export interface Scope {
  column(property: Property): string;
  /** SQL that is true where the row is there: a referenced row may be missing. Null where it always is. */
  readonly exists: string | null;
  /** True of what is known of the row even where it is missing: its key, by which it is referred to. */
  isGiven(property: Property): boolean;
}

/** A row of a named source. */
export interface RowScope extends Scope {
  readonly alias: string;
  /** A dimension's value too, which is computed where it stands. */
  readonly column: (value: RowValue) => string;
  /** The columns that were asked for so far, as they stand in a select list. */
  used(): string[];
}

/** A row of a source of its own, under the columns' own names. */
export function rowScope(draft: Draft): RowScope {
  const alias = draft.alias();
  const used = new Set<string>();
  const column: RowScope['column'] = (value) => {
    if ('sql' in value) return expressionSql(draft, value, column);
    const name = `${alias}.${quoted(value.column)}`;
    used.add(name);
    return value.registered ? registeredColumn(name, value) : name;
  };
  return {
    alias,
    column,
    exists: null,
    isGiven: () => true,
    used: () => [...used],
  };
}
