import { randomUUID } from 'node:crypto';
import { compose } from '../schema/compose.ts';
import { linkMesh } from '../schema/contract/link.ts';
import type { Mesh, Product } from '../schema/contract/model.ts';
import { checkProductSql } from '../schema/contract/product-sql.ts';
import type { RefusalCode } from '../schema/errors.ts';
import { REFUSALS } from '../schema/errors.ts';
import { errorFinding, type Finding, passes } from '../schema/findings.ts';
import type { ProductId, RunId } from '../schema/ids.ts';
import type { Transaction } from '../schema/ledger/connect.ts';
import { emit } from '../schema/ledger/events.ts';
import { liveProducts } from '../schema/ledger/mesh.ts';
import { addRevision, moveFolder, newestRevisions, type NewestRevision } from '../schema/ledger/products.ts';
import { promote, subgraphsOf } from '../schema/ledger/promote.ts';
import { requestRun } from '../schema/ledger/runs.ts';
import type { Actor } from './actor.ts';
import type { HostRules } from './execute/allowed-hosts.ts';
import { type Candidate, placedInFolder, type ProductFolder, readFolders } from './read-folders.ts';
import { type GraphWriting, writeInTurn } from './write-in-turn.ts';

export type PublishOutcome =
  | {
      readonly kind: 'Published';
      readonly products: readonly PublishedProduct[];
      readonly supergraph: number;
      readonly findings: readonly Finding[];
    }
  | {
      readonly kind: 'Rejected';
      readonly code: RefusalCode;
      readonly message: string;
      readonly findings: readonly Finding[];
    }
  | { readonly kind: 'Unchanged'; readonly ids: readonly ProductId[]; readonly findings: readonly Finding[] };

export interface PublishedProduct {
  readonly id: ProductId;
  readonly revision: number;
  readonly version: string;
  /** Pending where its table changes and readers have data: live with its first dataset version of the new shape. */
  readonly state: 'live' | 'pending';
  readonly runId: RunId | null;
}

export interface PublishAsk {
  readonly folders: readonly ProductFolder[];
  readonly actor: Actor;
  /** Start a refresh of what has its inputs. */
  readonly refresh: boolean;
  /** Only say what would become of it. */
  readonly dryRun: boolean;
}

export interface PublishDeps extends GraphWriting {
  readonly hosts: HostRules;
}

/** An outcome before which nothing was, or may stay, written: rolls the transaction back. */
class Undo extends Error {
  readonly outcome: PublishOutcome;

