import { randomUUID } from 'node:crypto';
import type { ProductId } from '../../../schema/ids.ts';
import { type Pool, transaction } from '../../../schema/ledger/connect.ts';
import { addRevision, type NewRevision } from '../../../schema/ledger/products.ts';

/** Stores a revision of a managed product without documents; its number. */
export function storeRevision(pool: Pool, productId: ProductId, given: Partial<NewRevision> = {}): Promise<number> {
  return transaction(pool, (trx) =>
    addRevision(trx, {
      productId,
      kind: 'managed',
      version: '1.0.0',
      state: 'live',
      files: [],
      folder: null,
      digest: randomUUID(),
      dataDigest: 'shape',
      publishedBy: 'test',
      ...given,
    }),
  );
}
