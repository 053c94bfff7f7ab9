import { randomUUID } from 'node:crypto';
import { newFindings, replaced } from '../../schema/contract/joining.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import { checkProductSql } from '../../schema/contract/product-sql.ts';
import type { RefusalCode } from '../../schema/errors.ts';
import { REFUSALS } from '../../schema/errors.ts';
import { errorFinding, type Finding, passes } from '../../schema/findings.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import { addDecisions } from '../../schema/ledger/decisions.ts';
import { goLive, needsData } from '../../schema/ledger/go-live.ts';
import { comingProducts } from '../../schema/ledger/mesh.ts';
import {
  addRevision,
  moveFolder,
  newestRevisions,
  type NewestRevision,
  pendingRevisions,
} from '../../schema/ledger/products.ts';
import { compositionOf } from '../../schema/ledger/promote.ts';
import { readyToRun } from '../../schema/ledger/ready-to-run.ts';
import { headId, supergraphSdl } from '../../schema/ledger/supergraphs.ts';
import { requestRun } from '../../schema/ledger/runs.ts';
import type { CheckTables } from '../../schema/registering.ts';
import { semanticTypeFindings } from '../../schema/ledger/semantic-types.ts';
import { type Actor, requireOwner } from '../actor.ts';
import type { FolderRules } from './believed-folder.ts';
import { publishedDecisions, rejectedDecisions } from './decide.ts';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import { judgePublish } from '../consumers/judge-publish.ts';
import { changesOf, type ProductChange } from './product-changes.ts';
import { governanceFindings } from './governance-findings.ts';
import type { Policies } from '../policies/open-policies.ts';
import { type Candidate, placedInFolder, type ProductFolder, readFolders } from './read-folders.ts';
import { renamedFindings } from './renamed-findings.ts';
import type { VariantRules } from '../variants/read-variants.ts';
import { variantFindings } from '../variants/variant-findings.ts';
import { type GraphWriting, writeInTurn } from './write-in-turn.ts';

export type PublishOutcome =
  | {
      readonly kind: 'Published';
      readonly products: readonly PublishedProduct[];
      readonly supergraph: number;
      readonly findings: readonly Finding[];
      readonly changes: readonly ProductChange[];
    }
  | {
      readonly kind: 'Rejected';
      readonly code: RefusalCode;
      readonly message: string;
      readonly findings: readonly Finding[];
      readonly changes: readonly ProductChange[];
    }
  | { readonly kind: 'Unchanged'; readonly ids: readonly ProductId[]; readonly findings: readonly Finding[] };

export interface PublishedProduct {
  readonly id: ProductId;
  readonly revision: number;
  readonly version: string;
  /** Pending where its table changes and readers have data: live with its first dataset version of the new shape; or where it needs another that is pending. */
  readonly state: 'live' | 'pending';
  readonly runId: RunId | null;
}

type StoredProduct = Pick<PublishedProduct, 'id' | 'revision' | 'version'>;

export interface PublishAsk {
  readonly folders: readonly ProductFolder[];
  readonly actor: Actor;
  /** Start a refresh of what has its inputs. */
  readonly refresh: boolean;
  /** Only say what would become of it. */
  readonly dryRun: boolean;
  /** The revision whose documents are published anew, where it is a rollback. */
  readonly rollbackTo?: number;
  /** Of the span that asks for it, for the refreshes that come of it. */
  readonly traceparent?: string | null;
}