  constructor(outcome: PublishOutcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/**
 * The story of a publish: read, check, link with what is live, compose with all others, and write revisions, supergraph, events and
 * runs in one transaction; all products or none. Every fault is found before it answers. A dry run is the same, undone.
 */
export async function publish(deps: PublishDeps, ask: PublishAsk): Promise<PublishOutcome> {
  const { candidates, findings } = readFolders(ask.folders, deps.hosts);
  const seen = await newestRevisions(deps.ledger);
  try {
    return await writeInTurn(deps, async (trx) => {
      const newest = await newestRevisions(trx);
      const raced = candidates.filter(({ product: { id } }) => newest.get(id)?.revision !== seen.get(id)?.revision);
      const live = await liveProducts(trx);

      const proposed = linkMesh(replaced(live, candidates));
      findings.push(
        ...proposed.findings.map((finding) => placedInFolder(finding, candidates)),
        ...(await sqlFindings(candidates, proposed.mesh)),
        ...kindFindings(candidates, live),
      );
      if (!passes(findings)) throw new Undo(rejected('CONTRACT_INVALID', findings));
      if (raced.length > 0) throw new Undo(rejected('PUBLISH_CONFLICT', findings));
      const changed = candidates.filter(({ product, digest }) => newest.get(product.id)?.digest !== digest);
      if (!ask.dryRun) await followFolders(trx, candidates, newest);
      if (changed.length === 0)
        return { kind: 'Unchanged', ids: candidates.map(({ product }) => product.id), findings } as const;

      // What changes a table that readers have data of goes live with its first data, in the run's own transaction.
      const pending = changed.filter(({ product }) => waitsForData(product, newest.get(product.id)));
      const now = changed.filter((candidate) => !pending.includes(candidate));
      if (pending.length > 0) findings.push(...compositionFindings(proposed.mesh));
      if (!passes(findings)) throw new Undo(rejected('DOES_NOT_COMPOSE', findings));

      const published: PublishedProduct[] = [];
      for (const candidate of inOrder(changed, proposed.mesh))
        published.push(await store(trx, candidate, pending.includes(candidate) ? 'pending' : 'live', ask.actor));
      const mesh = pending.length === 0 ? proposed.mesh : linkMesh(replaced(live, now), { dangling: 'warning' }).mesh;
      const cause = `publish ${changed.map(({ product }) => product.id).join(' ')}`;
      const promotion = await promote(trx, { mesh, cause: cause.slice(0, 1_000) });
      if (!promotion.promoted) throw new Undo(rejected('DOES_NOT_COMPOSE', [...findings, ...promotion.findings]));

      const products: PublishedProduct[] = [];
      for (const product of published)
        products.push({
          ...product,
          runId: ask.refresh ? await startRefresh(trx, product.id, proposed.mesh, newest, ask.actor) : null,
        });
      const outcome = { kind: 'Published', products, supergraph: promotion.supergraph, findings } as const;
      if (ask.dryRun)
        throw new Undo({ ...outcome, products: products.map((product) => ({ ...product, runId: null })) });
      return outcome;
    });
  } catch (error) {
    if (error instanceof Undo) return error.outcome;
    throw error;
  }
}

function rejected(code: RefusalCode, findings: readonly Finding[]): PublishOutcome {
  return { kind: 'Rejected', code, message: REFUSALS[code].says, findings };
}

function replaced(live: readonly Product[], candidates: readonly Candidate[]): Product[] {
  const ids = new Set(candidates.map(({ product }) => product.id));
  return [...live.filter(({ id }) => !ids.has(id)), ...candidates.map(({ product }) => product)];
}

async function sqlFindings(candidates: readonly Candidate[], mesh: Mesh): Promise<Finding[]> {
  const checks = candidates.map(async ({ product }) => {
    const found = await checkProductSql(product, mesh.inputs.get(product.id) ?? []);
    return found.map((finding) => placedInFolder({ ...finding, product: product.id }, candidates));
  });
  return (await Promise.all(checks)).flat();
}

function kindFindings(candidates: readonly Candidate[], live: readonly Product[]): Finding[] {
  return candidates.flatMap(({ product }): Finding[] => {
    const before = live.find(({ id }) => id === product.id);
    if (before === undefined || before.kind === product.kind) return [];
    const message = `${product.id} is a ${before.kind} product and cannot become a ${product.kind} one: retire it first.`;
    return [errorFinding('PRODUCT_KIND', message)];
  });
}

function compositionFindings(mesh: Mesh): readonly Finding[] {
  const composition = compose(subgraphsOf(mesh).map(({ name, sdl, url }) => ({ name, sdl, url: url ?? '' })));
  return composition.composes ? [] : composition.findings;
}

function waitsForData(product: Product, newest: NewestRevision | undefined): boolean {
  return newest?.liveVersion != null && newest.liveDataDigest !== null && newest.liveDataDigest !== product.dataDigest;
}

/** Producers before their readers, so that runs are asked for in that order. */
function inOrder(candidates: readonly Candidate[], mesh: Mesh): Candidate[] {
  const byId = new Map(candidates.map((candidate) => [candidate.product.id, candidate]));
  const sorted = new Set<Candidate>();
  const visit = (candidate: Candidate): void => {
    if (sorted.has(candidate)) return;
    for (const { product } of mesh.inputs.get(candidate.product.id) ?? []) {
      const producer = byId.get(product);
      if (producer !== undefined) visit(producer);
    }
    sorted.add(candidate);
  };
  candidates.forEach(visit);
  return [...sorted];
}

async function store(
  trx: Transaction,
  { product, files, folder, digest }: Candidate,
  state: 'live' | 'pending',
  actor: Actor,
): Promise<PublishedProduct> {
  const { id, kind, version, dataDigest } = product;
  const next = { productId: id, kind, version, state, files, folder, digest, dataDigest, publishedBy: actor.name };
  const revision = await addRevision(trx, next);
  await emit(trx, { type: 'product.published', subject: id, payload: { revision } });
  return { id, revision, version, state, runId: null };
}

/** Where documents are as they were but lie elsewhere by now, sources beside them are read from there. */
async function followFolders(
  trx: Transaction,
  candidates: readonly Candidate[],
  newest: ReadonlyMap<ProductId, NewestRevision>,
): Promise<void> {
  for (const { product, digest, folder } of candidates) {
    const stored = newest.get(product.id);
    if (folder !== null && stored?.digest === digest && stored.folder !== folder)
      await moveFolder(trx, product.id, stored.revision, folder);
  }
}

/** A run, where the product has one and its inputs have data; what waits for an input runs when that publishes. */
async function startRefresh(
  trx: Transaction,
  productId: ProductId,
  mesh: Mesh,
  newest: ReadonlyMap<ProductId, NewestRevision>,
  actor: Actor,
): Promise<RunId | null> {
  if (mesh.products.get(productId)?.kind !== 'managed') return null;
  const inputs = mesh.inputs.get(productId) ?? [];
  if (inputs.some(({ product }) => newest.get(product)?.liveVersion == null)) return null;
  const runId = randomUUID() as RunId;
  return (await requestRun(trx, { runId, productId, trigger: 'publish', requestedBy: actor.name })).runId;
}
