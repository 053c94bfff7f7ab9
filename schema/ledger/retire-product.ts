import { dependencies, type Dependency } from '../contract/dependencies.ts';
import { linkMesh } from '../contract/link.ts';
import type { Mesh } from '../contract/model.ts';
import { Refusal } from '../errors.ts';
import type { ProductId } from '../ids.ts';
import type { Transaction } from './connect.ts';
import { consumersOf } from './consumers-of.ts';
import { addDecisions } from './decisions.ts';
import { emit, type ToldConsumer } from './events.ts';
import { comingProducts, liveProducts } from './mesh.ts';
import { markRetired, type ProductRow, requireProduct } from './products.ts';
import { promote } from './promote.ts';
import { cancelRun, runHistory } from './runs.ts';

/** What becomes of a product that is retired. */
export interface Retirement {
  /** Until when its data is kept, by its contract's retention; null: for good. */
  readonly dataUntil: Date | null;
  /** Those who used it lately or subscribe to it: they are told. */
  readonly consumers: readonly ToldConsumer[];
}

/**
 * Takes a product out of the graph; its history stays, and its data as long as its contract says. Refuses while others read it, refer
 * to it or extend it, or will once their data is there, naming them; consumers do not hold it, and are told. Under `lockHead`.
 * `usageDays`: who used it within so many days is told.
 */
export async function retireProduct(
  trx: Transaction,
  { id, actor, usageDays }: { id: ProductId; actor: string; usageDays: number },
): Promise<Retirement> {
  await requireStanding(trx, id);
  const live = await liveProducts(trx);
  const { mesh: served } = linkMesh(live);
  const users = await holders(trx, id, served);
  if (users.length > 0)
    throw new Refusal(
      'PRODUCT_IN_USE',
      `${id} is in use: ${users.map(does).join(', ')}. Change or retire these first.`,
    );
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
    retiring === undefined ? [] : await consumersOf(trx, { mesh: served, product: retiring, days: usageDays });
  const payload = { dataUntil: dataUntil?.toISOString() ?? null, consumers };
  await emit(trx, { type: 'product.retired', subject: id, payload });
  const { supergraph } = promotion;
  const version = retiring?.version ?? null;
  const about = { product: id, action: 'retire', actor, code: null, revision: null, detail: {} } as const;
  await addDecisions(trx, [{ ...about, outcome: 'done', version, supergraph }]);
  return { dataUntil, consumers };
}

/** The product; refuses with NOT_FOUND, and with PRODUCT_RETIRED where it has left the graph. */
export async function requireStanding(trx: Transaction, id: ProductId): Promise<ProductRow> {
  const row = await requireProduct(trx, id);
  if (row.retiredAt === null) return row;
  throw new Refusal('PRODUCT_RETIRED', `${id} was retired on ${row.retiredAt.toISOString()}.`);
}

/** What holds a product in the graph, as it is served and as it will be: those that read it, refer to it or extend it. */
export async function holders(trx: Transaction, id: ProductId, served: Mesh): Promise<Dependency[]> {
  const { mesh: coming } = linkMesh(await comingProducts(trx));
  const found = [served, coming].flatMap((mesh) => dependencies(mesh).filter(({ to }) => to === id));
  return [...new Map(found.map((one) => [does(one), one])).values()];
}

const DOES: Record<Dependency['kind'], string> = { READS: 'reads it', REFERS: 'refers to it', EXTENDS: 'extends it' };

function does({ from, kind }: Dependency): string {
  return `${from} ${DOES[kind]}`;
}
