import type pg from 'pg';
import { createKeptTable, FROM, IS_OPEN, keptIndexes, TO } from '../../schema/contract/kept-table.ts';
import { columnType, tableIndexes } from '../../schema/contract/tables.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import { saveKeptTable } from '../../schema/ledger/kept-tables.ts';
import type { Transaction } from '../../schema/ledger/connect.ts';
import type { SourceRows } from '../sources/source.ts';
import type { StageDetail } from './activities.ts';
import { DELETED, type Kept, type Landing, WATERMARK } from './landing.ts';
import type { RefreshPlan } from './plan.ts';
import { refuseRepeated } from './repeated.ts';
import type { RefreshDeps } from './stage.ts';

/** How the merge of a landing goes on: the statements' parts, as they stand in them. */
interface Merge {
  readonly plan: RefreshPlan;
  readonly kept: Kept;
  /** All rows that there are were read. */
  readonly missingAreGone: boolean;
  /** The kept table, and what was landed: one row a key, once it was sorted out. */
  readonly table: string;
  readonly changes: string;
  /** The kept table's columns that the source fills. */
  readonly filled: readonly SqlName[];
  /** `k` is the row of the key that `c` changes, in the version before. */
  readonly isSame: string;
  /** The time from which on `c` is so; in a history alone. */
  readonly since: string;
}

/**
 * Merges what was landed into its kept table, as the rows of the version that the run makes: readers of other versions see nothing of it,
 * and what an earlier run left that was never published is cleared away first. Records how far it came. In the transaction of the landing.
 */
export async function merge(
  deps: RefreshDeps,
  { client, trx, plan }: { client: pg.Client; trx: Transaction; plan: RefreshPlan },
  { landing, kept, rows }: { landing: Landing; kept: Kept; rows: Pick<SourceRows, 'position' | 'isWhole'> },
): Promise<StageDetail> {
  const work = mergeOf(plan, landing, kept, rows.isWhole === true);
  if (kept.base === null) await client.query(createKeptTable(kept.columns, kept));
  else await goBackTo(client, work, kept.base.version);
  const watermark = rows.position ?? (await newWatermark(client, work));
  const repeated = await keepLast(client, work);
  await client.query(`analyze ${work.changes}`);
  const counted = await MODES[kept.load.mode](client, work);
  if (kept.base === null) await finish(client, landing, kept);
  if (landing.straight !== null) await refuseRepeated(deps, { client, plan }, landing.straight, kept);
  const { name, schema, table, version, base, shape } = kept;
  await saveKeptTable(trx, plan.run.id, {
    name,
    schema,
    table,
    version,
    baseVersion: base?.version ?? null,
    watermark,
    shape,
  });
  return { ...counted, ...(repeated === 0 ? {} : { rowsRepeated: repeated }) };
}

const MODES = { append, merge: mergeRows, cdc: mergeRows, history: mergeHistory } as const;

function mergeOf(plan: RefreshPlan, landing: Landing, kept: Kept, isWhole: boolean): Merge {
  const { watermark } = kept.load;
  const landed = quoted(WATERMARK);
  const at =
    watermark?.pgType === 'timestamptz'
      ? `c.${landed}`
      : watermark?.pgType === 'date'
        ? `(c.${landed}::timestamp at time zone 'UTC')`
        : `'${startOf(plan)}'::timestamptz`;
  return {
    plan,
    kept,
    missingAreGone: isWhole || kept.load.deleted === 'missing',
    table: quoted(kept.schema, kept.table),
    changes: quoted(plan.schema, landing.table),
    filled: landing.columns.map(({ column }) => column).filter((column) => column !== WATERMARK && column !== DELETED),
    isSame: kept.key.map((column) => `k.${quoted(column)} = c.${quoted(column)}`).join(' and '),
    since: at,
  };
}

/** When the run began, by the database's clock, in ISO 8601. */
function startOf({ run }: RefreshPlan): string {
  return (run.startedAt ?? run.requestedAt).toISOString();
}

/**
 * Leaves the rows of version `base` open, and no others: what was made for versions from this run's on is of runs that failed, and after a
 * rollback what later versions changed is taken back, from this run's version on.
 */
async function goBackTo(client: pg.Client, { table, kept }: Merge, base: number): Promise<void> {
  await client.query(`delete from ${table} where ${FROM} >= ${kept.version}`);
  await client.query(`update ${table} set ${TO} = null where ${TO} >= ${kept.version}`);
  if (base === kept.version - 1) return;
  const columns = list(kept.columns.map(({ column }) => column));
  await client.query(`update ${table} set ${TO} = ${kept.version} where ${FROM} > ${base} and ${IS_OPEN}`);
  await client.query(
    `insert into ${table} (${columns}, ${FROM})
     select ${columns}, ${kept.version} from ${table} where ${FROM} <= ${base} and ${TO} > ${base}`,
  );
}

