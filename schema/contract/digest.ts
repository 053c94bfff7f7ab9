import { createHash } from 'node:crypto';
import type { Product, ProductFile } from './model.ts';

/**
 * SHA-256 over what shapes a product's tables: columns, types, keys, allowed values, transformations and where rows come from.
 * Descriptions, owners, promises and quality rules change nothing in the data and are left out.
 */
export function dataDigest(product: Pick<Product, 'kind' | 'objects' | 'transforms' | 'inputs' | 'engine'>): string {
  const shape = {
    kind: product.kind,
    objects: product.objects.map(({ name, table, properties }) => ({
      name,
      table,
      properties: properties.map(
        ({ column, pgType, list, required, unique, keyPosition, transformLogic, enum: values }) => ({
          column,
          pgType,
          list,
          required,
          unique,
          keyPosition,
          transformLogic,
          values: values?.members.map(({ value }) => value) ?? null,
        }),
      ),
    })),
    transforms: { ...product.transforms },
    ...(product.engine !== 'postgres' && { engine: product.engine }),
    inputs: product.inputs.map((input) =>
      input.kind === 'product'
        ? { kind: input.kind, contractId: input.contractId }
        : {
            kind: input.kind,
            server: input.server,
            rejectedShareAllowed: input.rejectedShareAllowed,
            objects: input.objects.map(({ view, physicalName, properties, customProperties }) => ({
              view,
              physicalName,
              ...(customProperties && { customProperties }),
              properties: properties.map(({ column, sourceColumn, pgType, list, required }) => [
                column,
                sourceColumn,
                pgType,
                list,
                required,
              ]),
            })),
          },
    ),
  };
  return createHash('sha256').update(canonical(shape)).digest('hex');
}

/** SHA-256 over a product's documents, whatever their order: the same digest is the same revision. */
export function documentsDigest(files: readonly ProductFile[]): string {
  const sorted = files.map(({ path, text }) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** JSON with sorted keys: the same content is the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
