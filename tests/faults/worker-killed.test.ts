import { describe, expect, test } from '@jest/globals';
import { stagesOf } from '../../schema/ledger/runs.ts';
import type { Stage } from '../../schema/run.ts';
import type { CrashPoint } from '../../workflows/crash.ts';
import { engineProduct, liveRows } from '../workflows/engine-product.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { disturbed, ended, firstVersion, inPlace, startWorkerIn } from './place.ts';
import { THOROUGH } from './thorough.ts';
import { type Kind, KINDS, trialProduct } from './trial-product.ts';

/** In halves: a killed stage is missed after 10 s, so that runs beside one another are sooner over. */
const HALVES: readonly (readonly Stage[])[] = [
  ['extract', 'land', 'transform'],
  ['audit', 'publish', 'announce'],
];

/**
 * Where one of two blows is struck and the other not, of what is replaced; of what is kept it is the other way round. With WEFT_FAULTS=all both are
 * everywhere: 26 workers are killed.
 */
const isStruck = (kind: Kind, index: number): boolean => THOROUGH || index % 2 === (kind === 'kept' ? 1 : 0);

/** With its work under way, done and not committed, or committed and nobody told. */
const points = (stage: Stage): CrashPoint[] => [
  ...(stage === 'land' ? (['land:copying'] as const) : []),
  `${stage}:ending`,
  `${stage}:ended`,
];

/** After the commit a stage is not done again. */
const blowsBeforeCommit = (stage: Stage, struck: readonly CrashPoint[]): number =>
  struck.filter((point) => point.startsWith(`${stage}:`) && !point.endsWith(':ended')).length;

describe('a worker is killed', () => {
  test.concurrent.each(KINDS.flatMap((kind) => HALVES.map((stages) => ({ kind, stages }))))(
    'in $stages, before commits and after them: what is $kind is as of an undisturbed run',
    ({ kind, stages }) =>
      inPlace(async (place) => {
        const product = await trialProduct(place.pool, kind, 'things');
        await firstVersion(place, product);
        const struck = stages.flatMap(points).filter((_, index) => isStruck(kind, index));
        const [first, ...others] = struck;
        let doomed = await startWorkerIn(place, { disturbance: `SIGKILL@${first!}` });
        const run = await disturbed(place, product, async () => {
          for (const point of others) {
            expect(await doomed.ended).toBe('SIGKILL');
            doomed = await startWorkerIn(place, { disturbance: `SIGKILL@${point}` });
          }
          expect(await doomed.ended).toBe('SIGKILL');
          await startWorkerIn(place);
        });
        const attempts = new Map((await stagesOf(place.pool, run.id)).map(({ stage, attempt }) => [stage, attempt]));
        for (const stage of stages)
          expect([stage, attempts.get(stage)]).toEqual([stage, 1 + blowsBeforeCommit(stage, struck)]);
      }),
    400_000,
  );
});

/** More than one piece of what DuckDB hands to COPY. */
const ROWS = 20_000;

const SILENCES: readonly { kind: Kind; point: CrashPoint }[] = KINDS.flatMap((kind) => [
  ...(THOROUGH || kind === 'kept' ? [{ kind, point: 'land:copying' } as const] : []),
  ...(THOROUGH || kind === 'replaced' ? [{ kind, point: 'publish:ending' } as const] : []),
]);

test.concurrent.each(SILENCES)(
  'a worker that was not heard of since $point, and comes back when another has taken over, writes nothing: what is $kind',
  ({ kind, point }) =>
    inPlace(async (place) => {
      const product = await trialProduct(place.pool, kind, 'things');
      await firstVersion(place, product);
      const silent = await startWorkerIn(place, { disturbance: `SIGSTOP@${point}` });
      await disturbed(place, product, async (run) => {
        await silent.stopped();
        await startWorkerIn(place);
        await ended(place, run);
        silent.goOn();
      });
    }),
  240_000,
);

test.concurrent(
  'a worker that is killed while it streams what DuckDB made loses and doubles no row',
  () =>
    inPlace(async (place) => {
      const doomed = await startWorkerIn(place, { disturbance: 'SIGKILL@transform:copying' });
      const numbers = Array.from({ length: ROWS }, (_, index) => `${index}\n`).join('');
      const { product, runId } = await plainPublish(
        place.pool,
        await engineProduct({
          name: 'halves',
          engine: 'duckdb',
          sources: [
            {
              object: 'numbers',
              format: 'csv',
              content: `id\n${numbers}`,
              properties: ['{ name: id, logicalType: integer }'],
            },
          ],
          output: ['{ name: id, logicalType: integer, primaryKey: true, required: true }'],
          transform: 'select id / 2 as id from numbers where id % 2 = 0',
        }),
      );
      expect(await doomed.ended).toBe('SIGKILL');
      await startWorkerIn(place);
      expect(await ended(place, runId!)).toMatchObject({ phase: 'succeeded', error: null });
      expect(await liveRows(place, product.id)).toHaveLength(ROWS / 2);
    }),
  240_000,
);
