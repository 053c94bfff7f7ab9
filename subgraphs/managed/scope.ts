import type { Property } from '../../schema/contract/model.ts';
import { quoted } from '../../schema/ids.ts';

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
  /** The columns that were asked for so far, as they stand in a select list. */
  used(): string[];
}

/** A row of the source `alias`, under the columns' own names. */
export function rowScope(alias: string): RowScope {
  const used = new Set<string>();
  return {
    alias,
    column: (property) => {
      const column = `${alias}.${quoted(property.column)}`;
      used.add(column);
      return column;
    },
    exists: null,
    isGiven: () => true,
    used: () => [...used],
  };
}
