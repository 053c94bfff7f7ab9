import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { retentionStandings } from '../../schema/ledger/retention.ts';
import { judgeKept } from '../../schema/ledger/slos.ts';

/** Looks whether what products promised to keep is there, and what must be gone is gone: a breach begins, or ends, now. */
export async function judgeRetention({ pool }: { pool: Pool }): Promise<void> {
  for (const { productId, isKept } of await retentionStandings(pool))
    await transaction(pool, (trx) => judgeKept(trx, productId, { property: 'retention', isKept }));
}
