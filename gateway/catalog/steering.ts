import { randomUUID } from 'node:crypto';
import { Refusal } from '../../schema/errors.ts';
import { type DomainId, domainOf, type ProductId, runId, type RunId } from '../../schema/ids.ts';
import { transaction, type Transaction } from '../../schema/ledger/connect.ts';
import { addIntervention } from '../../schema/ledger/interventions.ts';
import { holdDomain, pauseProduct, releaseDomain, resumeProduct } from '../../schema/ledger/pauses.ts';
import { requireProduct } from '../../schema/ledger/products.ts';
import { restoreData } from '../../schema/ledger/restore-data.ts';
import { requestRetry } from '../../schema/ledger/retry.ts';
import { cancelRun, requestRun, requireRun, type RunRow } from '../../schema/ledger/runs.ts';
import type { RunPriority } from '../../schema/run.ts';
import { type Actor, requireDomains, requireOwner, requirePublisher } from '../actor.ts';
import type { CatalogContext } from './context.ts';
import { byId, ofDomain, requireProductId } from './products.ts';

interface ProductArgs {
  readonly product: string;
  readonly reason?: string | null;
}

interface DomainArgs {
  readonly domain: string;
  readonly reason?: string | null;
}

/** Longer, and it is a document and no reason. */
const REASON_LIMIT = 500;

/** What owners do to refreshes by hand; each is kept with who did it, in the transaction of what it does. */
export const steeringMutations = {
  refresh: async (
    _source: unknown,
    { product, priority, full }: { product: string; priority?: number | null; full?: boolean | null },
    context: CatalogContext,
  ) => {
    const { id, actor } = ownProduct(product, context);
    const wanted = priority == null ? {} : { priority: requirePriority(priority) };
    const { runId: run, joined } = await transaction(context.ledger, async (trx) => {
      await requireManaged(trx, id);
      const ask = { runId: newRunId(), productId: id, trigger: 'manual', requestedBy: actor.name, ...wanted } as const;
      const { traceparent } = context;
      const made = await requestRun(trx, { ...ask, fullLoad: full === true, traceparent });
      if (made.joined && full === true) await requireFullLoad(trx, made.runId);
      if (!made.joined)
        await addIntervention(trx, { action: 'refresh', subject: id, runId: made.runId, actor: actor.name });
      return made;
    });
    return { run: await requireRun(context.ledger, run), joined };
  },

  cancelRun: async (_source: unknown, { id }: { id: string }, context: CatalogContext) => {
    const { run, actor } = await ownRun(id, context);
    await transaction(context.ledger, async (trx) => {
      if (!(await cancelRun(trx, run.id)))
        throw new Refusal('RUN_SUPERSEDED', `Run ${id} is ${run.phase}: there is nothing to cancel.`);
      await addIntervention(trx, { action: 'cancel', subject: run.productId, runId: run.id, actor: actor.name });
    });
    return requireRun(context.ledger, run.id);
  },

  retry: async (_source: unknown, { run: given }: { run: string }, context: CatalogContext) => {
    const { run, actor } = await ownRun(given, context);
    const next = newRunId();
    await transaction(context.ledger, async (trx) => {
      const { traceparent } = context;
      await requestRetry(trx, { runId: next, failed: run.id, requestedBy: actor.name, traceparent });
      await addIntervention(trx, { action: 'retry', subject: run.productId, runId: next, actor: actor.name });
    });
    return requireRun(context.ledger, next);
  },

  pause: async (_source: unknown, args: ProductArgs, context: CatalogContext) => {
    const { id, actor } = ownProduct(args.product, context);
    const reason = requireReason(args.reason);
    await transaction(context.ledger, async (trx) => {
      await requireManaged(trx, id);
      if (await pauseProduct(trx, { productId: id, by: actor.name, reason }))
        await addIntervention(trx, { action: 'pause', subject: id, actor: actor.name, reason });
    });
    return byId(id, context);
  },

  resume: async (_source: unknown, args: ProductArgs, context: CatalogContext) => {
    const { id, actor } = ownProduct(args.product, context);
    await transaction(context.ledger, async (trx) => {
      await requireManaged(trx, id);
      if (await resumeProduct(trx, id))
        await addIntervention(trx, { action: 'resume', subject: id, actor: actor.name });
    });
    return byId(id, context);
  },

  hold: async (_source: unknown, args: DomainArgs, context: CatalogContext) => {
    const { domain, actor } = ownDomain(args.domain, context);
    const reason = requireReason(args.reason);
    await transaction(context.ledger, async (trx) => {
      if (await holdDomain(trx, { domainId: domain, by: actor.name, reason }))
        await addIntervention(trx, { action: 'hold', subject: domain, actor: actor.name, reason });
    });
    return ofDomain(domain);
  },

  release: async (_source: unknown, args: DomainArgs, context: CatalogContext) => {
    const { domain, actor } = ownDomain(args.domain, context);
    await transaction(context.ledger, async (trx) => {
      if (await releaseDomain(trx, domain))
        await addIntervention(trx, { action: 'release', subject: domain, actor: actor.name });
    });
    return ofDomain(domain);
  },

  // The next run would publish over it within the hour: who goes back says when it goes on.
  rollbackData: async (
    _source: unknown,
    { toVersion, ...args }: ProductArgs & { readonly toVersion?: number | null },
    context: CatalogContext,
  ) => {
    const { id, actor } = ownProduct(args.product, context);
    const given = requireReason(args.reason);
    await transaction(context.ledger, async (trx) => {
      await requireManaged(trx, id);
      const { from, to } = await restoreData(trx, { product: id, toVersion: toVersion ?? null });
      const reason = given ?? `its data went back from version ${from} to ${to}`;
      await pauseProduct(trx, { productId: id, by: actor.name, reason });
      const detail = { fromVersion: from, toVersion: to };
      await addIntervention(trx, { action: 'restore', subject: id, actor: actor.name, reason: given, detail });
    });
    await context.graph.catchUp();
    return byId(id, context);
  },
};

