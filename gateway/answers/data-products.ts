import type { ApolloServerPlugin } from '@apollo/server';
import type { Product, ProductKind } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import { arrivedAt, type LiveDataset } from '../../schema/ledger/datasets.ts';
import type { OperationContext } from '../execute/context.ts';
import type { Serving } from '../serving/serving.ts';

/** What an answer says of one product that it was made of. */
interface DataProductRead {
  readonly id: string;
  readonly kind: ProductKind;
  /** Of its contract. */
  readonly version: string;
  /** 0 for a managed product without data; null for any other, which is read as it is. */
  readonly datasetVersion: number | null;
  readonly refreshedAt: string | null;
  /** Null where its contract promises no freshness, or it is not ours to measure. */
  readonly withinSlo: boolean | null;
  readonly failedWarnings: readonly string[];
}

/** Adds `extensions.dataProducts` to every answer. */
export const dataProductsRead: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response, contextValue: { serving, reading, remotesRead } }) => {
      if (response.body.kind !== 'single') return;
      const result = response.body.singleResult;
      result.extensions = {
        ...result.extensions,
        dataProducts: dataProducts(serving, [...reading.productsRead, ...(remotesRead as Set<ProductId>)]),
      };
    },
  }),
};

/** What an answer says of the products that it was made of, by their ids. */
export function dataProducts({ mesh, datasets }: Serving, read: Iterable<ProductId>): DataProductRead[] {
  return [...read].sort().flatMap((id) => {
    const product = mesh.products.get(id);
    return product === undefined ? [] : [productRead(product, datasets.get(id) ?? null)];
  });
}

/** The same as JSON: made once for a version of the data, as long as it is as fresh as it was. */
export function dataProductsJson({ mesh, datasets }: Serving, read: readonly ProductId[]): string {
  let json = '';
  const nowMs = Date.now();
  for (const id of read) {
    const product = mesh.products.get(id);
    if (product === undefined) continue;
    json += `${json === '' ? '' : ','}${productJson(product, datasets.get(id) ?? null, nowMs)}`;
  }
  return `[${json}]`;
}

const made = new WeakMap<
  object,
  { readonly product: Product; readonly withinSlo: boolean | null; readonly json: string }
>();

function productJson(product: Product, dataset: LiveDataset | null, nowMs: number): string {
  const key = dataset ?? product;
  const known = made.get(key);
  if (known?.product === product && known.withinSlo === withinSlo(product, dataset, nowMs)) return known.json;
  const readNow = productRead(product, dataset);
  const json = JSON.stringify(readNow);
  made.set(key, { product, withinSlo: readNow.withinSlo, json });
  return json;
}

function productRead(product: Product, dataset: LiveDataset | null): DataProductRead {
  return {
    id: product.id,
    kind: product.kind,
    version: product.version,
    datasetVersion: product.kind === 'managed' ? (dataset?.version ?? 0) : null,
    refreshedAt: dataset === null ? null : arrivedAt(dataset).toISOString(),
    withinSlo: withinSlo(product, dataset, Date.now()),
    failedWarnings: dataset?.failedWarnings ?? [],
  };
}

/** Whether the data is no older than the contract's freshness; null where it promises none. No data is late. */
export function withinSlo(product: Product, dataset: LiveDataset | null, nowMs: number): boolean | null {
  const { freshnessSeconds } = product.sla;
  if (product.kind !== 'managed' || freshnessSeconds === null) return null;
  return dataset !== null && nowMs - arrivedAt(dataset).getTime() <= freshnessSeconds * 1000;
}
