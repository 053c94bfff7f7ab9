import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transaction } from '../../schema/ledger/connect.ts';
import { cancelRun, requireRun } from '../../schema/ledger/runs.ts';
import { type Gate, gateIn } from '../workflows/gate.ts';
import {
  disturbed,
  enterPlace,
  eventually,
  firstVersion,
  leftBehind,
  look,
  type Place,
  request,
  startWorkerIn,
} from './place.ts';
import { KINDS, type TrialProduct, trialProduct } from './trial-product.ts';

const STAGES = ['extract', 'land', 'transform', 'audit', 'publish'] as const;
const CELLS = KINDS.flatMap((kind) => STAGES.map((stage) => ({ kind, stage })));

const products = new Map<string, TrialProduct>();
let place: Place;
let leave: () => Promise<void>;
let gate: Gate;
beforeAll(async () => {
  ({ place, leave } = await enterPlace());
  gate = await gateIn(place.databaseUrl);
  for (const { kind, stage } of CELLS) {
    const product = await trialProduct(place.pool, kind, `off-${kind}-${stage}`);
    await firstVersion(place, product);
    products.set(`${kind} ${stage}`, product);
  }
  await startWorkerIn(place);
}, 120_000);
afterAll(async () => {
  await gate.close();
  await leave();
}, 60_000);

describe('a run that is cancelled leaves nothing, what readers see stays, and the next run has all rows', () => {
  test.each(CELLS)(
    'in its $stage stage, of what is $kind',
    async ({ kind, stage }) => {
      const product = products.get(`${kind} ${stage}`)!;
      const before = product.expected();
      await product.next();
      await gate.shut(product.id, stage, async () => {
        const run = await request(place, product.id);
        await eventually(place, async () => (await gate.waiting()) === 1);
        await transaction(place.pool, (trx) => cancelRun(trx, run));
        await eventually(place, async () => (await gate.waiting()) === 0);
        await eventually(place, async () => (await leftBehind(place, product)).length === 0);
        expect(await requireRun(place.pool, run)).toMatchObject({ phase: 'cancelled', datasetVersion: null });
        expect(await look(place, product)).toBe(before);
      });
      // Rows that the cancelled run had read are read again.
      await disturbed(place, product, async () => undefined);
    },
    120_000,
  );

  test('but what is published is announced', async () => {
    const product = await trialProduct(place.pool, 'replaced', 'announced');
    await product.next();
    await gate.shut(product.id, 'announce', async () => {
      const run = await request(place, product.id);
      await eventually(place, async () => (await gate.waiting()) === 1);
      expect(await transaction(place.pool, (trx) => cancelRun(trx, run))).toBe(false);
      expect(await look(place, product)).toBe(product.expected());
    });
  }, 120_000);
});

test('a worker stops in less than ten seconds', async () => {
  for (const worker of place.workers) expect(await worker.stop()).toBeLessThan(10_000);
}, 30_000);
