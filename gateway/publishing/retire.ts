import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import { emit, type ToldConsumer } from '../../schema/ledger/events.ts';
import { comingProducts, liveProducts } from '../../schema/ledger/mesh.ts';
import { markRetired, requireProduct } from '../../schema/ledger/products.ts';
import { promote } from '../../schema/ledger/promote.ts';
import { cancelRun, runHistory } from '../../schema/ledger/runs.ts';
import { consumersOf } from './consumers-of.ts';
import { dependencies, type Dependency } from './dependencies.ts';
import { type GraphWriting, writeInTurn } from './write-in-turn.ts';

const DOES: Record<Dependency['kind'], string> = { READS: 'reads it', REFERS: 'refers to it', EXTENDS: 'extends it' };

/** What ending or renaming a product needs. */
export interface LifeDeps extends GraphWriting {
  /** Who used it within so many days is told. */
  readonly usageDays: number;
}

/** What becomes of a product that is retired. */
export interface Retirement {
  /** Until when its data is kept, by its contract's retention; null: for good. */
  readonly dataUntil: Date | null;
  /** Those who used it lately or subscribe to it: they are told. */
  readonly consumers: readonly ToldConsumer[];
}

/**
 * Takes a product out of the graph in one transaction; its history stays, and its data as long as its contract says. Refuses while
 * others read it, refer to it or extend it, or will once their data is there, naming them; consumers do not hold it, and are told.
 */
export function retire(deps: LifeDeps, id: ProductId): Promise<Retirement> {
  return writeInTurn(deps, async (trx) => {
    const { retiredAt } = await requireProduct(trx, id);
    if (retiredAt !== null) throw new Refusal('PRODUCT_RETIRED', `${id} was retired on ${retiredAt.toISOString()}.`);
    const live = await liveProducts(trx);
    const { mesh: served } = linkMesh(live);
    const { mesh: coming } = linkMesh(await comingProducts(trx));
    const users = [...usersOf(id, served), ...usersOf(id, coming)];
    if (users.length > 0) {
      const who = [...new Set(users.map(({ from, kind }) => `${from} ${DOES[kind]}`))].join(', ');
      throw new Refusal('PRODUCT_IN_USE', `${id} is in use: ${who}. Change or retire these first.`);
    }
    for (const phase of ['queued', 'running'] as const)
      for (const run of await runHistory(trx, { productId: id, phase, limit: 1 })) await cancelRun(trx, run.id);
    const retiring = live.find((product) => product.id === id);
    await markRetired(trx, id, { keptForSeconds: retiring?.sla.retentionSeconds ?? null });
    const { mesh } = linkMesh(live.filter((product) => product.id !== id));
    const promotion = await promote(trx, { mesh, cause: `retire ${id}`, own: [id] });
    if (!promotion.promoted)
      throw new Refusal('DOES_NOT_COMPOSE', `Without ${id} the graph would not compose.`, {
        findings: promotion.findings,
      });
    const { dataUntil } = await requireProduct(trx, id);
    const consumers =
      retiring === undefined ? [] : await consumersOf(trx, { mesh: served, product: retiring, days: deps.usageDays });
    const payload = { dataUntil: dataUntil?.toISOString() ?? null, consumers };
    await emit(trx, { type: 'product.retired', subject: id, payload });
    return { dataUntil, consumers };
  });
}

function usersOf(id: ProductId, mesh: Mesh): Dependency[] {
  return dependencies(mesh).filter(({ to }) => to === id);
}
