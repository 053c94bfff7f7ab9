import type pg from 'pg';
import { rowsAsOf } from '../../schema/contract/kept-table.ts';
import type { Property } from '../../schema/contract/model.ts';
import { columnsSeen } from '../../schema/contract/renaming.ts';
import { quoted, type SqlName, sqlName } from '../../schema/ids.ts';
import { relationOf } from '../../schema/ledger/datasets.ts';
import type { RefreshPlan } from './plan.ts';

/** An input that lies in Postgres: a view of the run's schema. */
export interface InputView {
  readonly view: SqlName;
  readonly properties: readonly Property[];
}

/**
 * Makes a view of each declared input that lies in Postgres, in the run's schema, which the role may read: the platform owns them, so
 * that the role needs no right on what lies behind. In the transaction of `client`.
 */
export async function createInputViews(client: pg.Client, plan: RefreshPlan, role: SqlName): Promise<InputView[]> {
  const landed = plan.landings
    .filter(({ straight, inPlace }) => straight === null && !inPlace)
    .map(({ object, table, kept }) => {
      const properties = columnsSeen(object);
      const from =
        kept === null
          ? quoted(plan.schema, table)
          : `${rowsAsOf(quoted(kept.schema, kept.table), kept.version, columnsOf(properties))} as kept`;
      return { view: object.view, properties, from };
    });
  const pinned = plan.inputs.flatMap(({ product, version, objects }) =>
    objects.flatMap(({ name, properties }) => {
      const table = version.tables[name];
      if (table === undefined) return [];
      return [
        { view: sqlName(name), properties, from: `${relationOf(product, table, columnsOf(properties))} as input` },
      ];
    }),
  );
  const views = [...landed, ...pinned];
  for (const { view, properties, from } of views) {
    const columns = columnsOf(properties).map((column) => quoted(column));
    await replaceView(client, plan, role, view, `select ${columns.join(', ')} from ${from}`);
  }
  return views;
}

function columnsOf(properties: readonly Property[]): SqlName[] {
  return properties.map(({ column }) => column);
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
