import pg from 'pg';
import { isOpen } from '../../schema/contract/classified.ts';
import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { tableConstraints, tableIndexes } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import { liveDataset } from '../../schema/ledger/datasets.ts';
import { type QualityResult, saveQuality } from '../../schema/ledger/quality.ts';
import type { RefreshPlan } from './plan.ts';
import type { RefreshDeps } from './stage.ts';

const NOT_NULL_VIOLATION = '23502';
const UNIQUE_VIOLATION = '23505';

/**
 * Gives a loaded table its constraints: NOT NULL, key, unique; and the indexes of its relationships where it will take the place of
 * a version that has them. Refuses with QUALITY_FAILED, naming column and values, where the rows break one. In the transaction of
 * the load.
 */
export async function seal(
  deps: RefreshDeps,
  { client, plan }: { client: pg.Client; plan: RefreshPlan },
  { object, table }: { object: SchemaObject; table: SqlName },
): Promise<void> {
  const at = { schema: plan.schema, table };
  for (const statement of tableConstraints(object, at)) {
    await client.query('savepoint sealing');
    try {
      await client.query(statement);
      await client.query('release savepoint sealing');
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code !== NOT_NULL_VIOLATION && error.code !== UNIQUE_VIOLATION) throw error;
      await client.query('rollback to savepoint sealing');
      const broken = await whatBroke(client, quoted(plan.schema, table), object, error);
      await saveQuality(deps.pool, plan.run.id, broken);
      throw qualityRefusal(plan, broken);
    }
  }
  // The first version goes without, until it is announced: its readers have waited for data, not for speed.
  if ((await liveDataset(deps.pool, plan.product.id)) !== null)
    for (const statement of tableIndexes(object, at)) await client.query(statement);
}

/** The refusal of an audit: every rule that failed, with what was measured and what was expected. */
export function qualityRefusal(plan: RefreshPlan, failed: readonly QualityResult[]): Refusal {
  const said = failed.map(
    ({ rule, measured, expected, description }) =>
      `${rule}: found ${measured ?? 'nothing'}, expected ${expected ?? 'another'}${description === null ? '' : ` (${description})`}`,
  );
  return new Refusal(
    'QUALITY_FAILED',
    `${plan.product.id} breaks ${failed.length === 1 ? 'a rule' : `${failed.length} rules`} of severity error: ${said.join('; ')}. The last good version stays live.`,
    {
      findings: failed.map(({ object, property }, index) =>
        errorFinding('QUALITY_FAILED', said[index]!, {
          file: fileOf(plan, object),
          path: property === null ? object : `${object}.${property}`,
        }),
      ),
    },
  );
}

async function whatBroke(
  client: pg.Client,
  table: string,
  object: SchemaObject,
  error: pg.DatabaseError,
): Promise<QualityResult[]> {
  if (error.code === NOT_NULL_VIOLATION) {
    const required = object.properties.filter(({ required, keyPosition }) => required || keyPosition !== null);
    const { rows } = await client.query<Record<string, string>>(
      `select ${required.map(({ column }, index) => `count(*) filter (where ${quoted(column)} is null) as n${index}`).join(', ')} from ${table}`,
    );
    return required.flatMap((property, index) => {
      const nulls = Number(rows[0]?.[`n${index}`] ?? 0);
      return nulls === 0
        ? []
        : [
            impliedFailure(object, [property], {
              law: 'required',
              measured: `${nulls} rows without a value`,
              expected: 'a value in every row',
            }),
          ];
    });
  }
  const properties = brokenKey(object, error.constraint ?? '');
  const columns = properties.map(({ column }) => quoted(column)).join(', ');
  const { rows } = await client.query<{ value: string; times: string; groups: string }>(
    `select left(concat_ws(', ', ${properties.map(({ column }) => `${quoted(column)}::text`).join(', ')}), 60) as value, count(*) as times,
            count(*) over () as groups
       from ${table} where (${columns}) is not null group by ${columns} having count(*) > 1 order by count(*) desc limit 3`,
  );
  const samples = rows.map(({ value, times }) => `${JSON.stringify(value)} ${times} times`).join(', ');
  const such = properties.every(isOpen) ? `, such as ${samples}` : '';
  const measured = `${rows[0]?.groups ?? 'some'} values more than once${such}`;
  return [impliedFailure(object, properties, { law: 'unique', measured, expected: 'every value once' })];
}

function brokenKey(object: SchemaObject, constraint: string): readonly Property[] {
  if (constraint.endsWith('__key')) return object.key;
  const unique = object.properties.filter(
    (property) => property.unique && constraint.includes(`__${property.column}__`),
  );
  return unique.length === 0 ? object.key : unique.slice(0, 1);
}

/** The failure of what a contract says of properties without a rule: that they have a value, or each value once. */
export function impliedFailure(
  object: SchemaObject,
  properties: readonly Property[],
  { law, measured, expected }: { law: 'required' | 'unique'; measured: string; expected: string },
): QualityResult {
  const names = properties.map(({ name }) => name).join('+');
  return {
    rule: `${object.name}.${names}.${law}`,
    object: object.name,
    property: properties.length === 1 ? properties[0]!.name : null,
    severity: 'error',
    outcome: 'failed',
    measured,
    expected,
    description: null,
    samples: [],
  };
}

function fileOf(plan: RefreshPlan, objectName: string): string | null {
  const object = plan.product.objects.find(({ name }) => name === objectName);
  return object === undefined ? null : (plan.product.files[object.contractId] ?? null);
}
