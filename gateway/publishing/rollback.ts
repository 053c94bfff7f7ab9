import { bumped, requiredBump } from '../../schema/contract/changes/bump.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import { documentsDigest } from '../../schema/contract/digest.ts';
import { replaced } from '../../schema/contract/joining.ts';
import { withVersion } from '../../schema/contract/with-version.ts';
import { currentDocuments } from '../../schema/contract/renamed-documents.ts';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import { type PastRevision, revisionHistories } from '../../schema/ledger/history.ts';
import { comingProducts } from '../../schema/ledger/mesh.ts';
import { requireProduct, requireRevision } from '../../schema/ledger/products.ts';
import type { Actor } from '../actor.ts';
import { pastProduct } from './past-product.ts';
import { changesBetween } from './product-changes.ts';
import { publish, type PublishDeps, type PublishOutcome } from './publish.ts';

export interface RollbackAsk {
  readonly product: ProductId;
  /** Whose documents come back; null for the last revision that was live before the newest. */
  readonly toRevision: number | null;
  readonly actor: Actor;
  readonly refresh: boolean;
  /** As publishing has it. */
  readonly traceparent?: string | null;
}

/**
 * Publishes the documents of an earlier revision anew, as a new revision that is checked like any other. Its version goes beyond the
 * newest one by as much as coming back changes (docs/decisions/017): a number, once given, means one state for good.
 */
export async function rollback(deps: PublishDeps, ask: RollbackAsk): Promise<PublishOutcome> {
  const { product: id, actor, refresh, traceparent = null } = ask;
  const { retiredAt } = await requireProduct(deps.ledger, id);
  if (retiredAt !== null)
    throw new Refusal('PRODUCT_RETIRED', `${id} was retired on ${retiredAt.toISOString()}: publish it anew.`);
  const history = await revisionHistories(deps.ledger, [id]);
  const newest = history.find(({ state }) => state === 'pending' || state === 'live');
  const target = ask.toRevision ?? previous(history, newest)?.revision;
  if (newest === undefined || target === undefined)
    throw new Refusal('NOT_FOUND', `${id} has no earlier revision that was live; \`weft history ${id}\` lists all.`);
  const stored = await requireRevision(deps.ledger, id, target);
  const { folder } = stored;
  const files = currentDocuments(stored);
  if (documentsDigest(files) === newest.digest) return { kind: 'Unchanged', ids: [id], findings: [] };

  const name = id.slice(id.indexOf('/') + 1);
  const version = await versionBeyond(deps, newest, target);
  const folders = [{ name, path: folder, files: version === null ? files : withVersion(files, version) }];
  return publish(deps, { folders, actor, refresh, dryRun: false, rollbackTo: target, traceparent });
}

/** The last that was live before the newest: after a rollback, what it undid. */
function previous(history: readonly PastRevision[], newest: PastRevision | undefined): PastRevision | undefined {
  return history.find(({ revision, liveAt }) => newest !== undefined && revision < newest.revision && liveAt !== null);
}

/** The version that coming back asks for; null where the newest has none to go beyond, and the documents' own stays. */
async function versionBeyond({ ledger }: PublishDeps, newest: PastRevision, target: number): Promise<string | null> {
  const products = await comingProducts(ledger);
  const back = await pastProduct(ledger, newest.productId, target);
  const was = linkMesh(products).mesh;
  const is = linkMesh(replaced(products, [back])).mesh;
  const bump = requiredBump(changesBetween(was, is, newest.productId));
  const version = bumped(newest.version, bump === 'none' ? 'patch' : bump);
  return version === newest.version ? null : version;
}