/** The highest that was ever seen, this time among them. */
async function newWatermark(client: pg.Client, { kept: { load, base }, changes }: Merge): Promise<string | null> {
  if (load.watermark === null) return null;
  const { rows } = await client.query<{ highest: string | null }>(
    `select greatest(max(${quoted(WATERMARK)}), $1::${columnType(load.watermark)})::text as highest from ${changes}`,
    [base?.watermark ?? null],
  );
  return rows[0]?.highest ?? null;
}

/** Of several rows of one key, the one with the highest watermark is the row as it is now, else the last one; how many were too much. */
async function keepLast(client: pg.Client, { kept, changes }: Merge): Promise<number> {
  const key = list(kept.key);
  const newest = [...(kept.load.watermark === null ? [] : [`${quoted(WATERMARK)} desc`]), 'ctid desc'].join(', ');
  const { rowCount } = await client.query(
    `delete from ${changes} older
      using (select ctid as at, row_number() over (partition by ${key} order by ${newest}) as nth from ${changes}) ranked
      where older.ctid = ranked.at and ranked.nth > 1`,
  );
  return rowCount ?? 0;
}

/** What has a key that is there already is there already: it was read twice. */
async function append(client: pg.Client, work: Merge): Promise<StageDetail> {
  const { rowCount: known } = await client.query(
    `delete from ${work.changes} c using ${work.table} k where ${work.isSame} and k.${IS_OPEN}`,
  );
  return { rowsNew: await insertChanges(client, work), rowsSame: known ?? 0 };
}

async function mergeRows(client: pg.Client, work: Merge): Promise<StageDetail> {
  const { table, changes, isSame, kept, missingAreGone } = work;
  const missing = missingAreGone
    ? await close(client, work, `not exists (select from ${changes} c where ${isSame})`)
    : 0;
  const same = await dropSame(client, work, '');
  const flagged = `exists (select from ${changes} c where ${isSame} and ${isGone(work)})`;
  const gone = missing + (isMarked(work) ? await close(client, work, flagged) : 0);
  await dropGone(client, work);
  const changed = await close(client, work, `exists (select from ${changes} c where ${isSame})`);
  const inserted = await insertChanges(client, work);
  if (kept.base !== null && inserted + gone > 100_000) await client.query(`analyze ${table}`);
  return { rowsNew: inserted - changed, rowsChanged: changed, rowsGone: gone, rowsSame: same };
}

/**
 * A row that changes is kept as it was, with the time until which it was so, and its change begins at that time: that of a watermark that is
 * one, else of the run. A change from before the row's own begin comes too late, and is left out.
 */
async function mergeHistory(client: pg.Client, work: Merge): Promise<StageDetail> {
  const { table, changes, isSame, kept, plan, since, missingAreGone } = work;
  if (kept.validity === null) throw new Error(`${kept.name} is a history without times.`);
  const [from, to] = kept.validity.map((column) => quoted(column)) as [string, string];
  const isNow = `k.${to} is null`;
  const now = `'${startOf(plan)}'::timestamptz`;
  const columns = list(kept.columns.map(({ column }) => column));
  const endedAt = (time: string): string =>
    kept.columns.map(({ column }) => (quoted(column) === to ? `${time} as ${to}` : `k.${quoted(column)}`)).join(', ');
  // What is over, as it stands from now on. Rows are missing only as long as those that did not change are still among what was read.
  const ended = quoted(plan.schema, `${kept.name.slice(0, 50)}__ended` as SqlName);
  const isMissing = missingAreGone ? `not exists (select from ${changes} c where ${isSame})` : 'false';
  await client.query(
    `create table ${ended} as
     select ${endedAt(now)}, true as weft__gone from ${table} k where k.${IS_OPEN} and ${isNow} and ${isMissing}`,
  );
  const late = await client.query(
    `delete from ${changes} c using ${table} k
      where ${isSame} and k.${IS_OPEN} and ${isNow} and ${since} < k.${from}`,
  );
  const same = await dropSame(client, work, isNow);
  await client.query(
    `insert into ${ended} (${columns}, weft__gone)
     select ${endedAt(since)}, ${isGone(work)} from ${table} k join ${changes} c on ${isSame} where k.${IS_OPEN} and ${isNow}`,
  );
  await close(client, work, `${isNow} and exists (select from ${ended} c where ${isSame})`);
  // A row that changes again at its very begin leaves no trace.
  await client.query(
    `insert into ${table} (${columns}, ${FROM}) select ${columns}, ${kept.version} from ${ended} where ${from} < ${to}`,
  );
  const { rows } = await client.query<{ all: string; gone: string }>(
    `select count(*) as all, count(*) filter (where weft__gone) as gone from ${ended}`,
  );
  await client.query(`drop table ${ended}`);
  const [over, gone] = [Number(rows[0]!.all), Number(rows[0]!.gone)];
  await dropGone(client, work);
  const inserted = await insertChanges(client, work, { column: from, value: since });
  return {
    rowsNew: inserted - (over - gone),
    rowsChanged: over - gone,
    rowsGone: gone,
    rowsSame: same,
    ...((late.rowCount ?? 0) === 0 ? {} : { rowsLate: late.rowCount ?? 0 }),
  };
}

