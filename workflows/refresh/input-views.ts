import type pg from 'pg';
import { rowsAsOf } from '../../schema/contract/kept-table.ts';
import { quoted, type SqlName, sqlName } from '../../schema/ids.ts';
import { relationOf } from '../../schema/ledger/datasets.ts';
import type { RefreshPlan } from './plan.ts';

/**
 * Makes a view of each declared input in the run's schema, which the role may read: the platform owns them, so that the role
 * needs no right on what lies behind. Answers their names. In the transaction of `client`.
 */
export async function createInputViews(client: pg.Client, plan: RefreshPlan, role: SqlName): Promise<SqlName[]> {
  const landed = plan.landings
    .filter(({ straight }) => straight === null)
    .map(({ object, table, columns, kept }) => {
      const names = (kept?.columns ?? columns).map(({ column }) => column);
      const from =
        kept === null
          ? quoted(plan.schema, table)
          : `${rowsAsOf(quoted(kept.schema, kept.table), kept.version, names)} as kept`;
      return { view: object.view, columns: names, from };
    });
  const pinned = plan.inputs.flatMap(({ product, version, objects }) =>
    objects.flatMap((object) => {
      const table = version.tables[object.name];
      if (table === undefined) return [];
      const columns = object.properties.map(({ column }) => column);
      return [
        {
          view: sqlName(object.name),
          columns,
          from: `${relationOf(product, table, columns)} as input`,
        },
      ];
    }),
  );
  const views = [...landed, ...pinned];
  for (const { view, columns, from } of views)
    await replaceView(
      client,
      plan,
      role,
      view,
      `select ${columns.map((column) => quoted(column)).join(', ')} from ${from}`,
    );
  return views.map(({ view }) => view);
}

/** Makes a view in the run's schema, in place of one that was there, and lets the role read it. */
export async function replaceView(
  client: pg.Client,
  plan: RefreshPlan,
  role: SqlName,
  view: SqlName,
  query: string,
): Promise<void> {
  const name = quoted(plan.schema, view);
  await client.query(`drop view if exists ${name}`);
  await client.query(`create view ${name} as ${query}`);
  await client.query(`grant select on ${name} to ${quoted(role)}`);
}
