import { type Pool, transaction } from '../../schema/ledger/connect.ts';
import { retentionStandings } from '../../schema/ledger/retention.ts';
import { judgeKept } from '../../schema/ledger/slos.ts';
import { rowAgeStandings, type SeenRows } from './row-ages.ts';

const seenHere: SeenRows = new Map();

/**
 * Looks whether what products promised to keep is there, and what must be gone is gone, and how old their rows are: a breach begins, or
 * ends, now.
 */
export async function judgeRetention({ pool }: { pool: Pool }, seen: SeenRows = seenHere): Promise<void> {
  const ages = await rowAgeStandings(pool, seen);
  const tooOld = ages.flatMap(({ productId, property, isKept }) =>
    property === 'retention' && !isKept ? [productId] : [],
  );
  const kept = (await retentionStandings(pool)).map(({ productId, isKept }) => ({
    productId,
    property: 'retention' as const,
    isKept: isKept && !tooOld.includes(productId),
  }));
  for (const { productId, property, isKept } of [...kept, ...ages.filter((one) => one.property !== 'retention')])
    await transaction(pool, (trx) => judgeKept(trx, productId, { property, isKept }));
}