export interface PublishDeps extends GraphWriting {
  readonly hosts: HostRules & FolderRules;
  readonly policies: Policies;
  readonly checkTables: CheckTables;
  /** For so many days after its last use a field is in use. */
  readonly usageDays: number;
  /** Parts of the graph, each of which must hold together. */
  readonly variants: VariantRules;
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
 * runs in one transaction; all products or none. Every fault is found before it answers. A dry run is the same, undone. What was decided
 * is kept, of refusals too.
 */
export async function publish(deps: PublishDeps, ask: PublishAsk): Promise<PublishOutcome> {
  const { candidates, findings } = readFolders(ask.folders, deps.hosts, ask.actor);
  requireOwner(ask.actor, ...candidates.map(({ product }) => product.id));
  let changes: readonly ProductChange[] = [];
  const rejected = (code: RefusalCode, found: readonly Finding[]): PublishOutcome => ({
    kind: 'Rejected',
    code,
    message: REFUSALS[code].says,
    findings: found,
    changes,
  });
  const seen = await newestRevisions(deps.ledger);
  // Before the head is held: another's server may take its time.
  findings.push(...(await tableFindings(deps, candidates)));
  try {
    return await writeInTurn(deps, async (trx) => {
      const served = await headId(trx);
      const newest = await newestRevisions(trx);
      const raced = candidates.filter(({ product: { id }, ifRevision }) => {
        const revision = newest.get(id)?.revision ?? 0;
        return revision !== (ifRevision ?? seen.get(id)?.revision ?? 0);
      });
      const before = await comingProducts(trx);
      const proposed = replaced(
        before,
        candidates.map(({ product }) => product),
      );

      const was = linkMesh(before);
      const { mesh } = linkMesh(proposed);
      const changed = candidates.filter(({ product, digest }) => newest.get(product.id)?.digest !== digest);
      changes = changesOf(changed, was.mesh, mesh);
      findings.push(
        ...(await renamedFindings(trx, candidates)),
        ...broughtFindings(was.findings, proposed, candidates),
        ...(await sqlFindings(candidates, mesh)),
        ...kindFindings(candidates, before),
      );
      if (passes(findings)) findings.push(...(await typeFindings(trx, candidates)));
      // What came of a race is no fault of the contract: its changes are from what the publisher never saw.
      if (raced.length > 0 && passes(findings)) throw new Undo(rejected('PUBLISH_CONFLICT', findings));
      const proposal = { candidates, was: was.mesh, mesh, changes, newest };
      findings.push(...(await governanceFindings(trx, deps.policies, proposal)));
      if (!passes(findings)) throw new Undo(rejected('CONTRACT_INVALID', findings));
      if (!ask.dryRun) await followFolders(trx, candidates, newest);
      if (changed.length === 0)
        return { kind: 'Unchanged', ids: candidates.map(({ product }) => product.id), findings } as const;

      const stored: StoredProduct[] = [];
      for (const candidate of inOrder(changed, mesh)) stored.push(await store(trx, candidate, ask.actor));
      const { supergraph, ids, after } = await promoteAll(trx, changed, { mesh, was: was.mesh, findings, rejected });
      const judged = await judgePublish(trx, {
        changes,
        after,
        before: () => supergraphSdl(trx, served),
        days: deps.usageDays,
      });
      const unmade = await variantFindings(deps.variants, { after, before: () => supergraphSdl(trx, served) });
      findings.push(...judged, ...unmade);
      if (!passes(unmade)) throw new Undo(rejected('DOES_NOT_COMPOSE', findings));
      if (!passes(judged))
        throw new Undo(rejected(judged.some(isInUse) ? 'CONTRACT_BREAKING' : 'CONSUMER_BROKEN', findings));

      const ready = await readyToRun(trx);
      const products: PublishedProduct[] = [];
      for (const { id, revision, version } of stored) {
        const state = ids.includes(id) ? 'live' : 'pending';
        const runId = ask.refresh && ready(id) ? await startRefresh(trx, id, ask) : null;
        products.push({ id, revision, version, state, runId });
      }
      for (const id of ids)
        if (ask.refresh && ready(id) && stored.every((one) => one.id !== id)) await startRefresh(trx, id, ask);
      const outcome = { kind: 'Published', products, supergraph, findings, changes } as const;
      if (ask.dryRun)
        throw new Undo({ ...outcome, products: products.map((product) => ({ ...product, runId: null })) });
      await addDecisions(trx, publishedDecisions(outcome, ask));
      return outcome;
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
    const { outcome } = error;
    if (outcome.kind === 'Rejected' && !ask.dryRun)
      await addDecisions(deps.ledger, rejectedDecisions(outcome, candidates, ask));
    return outcome;
  }
}

/** What is wrong with the candidates, and what they bring upon others: not what others had before. */
function broughtFindings(
  before: readonly Finding[],
  proposed: readonly Product[],
  candidates: readonly Candidate[],
): Finding[] {
  const own = new Set(candidates.map(({ product }) => product.id));
  const known = before.filter(({ product }) => product === undefined || !own.has(product));
  return newFindings(known, proposed).map((finding) => placedInFolder(finding, candidates));
}

/**
 * Makes live what can be: what needs no data of its own, and links with what is live. Refuses, by Undo, what would not compose, now or
 * once what waits is live.
 */
async function promoteAll(
  trx: Transaction,
  changed: readonly Candidate[],
  {
    mesh,
    was,
    findings,
    rejected,
  }: {
    mesh: Mesh;
    was: Mesh;
    /** What composition remarks is added to it. */
    findings: Finding[];
    rejected: (code: RefusalCode, findings: readonly Finding[]) => PublishOutcome;
  },
): Promise<{ supergraph: number; ids: readonly ProductId[]; after: string }> {
  const placed = (found: readonly Finding[]): Finding[] => found.map((finding) => placedInFolder(finding, changed));
  const newest = await newestRevisions(trx);
  const ready = changed.map(({ product }) => product.id).filter((id) => !needsData(newest.get(id)));
  const cause = `publish ${changed.map(({ product }) => product.id).join(' ')}`;
  let went = await goLive(trx, { ready, cause });
  const waits = (await pendingRevisions(trx)).length > 0;
  // As it will be served once all of it has its data.
  const own = changed.map(({ product }) => product.id);
  const composition = waits ? await compositionOf(trx, { mesh, own }) : null;
  const coming = composition?.composes === false ? composition.findings : [];
  if (coming.length > 0 && (await compositionOf(trx, { mesh: was, own })).composes)
    throw new Undo(rejected('DOES_NOT_COMPOSE', [...findings, ...placed(coming)]));
  // It composes with what waits, and not without: it waits too.
  if (!went.promotion.promoted && waits && coming.length === 0) went = await goLive(trx, { ready: [], cause });
  if (!went.promotion.promoted)
    throw new Undo(rejected('DOES_NOT_COMPOSE', [...findings, ...placed(went.promotion.findings)]));
  const { supergraph } = went.promotion;
  // What waits for its data is judged by the graph that it will be in.
  const isWaiting = changed.some(({ product }) => !went.ids.includes(product.id));
  const whole = isWaiting && composition?.composes === true ? composition : null;
  const after = whole?.sdl ?? (await supergraphSdl(trx, supergraph));
  findings.push(...placed([...went.promotion.hints, ...(whole?.hints ?? [])]));
  return { supergraph, ids: went.ids, after: after! };
}

async function sqlFindings(candidates: readonly Candidate[], mesh: Mesh): Promise<Finding[]> {
  const checks = candidates.map(async ({ product }) => {
    const found = await checkProductSql(product, mesh.inputs.get(product.id) ?? []);
    return found.map((finding) => placedInFolder({ ...finding, product: product.id }, candidates));
  });
  return (await Promise.all(checks)).flat();
}

async function tableFindings({ checkTables }: PublishDeps, candidates: readonly Candidate[]): Promise<Finding[]> {
  const found = await Promise.all(candidates.map(({ product }) => checkTables(product)));
  return found.flat().map((finding) => placedInFolder(finding, candidates));
}

async function typeFindings(trx: Transaction, candidates: readonly Candidate[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { product } of candidates)
    for (const finding of await semanticTypeFindings(trx, product))
      findings.push(placedInFolder({ ...finding, product: product.id }, candidates));
  return findings;
}

function kindFindings(candidates: readonly Candidate[], products: readonly Product[]): Finding[] {
  return candidates.flatMap(({ product }): Finding[] => {
    const before = products.find(({ id }) => id === product.id);
    if (before === undefined || before.kind === product.kind) return [];
    const message = `${product.id} is a ${before.kind} product and cannot become a ${product.kind} one: retire it first.`;
    return [errorFinding('PRODUCT_KIND', message)];
  });
}

function isInUse({ code, severity }: Finding): boolean {
  return code === 'CHANGE_IN_USE' && severity === 'error';
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

/** Every revision is stored as pending: whether it goes live is judged for all of them together. */
async function store(
  trx: Transaction,
  { product, files, folder, digest }: Candidate,
  actor: Actor,
): Promise<StoredProduct> {
  const { id, kind, version, dataDigest } = product;
  const next = { kind, version, files, folder, digest, dataDigest, publishedBy: actor.name };
  const revision = await addRevision(trx, { productId: id, state: 'pending', ...next });
  return { id, revision, version };
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

async function startRefresh(
  trx: Transaction,
  productId: ProductId,
  { actor: { name: requestedBy }, traceparent = null }: PublishAsk,
): Promise<RunId> {
  const runId = randomUUID() as RunId;
  return (await requestRun(trx, { runId, productId, trigger: 'publish', requestedBy, traceparent })).runId;
}
