import type pg from 'pg';
import { isOpen } from '../../schema/contract/classified.ts';
import { FROM, IS_OPEN } from '../../schema/contract/kept-table.ts';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { quoted } from '../../schema/ids.ts';
import { saveQuality } from '../../schema/ledger/quality.ts';
import type { Kept } from './landing.ts';
import type { RefreshPlan } from './plan.ts';
import { impliedFailure, qualityRefusal } from './seal.ts';
import type { RefreshDeps } from './stage.ts';

/**
 * Refuses with QUALITY_FAILED where a value that the contract says is `unique` came in with this run though another row has it: versions
 * lie in one table, so that no constraint can say it.
 */
export async function refuseRepeated(
  deps: RefreshDeps,
  { client, plan }: { client: pg.Client; plan: RefreshPlan },
  object: SchemaObject,
  kept: Kept,
): Promise<void> {
  const table = quoted(kept.schema, kept.table);
  const isNow = (row: string): string =>
    kept.validity === null ? '' : ` and ${row}.${quoted(kept.validity[1])} is null`;
  const isOther = kept.key
    .map((column) => `other.${quoted(column)} is distinct from came.${quoted(column)}`)
    .join(' or ');
  for (const property of object.properties) {
    if (!property.unique || kept.key.includes(property.column) || property.list || property.scalar === 'JSON') continue;
    const value = quoted(property.column);
    const { rows } = await client.query<{ value: string; values: string }>(
      `select left(came.${value}::text, 60) as value, count(*) over () as values
         from ${table} came
        where came.${FROM} = ${kept.version} and came.${IS_OPEN}${isNow('came')}
          and exists (select from ${table} other
                       where other.${value} = came.${value} and other.${IS_OPEN}${isNow('other')} and (${isOther}))
        limit 3`,
    );
    const [first] = rows;
    if (first === undefined) continue;
    const samples = isOpen(property) ? `, such as ${rows.map((row) => JSON.stringify(row.value)).join(', ')}` : '';
    const failed = impliedFailure(object, [property], {
      law: 'unique',
      measured: `${first.values} values more than once${samples}`,
      expected: 'every value once',
    });
    await saveQuality(deps.pool, plan.run.id, [failed]);
    throw qualityRefusal(plan, [failed]);
  }
}
