/**
 * The fetch tree: what one statement reads, as plain data. A request's selection becomes one (select.ts), and it becomes
 * SQL (sql.ts). Response keys are in it, so the JSON that Postgres makes has the shape of the answer. What variables say is
 * not in it but where they say it, so that one tree serves all requests whose variables have the same shape.
 */
import type { DateUnit } from '../../schema/contract/graph-names.ts';
import type {
  Property,
  Reference,
  RowValue,
  Scalar,
  SchemaObject,
  SemanticProperty,
} from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Variables } from './slot.ts';

/** A parameter of the statement: its value for a request's variables; `pgType` is what it is cast to. */
export interface Bound {
  /** Throws BAD_INPUT where a variable holds what the parameter cannot be. */
  readonly of: (variables: Variables) => BoundValue;
  readonly pgType: string;
}

export type BoundValue = string | number | null | readonly (string | null)[];

/** An object of a product, in whichever version the operation reads. */
export interface Table {
  readonly product: ProductId;
  readonly object: SchemaObject;
}

/** Two-valued: a comparison with a missing value is false, and `not` is the complement. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly property: RowValue; readonly operator: Comparison; readonly value: Bound }
  /** `value` is an array. */
  | { readonly kind: 'oneOf'; readonly property: RowValue; readonly value: Bound }
  | { readonly kind: 'isNull'; readonly property: RowValue }
  /** There is a related row that `of` holds for: the one referred to, or one of those that refer to this. */
  | {
      readonly kind: 'related';
      readonly reference: Reference;
      readonly to: 'referred' | 'referring';
      readonly table: Table;
      readonly of: Condition;
    };

export type Comparison = '=' | '<' | '<=' | '>' | '>=' | 'like' | 'ilike';

export type Direction = 'ASC' | 'DESC';

/** A total order: its last terms are the key's properties. Missing values come last in both directions. */
export type Order = readonly { readonly property: Property; readonly direction: Direction }[];

/** A cursor: one value for each term of the order, null where the cursor's row has none. */
export type Cursor = readonly Bound[];

/** The first rows between two cursors, or the last (`backward`). */
export interface Page {
  readonly size: Amount;
  readonly backward: boolean;
  readonly after: Cursor | null;
  readonly before: Cursor | null;
}

/** A number of rows, for a request's variables. */
export type Amount = (variables: Variables) => number;

export interface Typename {
  readonly kind: 'typename';
  readonly key: string;
  readonly type: string;
}

/** A field of an object type, under its response key. */
export type Field =
  | Typename
  | { readonly kind: 'column'; readonly key: string; readonly property: Property }
  | {
      readonly kind: 'reference';
      readonly key: string;
      readonly reference: Reference;
      /** Null where the type is of another domain: only its key is known here. */
      readonly table: Table | null;
      readonly fields: readonly Field[];
    }
  | { readonly kind: 'connection'; readonly key: string; readonly connection: Connection }
  | { readonly kind: 'aggregate'; readonly key: string; readonly aggregate: Aggregate };

export type EdgeField =
  | Typename
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly fields: readonly Field[] };

export type PageInfoField =
  Typename | { readonly kind: 'hasNextPage' | 'hasPreviousPage' | 'startCursor' | 'endCursor'; readonly key: string };

export type ConnectionField =
  | Typename
  | { readonly kind: 'nodes'; readonly key: string; readonly fields: readonly Field[] }
  | { readonly kind: 'edges'; readonly key: string; readonly fields: readonly EdgeField[] }
  | { readonly kind: 'pageInfo'; readonly key: string; readonly fields: readonly PageInfoField[] }
  | { readonly kind: 'totalCount'; readonly key: string };

/** A page of rows; under a row (`parent` given) those that refer to it. */
export interface Connection {
  readonly table: Table;
  readonly parent: Reference | null;
  readonly where: Condition | null;
  readonly order: Order;
  readonly page: Page;
  readonly fields: readonly ConnectionField[];
}

/** What is computed over a group: over its rows, over the values of one property, or as the contract says. */
export type Measure =
  | { readonly over: 'rows' }
  | { readonly over: AggregateFunction; readonly property: Property }
  | { readonly over: 'expression'; readonly measure: SemanticProperty };

export type AggregateFunction = 'countDistinct' | 'sum' | 'avg' | 'min' | 'max';

export type AggregateField =
  | Typename
  | { readonly kind: 'measure'; readonly key: string; readonly measure: Measure; readonly scalar: Scalar }
  | { readonly kind: 'groupKey'; readonly key: string; readonly property: RowValue }
  | { readonly kind: 'object'; readonly key: string; readonly fields: readonly AggregateField[] };

/** What a group's rows have in common: a property's or dimension's value, or the first moment of its unit. */
export interface Grouping {
  readonly property: RowValue;
  readonly unit: DateUnit | null;
}

export type AggregateTerm = { readonly direction: Direction } & (
  { readonly by: 'measure'; readonly measure: Measure } | { readonly by: 'groupKey'; readonly property: RowValue }
);

/** Groups of rows, under a row (`parent` given) of those that refer to it; without `groupBy` the one group of all. */
export interface Aggregate {
  readonly table: Table;
  readonly parent: Reference | null;
  readonly where: Condition | null;
  readonly groupBy: readonly Grouping[];
  readonly order: readonly AggregateTerm[];
  readonly first: Amount;
  readonly fields: readonly AggregateField[];
}

/** Values of a key, in the key's order. */
export type KeyValues = readonly Bound[];

/** The entities of one type: of each representation its key, as a column for each property of the key. */
export interface Entities {
  readonly object: SchemaObject;
  /** Null where the type is of another domain: the entity exists by its key. */
  readonly table: Table | null;
  /** Arrays with an item a representation; null where it is of another type, or its key is none. */
  readonly keyColumns: readonly Bound[];
  /** Likewise, of each property that finds the row of a representation without a key; none where there is no table. */
  readonly furtherKeys: readonly { readonly property: Property; readonly column: Bound }[];
  readonly fields: readonly Field[];
}

/** The root of a fetch. */
export type Fetch =
  | { readonly kind: 'one'; readonly table: Table; readonly keyValues: KeyValues; readonly fields: readonly Field[] }
  | { readonly kind: 'list'; readonly connection: Connection }
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  | { readonly kind: 'entities'; readonly types: readonly Entities[]; readonly count: Amount }
  | { readonly kind: 'name'; readonly name: string };

/** A root field under its response key; the statement answers all of an operation's. */
export interface RootField {
  readonly key: string;
  readonly fetch: Fetch;
}