/** Ends rows of the version before: those that began with this very version were never seen. `k` is the row. Answers how many. */
async function close(client: pg.Client, { table, kept }: Merge, where: string): Promise<number> {
  const ended = await client.query(
    `update ${table} k set ${TO} = ${kept.version} where k.${IS_OPEN} and k.${FROM} < ${kept.version} and ${where}`,
  );
  const removed = await client.query(
    `delete from ${table} k where k.${IS_OPEN} and k.${FROM} = ${kept.version} and ${where}`,
  );
  return (ended.rowCount ?? 0) + (removed.rowCount ?? 0);
}

/** Changes that change nothing, as those at a watermark's edge which are read each time; answers how many. */
async function dropSame(client: pg.Client, work: Merge, where: string): Promise<number> {
  const { table, changes, isSame, filled } = work;
  const row = (of: string): string => `(${filled.map((column) => `${of}.${quoted(column)}`).join(', ')})`;
  const { rowCount } = await client.query(
    `delete from ${changes} c using ${table} k
      where ${isSame} and k.${IS_OPEN}${where === '' ? '' : ` and ${where}`}
        and row${row('k')} is not distinct from row${row('c')}${isMarked(work) ? ` and not ${isGone(work)}` : ''}`,
  );
  return rowCount ?? 0;
}

/** Rows that say of themselves that they are gone have done so, and come in no further. */
async function dropGone(client: pg.Client, work: Merge): Promise<void> {
  if (isMarked(work)) await client.query(`delete from ${work.changes} c where ${isGone(work)}`);
}

async function insertChanges(
  client: pg.Client,
  { table, changes, kept, filled }: Merge,
  begin: { column: string; value: string } | null = null,
): Promise<number> {
  const { rowCount } = await client.query(
    `insert into ${table} (${list(filled)}${begin === null ? '' : `, ${begin.column}`}, ${FROM})
     select ${list(filled)}${begin === null ? '' : `, ${begin.value}`}, ${kept.version} from ${changes} c`,
  );
  return rowCount ?? 0;
}

/** A new table is indexed once it is full, and by relationships too where it takes the place of one that is. */
async function finish(client: pg.Client, { straight }: Landing, kept: Kept): Promise<void> {
  const key = [...kept.key, ...(kept.validity?.slice(0, 1) ?? [])];
  const unique = (straight?.properties ?? []).filter(({ unique: once, column }) => once && !key.includes(column));
  for (const statement of keptIndexes(
    key,
    unique.map(({ column }) => column),
    kept,
  ))
    await client.query(statement);
  if (straight !== null && kept.version > 1)
    for (const statement of tableIndexes(straight, kept)) await client.query(statement);
  await client.query(`analyze ${quoted(kept.schema, kept.table)}`);
}

function isMarked({ kept: { load } }: Merge): boolean {
  return load.mode === 'cdc' || (load.deleted !== null && load.deleted !== 'missing');
}

/** True of a change by which its row is gone: a flag that is set, a number that is not 0, a text or time that is there. */
function isGone({ kept: { load } }: Merge): string {
  const flag = `c.${quoted(DELETED)}`;
  if (load.mode === 'cdc') return `coalesce(${flag}, false)`;
  if (load.deleted === null || load.deleted === 'missing') return 'false';
  if (load.deleted.pgType === 'boolean') return `coalesce(${flag}, false)`;
  return /^(integer|bigint|numeric|double)/.test(load.deleted.pgType)
    ? `coalesce(${flag} <> 0, false)`
    : `(${flag} is not null)`;
}

function list(columns: readonly SqlName[]): string {
  return columns.map((column) => quoted(column)).join(', ');
}
