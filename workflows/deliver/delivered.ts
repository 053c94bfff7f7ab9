import { isOpen } from '../../schema/contract/classified.ts';
import type { Destination } from '../../schema/contract/destination.ts';
import type { Product, Property, SchemaObject } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import type { RunId } from '../../schema/ids.ts';
import { type DatasetVersion, relationOf } from '../../schema/ledger/datasets.ts';

/** A version of a product on its way to a destination. */
export interface Delivered {
  readonly product: Product;
  readonly version: number;
  /** Tells it from a version of the same number, of a ledger that was begun anew. */
  readonly runId: RunId;
  readonly publishedAt: Date;
  readonly objects: readonly DeliveredObject[];
}

export interface DeliveredObject {
  readonly object: SchemaObject;
  /** The properties that may leave: never none. */
  readonly properties: readonly Property[];
  /** Its rows, to stand after `from`. */
  readonly relation: string;
  /** How many there are. */
  readonly rows: number;
}

/** What of a version goes to a destination. Refuses with DELIVERY_REFUSED an object of which nothing may. */
export function deliveredOf(product: Product, dataset: DatasetVersion, destination: Destination): Delivered {
  const objects = product.objects
    .filter(({ contractId, name }) => contractId === destination.contractId && dataset.tables[name] !== undefined)
    .map((object): DeliveredObject => {
      const properties = object.properties.filter(({ classification }) => mayLeave(classification, destination));
      if (properties.length === 0)
        throw new Refusal(
          'DELIVERY_REFUSED',
          `Nothing of ${object.name} may leave to ${destination.name}: all of it is classified. List in its classifications what may.`,
        );
      const stored = dataset.tables[object.name]!;
      const columns = object.properties.map(({ column }) => column);
      return {
        object,
        properties,
        relation: `${relationOf(product.id, stored, columns)} as delivered`,
        rows: stored.rows,
      };
    });
  return { product, objects, version: dataset.version, runId: dataset.runId, publishedAt: dataset.publishedAt };
}

/** The key, where all of it leaves: else rows are told apart by none. */
export function deliveredKey({ object, properties }: DeliveredObject): readonly Property[] {
  return object.key.every((property) => properties.includes(property)) ? object.key : [];
}

function mayLeave(classification: string | null, { classifications }: Destination): boolean {
  return isOpen({ classification }) || (classification !== null && classifications.includes(classification));
}
