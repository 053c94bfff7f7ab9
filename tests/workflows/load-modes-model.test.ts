import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ProductId } from '../../schema/ids.ts';
import { datasetVersion, relationOf } from '../../schema/ledger/datasets.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { propertyConfig } from '../properties/config.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { refreshDeps, refreshHere } from './refresh-here.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
let deps: RefreshDeps;
beforeAll(async () => {
  database = await cloneDatabase();
  deps = await refreshDeps(database);
});
afterAll(() => database.drop());

/** The source says of each key what it is now, and when it was changed; `null`: it is gone. */
interface Row {
  readonly label: string | null;
  readonly at: number;
}
type Rows = ReadonlyMap<number, Row>;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      changes: fc.array(
        fc.record({
          key: fc.integer({ min: 1, max: 6 }),
          label: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 4 }),
        }),
        { maxLength: 4 },
      ),
      fails: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rollback' as const), back: fc.integer({ min: 1, max: 3 }) }) },
);

// Each step is a refresh of a second on busy cores: a handful of sequences finds what a pair of steps can do to each other.
const SEQUENCES = Math.max(4, Math.round(propertyConfig().cases / 1_000));

test('whatever is merged, confirmed, fails or is rolled back, each version has the rows that it had', async () => {
  let sequence = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 7 }), async (steps) => {
      const name = `model-${++sequence}`;
      const folder = await smallProduct({
        name,
        content: null,
        file: 'things.csv',
        load: { loadMode: 'merge', watermark: 'at', deletedRows: 'gone' },
        source: [
          '{ name: id, logicalType: integer, required: true, primaryKey: true }',
          '{ name: label, logicalType: string }',
          '{ name: at, logicalType: integer, required: true }',
          '{ name: gone, logicalType: boolean }',
        ],
        output: [
          '{ name: id, logicalType: integer, primaryKey: true }',
          '{ name: label, logicalType: string, quality: [{ type: library, metric: invalidValues, arguments: { validValues: [a, b, c] }, mustBe: 0, severity: error }] }',
        ],
      });
      const { id } = (await plainPublish(database.pool, folder, { refresh: false })).product;
      await walk(id, join(folder, 'things.csv'), steps);
    }),
    { numRuns: SEQUENCES, seed: propertyConfig().seed, endOnFailure: true },
  );
}, 600_000);

async function walk(
  id: ProductId,
  file: string,
  steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
): Promise<void> {
  const source = new Map<number, Row>();
  const versions: { rows: Rows; watermark: number | null }[] = [];
  let live: number | null = null;
  let clock = 0;
  for (const now of steps) {
    if (now.kind === 'rollback') {
      if (live === null) continue;
      live = Math.max(1, live - now.back);
      await database.pool.query('update weft.products set live_version = $2 where id = $1', [id, live]);
      await expectRows(id, versions);
      continue;
    }
    clock += 1;
    for (const { key, label } of now.changes) source.set(key, { label, at: clock });
    // A row that no rule takes, which the next step takes back.
    if (now.fails) source.set(99, { label: 'x', at: clock });
    await writeFile(file, csv(source));
    const run = await refreshHere(deps, id, undefined, { mayConfirm: true });
    const base = live === null ? null : versions[live - 1]!;
    const rows = merged(base, source);
    const seen = [...source.values()].map(({ at }) => at);
    if ([...source.keys()].length === 0) expect(run.error).toMatchObject({ code: 'SOURCE_INCOMPLETE' });
    else if ([...rows.values()].some(({ label }) => label === 'x'))
      expect(run.error).toMatchObject({ code: 'QUALITY_FAILED' });
    else if (base !== null && isDeepStrictEqual(rows, base.rows)) {
      expect(run).toMatchObject({ phase: 'succeeded', outcome: 'confirmed', datasetVersion: live });
      base.watermark = Math.max(base.watermark ?? 0, ...seen);
    } else {
      expect(run).toMatchObject({ phase: 'succeeded', outcome: 'published', datasetVersion: versions.length + 1 });
      versions.push({ rows, watermark: Math.max(base?.watermark ?? 0, ...seen) });
      live = versions.length;
    }
    if (now.fails) source.set(99, { label: null, at: clock + 1 });
    clock += 1;
    await expectRows(id, versions);
  }
}

function merged(base: { rows: Rows; watermark: number | null } | null, source: Rows): Rows {
  const rows = new Map(base?.rows);
  for (const [key, row] of source) {
    if (base?.watermark != null && row.at < base.watermark) continue;
    if (row.label === null) rows.delete(key);
    else rows.set(key, row);
  }
  return rows;
}

async function expectRows(id: ProductId, versions: readonly { rows: Rows }[]): Promise<void> {
  for (const [index, { rows }] of versions.entries()) {
    const dataset = (await datasetVersion(database.pool, id, index + 1))!;
    const [stored] = Object.values(dataset.tables);
    const found = await database.pool.query<{ id: number; label: string }>(
      `select id, label from ${relationOf(id, stored!, ['id', 'label'] as never)} as version order by id`,
    );
    expect(found.rows).toEqual([...rows].sort(([a], [b]) => a - b).map(([key, { label }]) => ({ id: key, label })));
  }
}

function csv(rows: Rows): string {
  const lines = [...rows].map(([key, { label, at }]) => `${key},${label ?? ''},${at},${label === null}\n`);
  return `id,label,at,gone\n${lines.join('')}`;
}