/** A product that the actor may steer. Refuses with NOT_FOUND, UNAUTHENTICATED and FORBIDDEN. */
export function ownProduct(text: string, { actor }: CatalogContext): { id: ProductId; actor: Actor } {
  requirePublisher(actor);
  const id = requireProductId(text);
  requireOwner(actor, id);
  return { id, actor };
}

async function ownRun(text: string, { actor, ledger }: CatalogContext): Promise<{ run: RunRow; actor: Actor }> {
  requirePublisher(actor);
  const id = runId(text);
  if (id === null) throw new Refusal('NOT_FOUND', `There is no run ${text}.`);
  const run = await requireRun(ledger, id);
  requireOwner(actor, run.productId);
  return { run, actor };
}

function ownDomain(text: string, { actor, graph }: CatalogContext): { domain: DomainId; actor: Actor } {
  requirePublisher(actor);
  const products = [...graph.current().mesh.products.keys()];
  const domain = products.map(domainOf).find((one) => one === text);
  if (domain === undefined) throw new Refusal('NOT_FOUND', `There is no domain ${text} that has published.`);
  requireDomains(actor, [domain]);
  return { domain, actor };
}

/** Who asks for all to be read again has no use for a run that does not. */
async function requireFullLoad(trx: Transaction, id: RunId): Promise<void> {
  const run = await requireRun(trx, id);
  if (!run.fullLoad)
    throw new Refusal(
      'PRODUCT_BUSY',
      `Run ${id} of ${run.productId} is under way, and does not read all: wait for its end, or cancel it first.`,
    );
}

/** Refuses with NOT_REFRESHABLE what is no managed product. */
export async function requireManaged(trx: Transaction, id: ProductId): Promise<void> {
  const { kind } = await requireProduct(trx, id);
  if (kind !== 'managed')
    throw new Refusal('NOT_REFRESHABLE', `${id} is a ${kind} product: its data is elsewhere, and read as it is.`);
}

function requirePriority(given: number): RunPriority {
  const known = ([1, 2, 3, 4, 5] as const).find((one) => one === given);
  if (known === undefined) throw new Refusal('BAD_INPUT', `priority is from 1, before all others, to 5; not ${given}.`);
  return known;
}

/** Why, as somebody wrote it; null where nobody did. */
export function requireReason(given: string | null | undefined): string | null {
  const reason = given?.trim() ?? '';
  if (reason.length > REASON_LIMIT)
    throw new Refusal('BAD_INPUT', `reason has ${reason.length} letters: at most ${REASON_LIMIT} say why.`);
  return reason === '' ? null : reason;
}

/** A new one. */
export function newRunId(): RunId {
  return randomUUID() as RunId;
}
