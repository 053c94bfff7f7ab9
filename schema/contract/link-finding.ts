import type { Finding } from '../findings.ts';
import type { Product, SchemaObject } from './model.ts';

/** An object with the product that owns its type. */
export interface Owned {
  readonly product: Product;
  readonly object: SchemaObject;
}

/** A finding about a product of the mesh, at one of its contracts where that is known. */
export type Say = (
  at: { product: Product; contractId?: string; path?: string },
  code: string,
  message: string,
  severity?: Finding['severity'],
) => void;
