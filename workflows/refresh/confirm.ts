import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fillPlaceholders } from '../../schema/contract/sql.ts';
import { asksTheClock } from '../../schema/contract/sql-clock.ts';
import { confirmVersion, sameAgain, type SameAgain } from '../../schema/ledger/confirm.ts';
import type { Queryable, Transaction } from '../../schema/ledger/connect.ts';
import { succeedRun } from '../../schema/ledger/runs.ts';
import { judgePunctuality } from '../../schema/ledger/slos.ts';
import { isStill } from '../sources/open-source.ts';
import type { SourceAsk } from '../sources/source.ts';
import type { StageDetail } from './activities.ts';
import type { Landing } from './landing.ts';
import { outputSql } from './output-sql.ts';
import type { RefreshPlan } from './plan.ts';
import { noticeLate } from './publish.ts';
import type { RefreshDeps } from './stage.ts';

/** The live version, where all but the sources is as it was when it was made, and what makes and judges it does not ask for the time. */
export async function confirmable(db: Queryable, plan: RefreshPlan): Promise<SameAgain | null> {
  const same = await sameAgain(db, plan.run);
  if (same === null) return null;
  for (const sql of sqlOf(plan)) if (await asksTheClock(sql)) return null;
  return same;
}

function sqlOf(plan: RefreshPlan): string[] {
  const made = plan.outputs.filter(({ straight }) => !straight).map(({ object }) => outputSql(plan, object).sql);
  const judged = plan.outputs.flatMap(({ object }) =>
    object.quality.flatMap(({ query }) =>
      // Which column is meant matters to nobody who looks for clocks.
      query === null ? [] : [fillPlaceholders(query, { object: object.table, property: object.table })],
    ),
  );
  return [...made, ...judged];
}

/** True where every source says that it is as it was, without being read. What cannot be asked is not known to be. */
export async function isAsBefore(
  { scratch }: Pick<RefreshDeps, 'scratch'>,
  asks: readonly SourceAsk[],
  { sourceStates }: SameAgain,
): Promise<boolean> {
  const told = asks.flatMap((ask) => {
    const state = sourceStates[ask.object.view];
    return state === undefined ? [] : [{ ask, state }];
  });
  if (told.length < asks.length) return false;
  const folder = await mkdtemp(join(scratch, 'states-'));
  try {
    for (const { ask, state } of told) if (!(await isStill(ask, state, folder))) return false;
    return true;
  } catch (error) {
    // Why one cannot be asked, reading it will tell.
    if (asks.some(({ signal }) => signal.aborted)) throw error;
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What came of reading a source: what it changed, and the state that it told. */
export interface Landed {
  readonly landing: Landing;
  readonly detail: StageDetail;
  readonly state: string | null;
}

/** What a merge counts that makes another version of what is kept. */
const CHANGES = ['rowsNew', 'rowsChanged', 'rowsGone'] as const;

/** True where nothing that was read changes what the live version was made of. */
export function changesNothing(landed: readonly Landed[], { version, sourceStates }: SameAgain): boolean {
  return landed.every(
    ({ landing: { object, kept }, detail, state }) =>
      (state !== null && state === sourceStates[object.view]) ||
      (kept?.base?.version === version && CHANGES.every((count) => (detail[count] ?? 0) === 0)),
  );
}

/** The states that sources told, by their objects' views. */
export function statesOf(read: readonly Pick<Landed, 'landing' | 'state'>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    read.flatMap(({ landing, state }) => (state === null ? [] : [[landing.object.view, state]])),
  );
}

/**
 * Ends the run well without a version: the live one is what there is, and as fresh as a new one. In the transaction of the stage; the
 * version that was confirmed, or null where another one is live by now, and the run goes on.
 */
export async function confirm(trx: Transaction, plan: RefreshPlan, same: SameAgain): Promise<number | null> {
  const { run, product } = plan;
  await noticeLate(trx, product.id);
  if (!(await confirmVersion(trx, run, same))) return null;
  await judgePunctuality(trx, product);
  await succeedRun(trx, run.id, same.version, 'confirmed');
  return same.version;
}
