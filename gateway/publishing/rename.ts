import { documentsDigest } from '../../schema/contract/digest.ts';
import { newFindings } from '../../schema/contract/joining.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Product } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { renamedDocuments } from '../../schema/contract/renamed-documents.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Finding } from '../../schema/findings.ts';
import { domainOf, type ProductId } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { consumersOf } from '../../schema/ledger/consumers-of.ts';
import { addDecisions, keepingRefusals } from '../../schema/ledger/decisions.ts';
import { emit } from '../../schema/ledger/events.ts';
import { currentId } from '../../schema/ledger/former-ids.ts';
import { comingProducts, liveProducts } from '../../schema/ledger/mesh.ts';
import { moveProduct } from '../../schema/ledger/move-product.ts';
import { addRevision, lockProduct, product, revisionIn, type StoredRevision } from '../../schema/ledger/products.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { requireStanding } from '../../schema/ledger/retire-product.ts';
import { openRuns } from '../../schema/ledger/runs.ts';
import { headSupergraph } from '../../schema/ledger/supergraphs.ts';
import type { Actor } from '../actor.ts';
import { lostFields } from './lost-fields.ts';
import type { LifeDeps } from './retire.ts';
import { writeInTurn } from './write-in-turn.ts';

export interface RenameAsk {
  readonly from: ProductId;
  /** Of another domain: the product is handed over to it. */
  readonly to: ProductId;
  readonly actor: Actor;
}

/**
 * Gives a product another name, or another domain, in one transaction: history, data and all that hangs on its id go with it, and its
 * documents say the new one in a revision of their own. Types, data and contract ids stay. Refuses, naming why, while a run is under
 * way or a revision waits, where the id is taken, and where others would lose what they refer to or ask for.
 */
export function renameProduct(deps: LifeDeps, { from, to, actor }: RenameAsk): Promise<void> {
  const about = { action: 'rename', actor: actor.name, detail: { from, to } } as const;
  const story = async (trx: Transaction): Promise<void> => {
    await requireStanding(trx, from);
    await requireFree(trx, from, to);
    await lockProduct(trx, from);
    const stored = await requireSettled(trx, from);

    const files = renamedDocuments(stored.files, { from, to });
    const renamed = readRenamed(files, { from, to }, stored);
    const brought = broughtFindings(await comingProducts(trx), from, renamed);
    if (brought.length > 0)
      throw new Refusal(
        'PRODUCT_IN_USE',
        `As ${to}, ${from} would be lost to others: ${brought.map(({ message }) => message).join(' ')}`,
        {
          findings: brought,
        },
      );
    const live = await liveProducts(trx);
    const before = await headSupergraph(trx);

    await moveProduct(trx, { from, to, by: actor.name });
    const { kind, version } = renamed;
    // The shape is what it was, as its data says: it is not judged anew.
    const { folder, dataDigest } = stored;
    const next = { kind, version, files, folder, digest: documentsDigest(files), dataDigest, publishedBy: actor.name };
    const revision = await addRevision(trx, { productId: to, state: 'live', ...next });
    const { mesh } = linkMesh(exchanged(live, from, renamed));
    const promotion = await promote(trx, { mesh, cause: `rename ${from} to ${to}`, own: [to] });
    if (!promotion.promoted)
      throw new Refusal('DOES_NOT_COMPOSE', `With ${from} as ${to} the graph would not compose.`, {
        findings: promotion.findings,
      });
    const lost = lostFields(before?.sdl ?? null, (await headSupergraph(trx))?.sdl ?? null);
    if (lost.length > 0)
      throw new Refusal(
        'PRODUCT_IN_USE',
        `As ${to}, ${from} would take from the graph what operations may ask for: ${lost.join(' ')}`,
      );

    const consumers = await consumersOf(trx, { mesh, product: renamed, days: deps.usageDays });
    await emit(trx, { type: 'product.renamed', subject: to, payload: { from, consumers } });
    await emit(trx, { type: 'product.published', subject: to, payload: { revision } });
    const { supergraph } = promotion;
    await addDecisions(trx, [{ ...about, product: to, outcome: 'done', code: null, version, revision, supergraph }]);
  };
  return keepingRefusals(deps.ledger, { ...about, product: from }, () => writeInTurn(deps, story));
}

/** An id means one product for good, retired and renamed ones too; only its own former ids may a product take again. */
async function requireFree(trx: Transaction, from: ProductId, to: ProductId): Promise<void> {
  if (from === to) throw new Refusal('BAD_INPUT', `${from} is its name already: name another.`);
  if ((await product(trx, to)) !== null)
    throw new Refusal('PRODUCT_ID_TAKEN', `${to} is another product, live or retired: choose another name.`);
  const owner = await currentId(trx, to);
  if (owner !== null && owner !== from)
    throw new Refusal(
      'PRODUCT_ID_TAKEN',
      `${to} is what ${owner} was called before, and finds it still: choose another name.`,
    );
}

/** The live revision; refuses as long as something is under way that the old id stands for. */
async function requireSettled(trx: Transaction, id: ProductId): Promise<StoredRevision> {
  const run = (await openRuns(trx)).find(({ productId }) => productId === id);
  if (run !== undefined)
    throw new Refusal('PRODUCT_BUSY', `The run ${run.id} of ${id} is under way: wait for its end, or cancel it.`);
  const pending = await revisionIn(trx, id, 'pending');
  const live = await revisionIn(trx, id, 'live');
  if (pending !== null || live === null)
    throw new Refusal(
      'PRODUCT_BUSY',
      `Revision ${pending?.revision ?? ''} of ${id} waits for its data: refresh it, or publish it as it was.`,
    );
  return live;
}

function readRenamed(
  files: StoredRevision['files'],
  { from, to }: { from: ProductId; to: ProductId },
  { formerIds }: StoredRevision,
): Product {
  const { product: read, findings } = readProduct(files, { folder: to.slice(domainOf(to).length + 1) });
  if (read === null || read.id !== to)
    throw new Refusal(
      'CONTRACT_INVALID',
      `The documents of ${from} cannot be made to say ${to}: publish them once with plain texts as domain and name.`,
      { findings },
    );
  return { ...read, formerIds: [from, ...formerIds.filter((id) => id !== to)] };
}

/** What the new name brings upon the mesh: errors, and services whose `@override` would take over nothing any more. */
function broughtFindings(products: readonly Product[], from: ProductId, renamed: Product): Finding[] {
  const known = linkMesh(products).findings.map((finding) =>
    finding.product === from
      ? { ...finding, product: renamed.id, message: finding.message.replaceAll(from, renamed.id) }
      : finding,
  );
  return newFindings(known, exchanged(products, from, renamed)).filter(
    ({ severity, code }) => severity === 'error' || code === 'OVERRIDE_UNKNOWN',
  );
}

function exchanged(products: readonly Product[], from: ProductId, renamed: Product): Product[] {
  return [...products.filter(({ id }) => id !== from), renamed];
}
