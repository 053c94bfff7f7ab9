import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProductId, productId } from '../../schema/ids.ts';
import type { Pool } from '../../schema/ledger/connect.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { smallProduct } from '../workflows/small-product.ts';

/** How versions come to be: all anew by a transformation, or what came merged into the table that is kept. */
export const KINDS = ['replaced', 'kept'] as const;
export type Kind = (typeof KINDS)[number];

const ROWS = 3_000;
const COLUMNS = [
  '{ name: id, logicalType: integer, required: true, primaryKey: true }',
  '{ name: label, logicalType: string }',
];
/** So many ids are new with each change of a kept product's source; the others are changed once more. */
const STEP = 1_000;

/** A product whose source a test writes, and what an undisturbed refresh makes of it, told by the test itself. */
export interface TrialProduct {
  readonly id: ProductId;
  readonly kind: Kind;
  readonly folder: string;
  /** Changes the source: other labels; of a kept product ids are added and marked as gone too. */
  next(): Promise<void>;
  /** `count checksum` of the rows that it is to have then. */
  expected(): string;
}

/**
 * Publishes `trial/<name>`, of which nothing was refreshed yet; its source, `things.csv` in its folder or what `server` says, comes
 * to be with the first `next`. Its versions go to `destination`, a server of its output.
 */
export async function trialProduct(
  pool: Pool,
  kind: Kind,
  name: string,
  {
    server,
    rejectedShareAllowed,
    destination,
  }: { server?: string; rejectedShareAllowed?: number; destination?: string } = {},
): Promise<TrialProduct> {
  const kept = kind === 'kept';
  const folder = await smallProduct({
    name,
    file: 'things.csv',
    content: null,
    source: kept
      ? [...COLUMNS, '{ name: change, logicalType: integer, required: true }', '{ name: gone, logicalType: boolean }']
      : COLUMNS,
    output: COLUMNS,
    sourceObject: 'things',
    ...(server === undefined ? {} : { server }),
    ...(rejectedShareAllowed === undefined ? {} : { rejectedShareAllowed }),
    quality: ['{ metric: rowCount, mustBeGreaterThan: 0 }'],
    ...(kept
      ? { load: { loadMode: 'merge', watermark: 'change', deletedRows: 'gone' } }
      : { transform: 'select id, upper(label) as label from things' }),
  });
  await plainPublish(pool, folder, {
    refresh: false,
    change: (files) =>
      files.map(({ path, text }) =>
        destination === undefined || path !== `${name}.odcs.yaml`
          ? { path, text }
          : { path, text: text.replace('schema:\n', `servers:\n  - ${destination}\nschema:\n`) },
      ),
  });
  /** As a table of the source's would have them: what is gone is marked. */
  const source = new Map<number, { label: string; change: number; gone: boolean }>();
  let change = 0;
  return {
    id: productId(`trial/${name}`)!,
    kind,
    folder,
    next: async () => {
      change += 1;
      for (let at = 0; at < ROWS; at++) {
        const id = kept ? change * STEP + at : at;
        source.set(id, { label: `thing ${change}`, change, gone: kept && id % 7 === change % 7 });
      }
      const lines = [...source].map(([id, row]) =>
        kept ? `${id},${row.label},${row.change},${row.gone}` : `${id},${row.label}`,
      );
      // At once: a source that is written while it is read is another fault.
      await writeFile(
        join(folder, 'things.new'),
        [kept ? 'id,label,change,gone' : 'id,label', ...lines, ''].join('\n'),
      );
      await rename(join(folder, 'things.new'), join(folder, 'things.csv'));
    },
    expected: () => {
      const rows = [...source].filter(([, { gone }]) => !gone).sort(([a], [b]) => a - b);
      const text = rows.map(([id, { label }]) => `${id} ${kept ? label : label.toUpperCase()}`).join(',');
      return `${rows.length} ${createHash('md5').update(text).digest('hex')}`;
    },
  };
}

/** The same of a relation with `id` and `label`. */
export function summarySql(relation: string): string {
  return `select count(*) || ' ' || md5(coalesce(string_agg(id || ' ' || label, ',' order by id), '')) as seen from ${relation}`;
}
