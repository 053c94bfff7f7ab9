import { randomUUID } from 'node:crypto';
import { type RangeUnit, rangeUnit, readRange } from '../../schema/backfill-range.ts';
import type { Product } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import { backfillId, type BackfillId } from '../../schema/ids.ts';
import {
  type Backfill,
  backfillsOf,
  requestBackfill,
  requireBackfill,
  resumeBackfill,
  stopBackfill,
} from '../../schema/ledger/backfills.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { addIntervention } from '../../schema/ledger/interventions.ts';
import { productOf } from '../../schema/ledger/mesh.ts';
import { revisionIn } from '../../schema/ledger/products.ts';
import { requestRetry } from '../../schema/ledger/retry.ts';
import { cancelRun } from '../../schema/ledger/runs.ts';
import type { CatalogContext } from './context.ts';
import { pageSize } from './page.ts';
import { byId } from './products.ts';
import { newRunId, ownProduct, requireManaged, requireReason } from './steering.ts';

interface BackfillArgs {
  readonly product: string;
  readonly from: string;
  readonly to?: string | null;
  readonly by?: string | null;
  readonly atOnce?: number | null;
  readonly reason?: string | null;
}

/** Slices that are read at once where nobody says: kind to a source that others use too. */
const AT_ONCE = 2;

/** What owners do about backfills; each is kept with who did it. */
export const backfillMutations = {
  backfill: async (_source: unknown, args: BackfillArgs, context: CatalogContext) => {
    const { id: product, actor } = ownProduct(args.product, context);
    const range = readRange({ from: args.from, to: args.to ?? null, by: args.by ?? null }, new Date());
    const atOnce = args.atOnce ?? AT_ONCE;
    if (atOnce < 1 || atOnce > 16) throw new Refusal('BAD_INPUT', `atOnce must be from 1 to 16; found ${atOnce}.`);
    const reason = requireReason(args.reason);
    const id = randomUUID() as BackfillId;
    await transaction(context.ledger, async (trx) => {
      await requireManaged(trx, product);
      // The one that the run which merges it will have.
      const next = (await revisionIn(trx, product, 'pending')) ?? (await revisionIn(trx, product, 'live'));
      if (next === null) throw new Refusal('NOT_REFRESHABLE', `${product} is not live.`);
      requireSliceable(productOf(next), range.unit);
      const { revision } = next;
      await requestBackfill(trx, { id, productId: product, revision, range, atOnce, requestedBy: actor.name, reason });
      const detail = { backfill: id, from: range.begins, to: range.ends, by: range.step };
      await addIntervention(trx, { action: 'backfill', subject: product, actor: actor.name, reason, detail });
    });
    return requireBackfill(context.ledger, id);
  },

  cancelBackfill: async (_source: unknown, { id: text }: { id: string }, context: CatalogContext) => {
    const { found, actor } = await ownBackfill(text, context);
    await transaction(context.ledger, async (trx) => {
      const stopped =
        (await stopBackfill(trx, found.id, { kind: 'cancelled' })) ||
        (found.runId !== null && (await cancelRun(trx, found.runId)));
      if (!stopped)
        throw new Refusal('RUN_SUPERSEDED', `Backfill ${found.id} is ${found.phase}: there is nothing to cancel.`);
      const detail = { backfill: found.id };
      await addIntervention(trx, { action: 'cancel', subject: found.productId, actor: actor.name, detail });
    });
    return requireBackfill(context.ledger, found.id);
  },

  retryBackfill: async (_source: unknown, { id: text }: { id: string }, context: CatalogContext) => {
    const { found, actor } = await ownBackfill(text, context);
    await transaction(context.ledger, async (trx) => {
      if (!(await resumeBackfill(trx, found.id))) await retryMerge(trx, found, actor.name);
      const detail = { backfill: found.id };
      await addIntervention(trx, { action: 'retry', subject: found.productId, actor: actor.name, detail });
    });
    return requireBackfill(context.ledger, found.id);
  },
};

/** Resolvers of backfills. */
export const backfills = {
  DataProduct: {
    backfills: ({ id }: ReturnType<typeof byId>, { first }: { first?: number | null }, { ledger }: CatalogContext) =>
      backfillsOf(ledger, id, pageSize(first, 20)),
  },
  Backfill: {
    product: ({ productId }: Backfill, _args: unknown, context: CatalogContext) => byId(productId, context),
    from: ({ begins }: Backfill) => begins,
    to: ({ ends }: Backfill) => ends,
    by: ({ step }: Backfill) => step,
    slices: ({ slices }: Backfill) => slices.all,
    slicesRead: ({ slices }: Backfill) => slices.read,
    rowsRead: ({ slices }: Backfill) => String(slices.rows),
    run: ({ runId }: Backfill) => (runId === null ? null : { id: runId }),
  },
};

async function retryMerge(
  trx: Parameters<typeof requestRetry>[0],
  { id, phase, runId }: Backfill,
  requestedBy: string,
): Promise<void> {
  if (phase !== 'failed' || runId === null)
    throw new Refusal('NOT_RETRYABLE', `Backfill ${id} is ${phase}, or what it read is gone: ask for it anew.`);
  await requestRetry(trx, { runId: newRunId(), failed: runId, requestedBy });
}

/** Refuses with NOT_BACKFILLABLE where no source has a watermark of that kind, by which rows are merged or appended. */
function requireSliceable({ id, inputs }: Product, unit: RangeUnit): void {
  const objects = inputs.flatMap((port) => (port.kind === 'server' ? port.objects : []));
  if (objects.some(({ load }) => rangeUnit(load) === unit)) return;
  const found = objects.map(({ name, load }) => `${name} (${load === null ? 'full' : load.mode})`).join(', ');
  throw new Refusal(
    'NOT_BACKFILLABLE',
    `${id} has no source that is merged or appended by a watermark of ${unit === 'time' ? 'dates or times' : 'numbers'}${found === '' ? '' : `: it reads ${found}`}. \`weft refresh ${id} --full\` reads all.`,
  );
}

async function ownBackfill(text: string, context: CatalogContext) {
  const id = backfillId(text);
  if (id === null) throw new Refusal('NOT_FOUND', `There is no backfill ${text}.`);
  const found = await requireBackfill(context.ledger, id);
  return { found, actor: ownProduct(found.productId, context).actor };
}
