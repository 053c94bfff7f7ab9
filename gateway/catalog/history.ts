import { requiredBump } from '../../schema/contract/changes/bump.ts';
import { replaced } from '../../schema/contract/joining.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import { Refusal } from '../../schema/errors.ts';
import { domainOf, productId } from '../../schema/ids.ts';
import { type Decision, decisionsOf } from '../../schema/ledger/decisions.ts';
import { type Intervention, interventionsOf } from '../../schema/ledger/interventions.ts';
import type { PastRevision } from '../../schema/ledger/history.ts';
import { pastProduct } from '../publishing/past-product.ts';
import { changesBetween } from '../publishing/product-changes.ts';
import type { CatalogContext } from './context.ts';
import { pageSize } from './page.ts';

interface HistoryArgs {
  readonly product: string;
  readonly first?: number | null;
}

interface DiffArgs {
  readonly product: string;
  readonly from?: number | null;
  readonly to?: number | null;
}

/** Questions about what was: revisions, decisions, and what lies between two revisions. */
export const historyQueries = {
  history: async (_source: unknown, { product, first }: HistoryArgs, { ledger, loaders }: CatalogContext) => {
    const limit = pageSize(first, 50);
    const id = productId(product);
    const revisions = id === null ? [] : await loaders.revisions.load(id);
    const decisions = await decisionsOf(ledger, product, limit);
    if (revisions.length === 0 && decisions.length === 0) return null;
    const interventions = id === null ? [] : await interventionsOf(ledger, [id, domainOf(id)], limit);
    return { product, revisions: revisions.slice(0, limit), decisions, interventions };
  },

  // Other products stand as they are served now: what relationships are called depends on both their ends.
  diff: async (_source: unknown, { product, ...asked }: DiffArgs, { ledger, loaders, graph }: CatalogContext) => {
    const id = productId(product);
    const revisions = id === null ? [] : await loaders.revisions.load(id);
    const { from, to } = ends(product, revisions, asked);
    const others = [...graph.current().mesh.products.values()];
    const [was, is] = [
      await pastProduct(ledger, from.productId, from.revision),
      await pastProduct(ledger, to.productId, to.revision),
    ];
    const mesh = (one: typeof was) => linkMesh(replaced(others, [one])).mesh;
    const changes = changesBetween(mesh(was), mesh(is), from.productId);
    return { from, to, bump: requiredBump(changes), changes };
  },
};

/** Resolvers of decisions, and of what was done by hand. */
export const histories = {
  RefreshIntervention: { run: ({ runId }: Intervention) => (runId === null ? null : { id: runId }) },
  Decision: {
    findings: ({ detail }: Decision) => detail.findings ?? [],
    changes: ({ detail }: Decision) => detail.changes ?? null,
    toRevision: ({ detail }: Decision) => detail.toRevision ?? null,
    renamedFrom: ({ detail }: Decision) => detail.from ?? null,
    renamedTo: ({ detail }: Decision) => detail.to ?? null,
    retiresAt: ({ detail }: Decision) => detail.retiresAt ?? null,
  },
};

/** By default the newest revision that is or was live, or waits to be, and the one before it. */
function ends(
  product: string,
  revisions: readonly PastRevision[],
  { from, to }: { readonly from?: number | null; readonly to?: number | null },
): { from: PastRevision; to: PastRevision } {
  const named = (revision: number): PastRevision => {
    const found = revisions.find((one) => one.revision === revision);
    if (found !== undefined) return found;
    const has = revisions[0] === undefined ? 'there is no such product' : `it has 1 to ${revisions[0].revision}`;
    throw new Refusal('NOT_FOUND', `${product} has no revision ${revision}: ${has}.`);
  };
  const last = to == null ? revisions[0] : named(to);
  const first =
    from == null ? revisions.find(({ revision }) => last !== undefined && revision < last.revision) : named(from);
  if (last === undefined)
    throw new Refusal('NOT_FOUND', `There is no product ${product}; \`weft products\` lists them.`);
  if (first === undefined)
    throw new Refusal('NOT_FOUND', `${product} has one revision, and nothing to compare it with.`);
  return { from: first, to: last };
}
