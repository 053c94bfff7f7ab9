/** How a column of an input is used for an output, in the words of OpenLineage. */
export type Transformation =
  | { readonly type: 'DIRECT'; readonly subtype: 'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION' }
  | {
      readonly type: 'INDIRECT';
      readonly subtype: 'FILTER' | 'JOIN' | 'GROUP_BY' | 'SORT' | 'WINDOW' | 'CONDITIONAL';
    };

/** One use of one column of a relation, by their names in SQL. */
export interface ColumnUse {
  readonly relation: string;
  readonly column: string;
  readonly how: Transformation;
}

/** The values of uses, in an expression: what was a column as it stands is no more; what was an aggregate stays one. */
export function transformed(uses: readonly ColumnUse[]): ColumnUse[] {
  return uses.map((use) =>
    use.how.subtype === 'IDENTITY' ? { ...use, how: { type: 'DIRECT', subtype: 'TRANSFORMATION' } } : use,
  );
}

/** The values of uses, in an aggregate. */
export function aggregated(uses: readonly ColumnUse[]): ColumnUse[] {
  return uses.map((use) =>
    use.how.type === 'DIRECT' ? { ...use, how: { type: 'DIRECT', subtype: 'AGGREGATION' } } : use,
  );
}

/** Uses of which no value goes on: they decide on rows, their order, or which value is taken. */
export function indirect(
  uses: readonly ColumnUse[],
  subtype: Extract<Transformation, { type: 'INDIRECT' }>['subtype'],
): ColumnUse[] {
  return uses.map((use) => ({ ...use, how: { type: 'INDIRECT', subtype } }));
}

/** Each once, in their order. */
export function distinct(uses: readonly ColumnUse[]): ColumnUse[] {
  return [...new Map(uses.map((use) => [JSON.stringify([use.relation, use.column, use.how]), use])).values()];
}
