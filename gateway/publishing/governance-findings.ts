import type { Mesh } from '../../schema/contract/model.ts';
import { type Finding, passes } from '../../schema/findings.ts';
import type { ProductId } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { exceptionsInForce } from '../../schema/ledger/policy-exceptions.ts';
import type { NewestRevision } from '../../schema/ledger/products.ts';
import { policyFindings } from '../../schema/policies/judgement.ts';
import type { ProductChange } from './product-changes.ts';
import { type Candidate, placedInFolder } from './read-folders.ts';
import { dayOf, type Policies } from '../policies/open-policies.ts';

/** What a publish proposes, and what it is held against. */
export interface Proposal {
  readonly candidates: readonly Candidate[];
  /** As it is, with what waits for its data. */
  readonly was: Mesh;
  /** With the candidates in it. */
  readonly mesh: Mesh;
  /** From the one to the other, with files as those of their folders. */
  readonly changes: readonly ProductChange[];
  readonly newest: ReadonlyMap<ProductId, NewestRevision>;
}

/**
 * What the policies find in what is proposed, by their exceptions as they stand now. Of a product whose documents are as they were
 * published, errors are warnings: it is refused for what it brings, and not for what was asked of it since.
 */
export async function governanceFindings(
  trx: Transaction,
  policies: Policies,
  { candidates, was, mesh, changes, newest }: Proposal,
): Promise<Finding[]> {
  const governance = await policies.current();
  const ids = candidates.map(({ product }) => product.id);
  const exceptions = await exceptionsInForce(trx, ids);
  const today = dayOf(new Date());
  // Of two folders of one product, which is refused, the mesh has one.
  const judged = candidates.filter(({ product }) => mesh.products.get(product.id) === product);
  const contexts = judged.map(({ product, filePrefix }) => ({
    product,
    mesh,
    before: was.products.get(product.id) ?? null,
    changes: changes
      .filter((change) => change.product === product.id)
      .map((change) => ({ ...change, file: change.file?.slice(filePrefix.length) ?? null })),
    today,
  }));
  const found = (await governance.judge(contexts)).flatMap(({ product, judgements }) => {
    const findings = policyFindings(judgements, product, exceptions);
    const isAsItWas = candidates.some(
      (one) => one.product === product && one.digest === newest.get(product.id)?.digest,
    );
    return isAsItWas && !passes(findings)
      ? findings.map((finding) => ({ ...finding, severity: 'warning' as const }))
      : findings;
  });
  return [
    ...found.map((finding) => placedInFolder(finding, candidates)),
    // It is not the publisher's fault: those who are asked about the verdict shall know by which rules it was made.
    ...governance.faults.map((fault): Finding => ({
      ...fault,
      severity: 'warning',
      message: `The organisation's policies were changed and cannot be read; those read before hold. ${fault.message}`,
      file: null,
      line: null,
      column: null,
    })),
  ];
}
