import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunId } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { requestRun, runHistory } from '../../schema/ledger/runs.ts';
import { disturbed, ended, enterPlace, expectRows, firstVersion, type Place, request, startWorkerIn } from './place.ts';
import { KINDS, type TrialProduct, trialProduct } from './trial-product.ts';

let place: Place;
let leave: () => Promise<void>;
const products: TrialProduct[] = [];

beforeAll(async () => {
  ({ place, leave } = await enterPlace());
  for (const kind of KINDS) {
    const product = await trialProduct(place.pool, kind, `things-${kind}`);
    await firstVersion(place, product);
    products.push(product);
  }
  await Promise.all([startWorkerIn(place), startWorkerIn(place)]);
}, 200_000);
afterAll(() => leave(), 60_000);

const each = <Result>(story: (product: TrialProduct) => Promise<Result>) => Promise.all(products.map(story));

test('runs that are asked for at once, by hand, by schedule and from upstream, are one, with two workers there', async () => {
  await each(async (product) => {
    await product.next();
    const ids = await Promise.all(
      (['manual', 'schedule', 'upstream', 'manual'] as const).map((trigger) =>
        transaction(place.pool, (trx) =>
          requestRun(trx, { runId: randomUUID() as RunId, productId: product.id, trigger, requestedBy: 'test' }),
        ),
      ),
    );
    expect(new Set(ids.map(({ runId }) => runId)).size).toBe(1);
    await ended(place, ids[0]!.runId);
    await expectRows(place, product);
    expect(await runHistory(place.pool, { productId: product.id, limit: 10 })).toHaveLength(2);
  });
}, 120_000);

test('runs go on when one of two workers is stopped, and wait where there is none', async () => {
  const [first, second] = [...place.workers];
  await each((product) =>
    disturbed(place, product, async () => {
      await first!.stop();
    }),
  );
  await second!.stop();
  const id = await request(place, products[0]!.id);
  await startWorkerIn(place);
  expect(await ended(place, id)).toMatchObject({ phase: 'succeeded' });
}, 120_000);

test('with the clock of the worker set back and forth no change is lost or doubled', async () => {
  for (const worker of place.workers) await worker.stop();
  for (const hours of [-1, 1, -24]) {
    const clock = join(place.home, `clock${hours}.mjs`);
    await writeFile(
      clock,
      `const Real = Date, by = ${hours} * 3_600_000;
       globalThis.Date = class extends Real {
         constructor(...given) { given.length === 0 ? super(Real.now() + by) : super(...given); }
         static now() { return Real.now() + by; }
       };`,
    );
    // As Node's own code sees the time: of what is native, Temporal's core among it, it stays as it is.
    const worker = await startWorkerIn(place, { env: { NODE_OPTIONS: `--import ${pathToFileURL(clock).href}` } });
    await each((product) => disturbed(place, product, async () => undefined));
    await worker.stop();
  }
}, 200_000);
