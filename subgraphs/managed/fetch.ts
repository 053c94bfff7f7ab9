/**
 * The fetch tree: what one statement reads, as plain data. A request's selection becomes one (select.ts), and it becomes
 * SQL (sql.ts). Response keys are in it, so the JSON that Postgres makes has the shape of the answer.
 */
import type { Property, Reference, SchemaObject, Scalar } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';

/** A value of the statement, bound as a parameter; `pgType` is what it is cast to. */
export interface Bound {
  readonly value: string | number | boolean | readonly (string | null)[] | null;
  readonly pgType: string;
}

/** An object of a product, in whichever version the operation reads. */
export interface Table {
  readonly product: ProductId;
  readonly object: SchemaObject;
}

/** Two-valued: a comparison with a missing value is false, and `not` is the complement. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly property: Property; readonly operator: Comparison; readonly value: Bound }
  /** `value` is an array. */
  | { readonly kind: 'oneOf'; readonly property: Property; readonly value: Bound }
  | { readonly kind: 'isNull'; readonly property: Property };

export type Comparison = '=' | '<' | '<=' | '>' | '>=' | 'like' | 'ilike';

export type Direction = 'ASC' | 'DESC';

/** A total order: its last terms are the key's properties. Missing values come last in both directions. */
export type Order = readonly { readonly property: Property; readonly direction: Direction }[];

/** The rows after a cursor: one value for each term of the order; null where the cursor's row has none. */
export interface Page {
  readonly first: number;
  readonly after: readonly (Bound | null)[] | null;
}

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
  | { readonly kind: 'connection'; readonly key: string; readonly connection: Connection };

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

/** What is computed over a group: over its rows, or over the values of one property. */
export type Measure = { readonly over: 'rows' } | { readonly over: AggregateFunction; readonly property: Property };

export type AggregateFunction = 'countDistinct' | 'sum' | 'avg' | 'min' | 'max';

export type AggregateField =
  | Typename
  | { readonly kind: 'measure'; readonly key: string; readonly measure: Measure; readonly scalar: Scalar }
  | { readonly kind: 'groupKey'; readonly key: string; readonly property: Property }
  | { readonly kind: 'object'; readonly key: string; readonly fields: readonly AggregateField[] };

export type AggregateTerm = { readonly direction: Direction } & (
  { readonly by: 'measure'; readonly measure: Measure } | { readonly by: 'groupKey'; readonly property: Property }
);

/** Groups of rows; without `groupBy` the one group of all. */
export interface Aggregate {
  readonly table: Table;
  readonly where: Condition | null;
  readonly groupBy: readonly Property[];
  readonly order: readonly AggregateTerm[];
  readonly first: number;
  readonly fields: readonly AggregateField[];
}

/** Values of a key, in the key's order. */
export type KeyValues = readonly Bound[];

/** The root of a fetch: what one statement answers. */
export type Fetch =
  | { readonly kind: 'one'; readonly table: Table; readonly keyValues: KeyValues; readonly fields: readonly Field[] }
  | { readonly kind: 'list'; readonly connection: Connection }
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  | {
      readonly kind: 'entities';
      /** Whose key is given. */
      readonly object: SchemaObject;
      /** Null where the type is of another domain: the entity exists by its key. */
      readonly table: Table | null;
      /** For each property of the key, an array: one value a representation. */
      readonly keyColumns: readonly Bound[];
      readonly fields: readonly Field[];
    };
