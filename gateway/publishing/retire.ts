import { linkMesh } from '../../schema/contract/link.ts';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import { announceRetirement, takeBackRetirement } from '../../schema/ledger/announced-retirements.ts';
import { consumersOf } from '../../schema/ledger/consumers-of.ts';
import { addDecisions, keepingRefusals } from '../../schema/ledger/decisions.ts';
import { emit } from '../../schema/ledger/events.ts';
import { liveProducts } from '../../schema/ledger/mesh.ts';
import { holders, requireStanding, type Retirement, retireProduct } from '../../schema/ledger/retire-product.ts';
import type { Actor } from '../actor.ts';
import { type GraphWriting, writeInTurn } from './write-in-turn.ts';

/** What ending or renaming a product needs. */
export interface LifeDeps extends GraphWriting {
  /** Who used it within so many days is told. */
  readonly usageDays: number;
}

/** What was announced. */
export interface Announcement extends Retirement {
  readonly at: Date;
  /** Products that read it, refer to it or extend it: as long as they do, it will not go. */
  readonly heldBy: readonly ProductId[];
}

// Nobody plans for longer, and a mistyped year is one.
const YEARS_MAX = 10;
const YEAR_MS = 365 * 24 * 60 * 60 * 1_000;

/** Takes a product out of the graph now, in one transaction. Refuses while others hold it. */
export function retire(deps: LifeDeps, id: ProductId, actor: Actor): Promise<Retirement> {
  return keepingRefusals(deps.ledger, { product: id, action: 'retire', actor: actor.name }, () =>
    writeInTurn(deps, (trx) => retireProduct(trx, { id, actor: actor.name, usageDays: deps.usageDays })),
  );
}

/**
 * Announces that a product is retired at a moment to come, by a worker: consumers are told now, and those that hold it are named. Where
 * these still do at that time it is refused then, and the announcement is over.
 */
export function announce(
  deps: LifeDeps,
  { id, at, actor }: { id: ProductId; at: string; actor: Actor },
): Promise<Announcement> {
  const moment = momentToCome(at);
  const decision = { product: id, action: 'announce_retirement', actor: actor.name } as const;
  return keepingRefusals(deps.ledger, decision, () =>
    writeInTurn(deps, async (trx) => {
      await requireStanding(trx, id);
      const { mesh } = linkMesh(await liveProducts(trx));
      const product = mesh.products.get(id);
      const consumers = product === undefined ? [] : await consumersOf(trx, { mesh, product, days: deps.usageDays });
      const heldBy = [...new Set((await holders(trx, id, mesh)).map(({ from }) => from))];
      await announceRetirement(trx, { productId: id, at: moment, announcedBy: actor.name });
      const retiresAt = moment.toISOString();
      await emit(trx, { type: 'product.retiring', subject: id, payload: { at: retiresAt, consumers, heldBy } });
      const version = product?.version ?? null;
      await addDecisions(trx, [{ ...decision, ...DONE, version, detail: { retiresAt } }]);
      const seconds = product?.sla.retentionSeconds ?? null;
      const dataUntil = seconds === null ? null : new Date(moment.getTime() + seconds * 1_000);
      return { at: moment, dataUntil, consumers, heldBy };
    }),
  );
}

/** Takes an announced retirement back, and tells the consumers. Refuses where none is announced. */
export function cancelRetirement(deps: LifeDeps, id: ProductId, actor: Actor): Promise<void> {
  return writeInTurn(deps, async (trx) => {
    await requireStanding(trx, id);
    if (!(await takeBackRetirement(trx, id)))
      throw new Refusal('NOT_FOUND', `No retirement of ${id} is announced: there is nothing to take back.`);
    const { mesh } = linkMesh(await liveProducts(trx));
    const product = mesh.products.get(id);
    const consumers = product === undefined ? [] : await consumersOf(trx, { mesh, product, days: deps.usageDays });
    await emit(trx, { type: 'product.stays', subject: id, payload: { consumers } });
    const version = product?.version ?? null;
    const decision = { product: id, action: 'cancel_retirement', actor: actor.name } as const;
    await addDecisions(trx, [{ ...decision, ...DONE, version, detail: {} }]);
  });
}

const DONE = { outcome: 'done', code: null, revision: null, supergraph: null } as const;

function momentToCome(text: string): Date {
  const at = new Date(text);
  const untilMs = at.getTime() - Date.now();
  if (/^\d{4}-\d\d-\d\dT/.test(text) && untilMs > 0 && untilMs < YEARS_MAX * YEAR_MS) return at;
  throw new Refusal(
    'BAD_INPUT',
    `at is a moment to come within ${YEARS_MAX} years, like 2030-01-31T00:00:00Z; found ${JSON.stringify(text.slice(0, 80))}.`,
  );
}
