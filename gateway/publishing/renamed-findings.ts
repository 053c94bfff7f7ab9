import { errorFinding, type Finding } from '../../schema/findings.ts';
import { domainOf, type ProductId } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { renamedProducts } from '../../schema/ledger/former-ids.ts';
import { type Candidate, placedInFolder } from './read-folders.ts';

/** Documents that say an id which their product no longer has: a publish would make a second one beside it. */
export async function renamedFindings(trx: Transaction, candidates: readonly Candidate[]): Promise<Finding[]> {
  const found = await renamedProducts(
    trx,
    candidates.map(({ product }) => product.id),
  );
  return found.map(({ former, now }) =>
    placedInFolder(
      { ...errorFinding('PRODUCT_RENAMED', said(former, now), { path: 'name' }), product: former },
      candidates,
    ),
  );
}

function said(former: ProductId, now: ProductId): string {
  const name = now.slice(domainOf(now).length + 1);
  return `${former} was renamed, it is ${now} now: say domain: ${domainOf(now)} and name: ${name} in its product document (\`weft export ${now} --format odps\` has it).`;
}
