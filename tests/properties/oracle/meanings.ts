import type { Reference, SchemaObject } from '../../../schema/contract/model.ts';
import type { PageSizes } from './paging.ts';
import type { Rows } from './rows.ts';

/** What one request may ask for, as in the limits of managed products. */
export interface Bounds extends PageSizes {
  readonly rowsMax: number;
  readonly depthMax: number;
  readonly relatedDepthMax: number;
}

/** What fields of an object's type mean beside its properties. */
export interface Meanings {
  readonly objects: ReadonlyMap<string, SchemaObject>;
  reference(type: string, field: string): Reference | null;
  reverse(type: string, field: string): Reference | null;
  reverseAggregate(type: string, field: string): Reference | null;
}

/** What arguments are read with. */
export interface Related {
  readonly meanings: Meanings;
  readonly bounds: Bounds;
  readonly rows: Rows;
}
