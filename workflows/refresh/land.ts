import type pg from 'pg';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import { quoted } from '../../schema/ids.ts';
import { saveSourceStates } from '../../schema/ledger/confirm.ts';
import { type Transaction, transaction } from '../../schema/ledger/connect.ts';
import { type Duckdb, withDuckdb } from '../engines/duckdb.ts';
import { seeingNuls, streamInto } from '../engines/stream.ts';
import { newColumns } from '../sources/drift.ts';
import { asIncomplete } from '../sources/files/incomplete.ts';
import { noRow } from '../sources/no-row.ts';
import type { Since, SourceRows } from '../sources/source.ts';
import type { StageDetail } from './activities.ts';
import { changesNothing, confirm, confirmable, type Landed, statesOf } from './confirm.ts';
import { contractFile, openLanding } from './extract.ts';
import { countLeftOut, goneSelect, landingSelect, leftOut } from './landing-select.ts';
import { landingPosition, landingSince, rowsSince } from './landing-since.ts';
import { merge } from './merge.ts';
import { DELETED, type Landing } from './landing.ts';
import { landSlices } from './land-slices.ts';
import { createLandingTable, SLICE } from './landing-table.ts';
import type { LandingPlace, RefreshPlan } from './plan.ts';
import { setAside } from './rejects.ts';
import { seal } from './seal.ts';
import { summed } from './summed.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/**
 * Streams the sources' rows into the run's schema, each value checked against its type. Rows that break the contract are set
 * aside with their reason; refuses with ROWS_REJECTED where they are more than it tolerates, and with SOURCE_INCOMPLETE or
 * SOURCE_DRIFTED where reading shows it. Where that changes nothing of what is kept, it is the run's end. One transaction: all tables
 * are there, or none.
 */
export async function land(deps: RefreshDeps, work: StageWork): Promise<StageDetail> {
  const { plan, client, signal, end } = work;
  const schema = quoted(plan.schema);
  const landings = plan.landings.filter(({ inPlace }) => !inPlace);
  if (landings.length === 0)
    return transaction(client, async (trx) => {
      await trx.query(`create schema if not exists ${schema}`);
      return end(trx, { rowsLanded: 0 });
    });
  return landingIn(deps, { plan, client, signal }, async (trx, db, nulsExpected) => {
    await trx.query(`drop schema if exists ${schema} cascade`);
    await trx.query(`create schema ${schema}`);
    // Key and indexes of millions of rows are sorted in memory; a few loads at a time do so.
    await trx.query(`set local maintenance_work_mem = '256MB'`);
    // What was written goes to the disk while rows come: else the commit waits for all of it.
    await trx.query(`set local backend_flush_after = '2MB'`);
    const landed: Landed[] = [];
    for (const landing of landings) {
      const sliced = await landSlices(deps, { plan, client, trx }, landing);
      landed.push(
        sliced === null
          ? await landOne(deps, { ...work, trx }, landing, db, nulsExpected)
          : { landing, detail: sliced, state: null },
      );
    }
    const detail = summed(landed.map((one) => one.detail));
    await saveSourceStates(trx, plan.run.id, statesOf(landed));
    const same = landed.length === plan.landings.length ? await confirmable(trx, plan) : null;
    const confirmed = same !== null && changesNothing(landed, same) ? await confirm(trx, plan, same) : null;
    return end(trx, confirmed === null ? detail : { ...detail, confirmed });
  });
}

/** The transaction of a landing. */
export async function landingIn<Result>(
  deps: RefreshDeps,
  { plan, client, signal }: { plan: LandingPlace; client: pg.Client; signal: AbortSignal },
  story: (trx: Transaction, db: Duckdb, nulsExpected: boolean) => Promise<Result>,
): Promise<Result> {
  return withDuckdb({ scratch: deps.scratch, domain: plan.product.domain, signal }, (db) =>
    seeingNuls((nulsExpected) => transaction(client, (trx) => story(trx, db, nulsExpected))),
  );
}

async function landOne(
  deps: RefreshDeps,
  { plan, client, trx, signal }: StageWork & { trx: Transaction },
  landing: Landing,
  db: Duckdb,
  nulsExpected: boolean,
): Promise<Landed> {
  const since = await landingSince(client, landing);
  await client.query(createLandingTable(plan.schema, landing));
  let state: string | null = null;
  const detail = await readLanding(
    deps,
    { plan, client, signal },
    landing,
    { db, since, nulsExpected },
    async (read, counted) => {
      await landGone(db, client, plan, landing, read);
      const merged =
        landing.kept === null
          ? {}
          : await merge(deps, { client, trx, plan }, { landing, kept: landing.kept, rows: read });
      if (landing.kept === null && landing.straight !== null)
        await seal(deps, { client, plan }, { object: landing.straight, table: landing.table });
      else if (landing.kept === null) await client.query(`analyze ${quoted(plan.schema, landing.table)}`);
      state = read.state?.() ?? null;
      return { ...counted, ...merged };
    },
  );
  return { landing, detail, state };
}

/**
 * Streams the rows of a source into its table, in a transaction; `slice` is the value of a column more. What breaks the contract is set
 * aside. `then` may go on with what was read, as long as the source is open.
 */
export async function readLanding(
  deps: RefreshDeps,
  { plan, client, signal }: { plan: LandingPlace; client: pg.Client; signal: AbortSignal },
  landing: Landing,
  {
    db,
    since,
    nulsExpected,
    slice = null,
  }: { db: Duckdb; since: Since | null; nulsExpected: boolean; slice?: number | null },
  then: (read: SourceRows, counted: StageDetail) => Promise<StageDetail>,
): Promise<StageDetail> {
  const source = await openLanding(deps, { plan, signal }, landing, { db, since });
  try {
    newColumns(source, landing.object, contractFile(plan, landing));
    const read = await source.read();
    const rows = since === null ? read : rowsSince(read, since, landing);
    const select = landingSelect(source, rows, landing, { nulsExpected });
    const columns = [...landing.columns.map(({ column }) => column), ...(slice === null ? [] : [SLICE])]
      .map((column) => quoted(column))
      .join(', ');
    await countLeftOut(db);
    const streamed = await streamInto(db, slice === null ? select.query : `select *, ${slice} from (${select.query})`, {
      client,
      // Frozen are rows of a table that the transaction has made.
      copy: `copy ${quoted(plan.schema, landing.table)} (${columns}) from stdin (format csv${slice === null ? ', freeze true' : ''})`,
      onBytes: () => deps.crash('land:copying'),
    }).catch((error: unknown) => {
      throw fromPostgres(error) ? asRejected(source.label, error) : asIncomplete(source.label, error);
    });
    const rejected = await setAside({ db, client, plan }, { source, rows }, landing, {
      rowsKept: streamed.rows,
      leftOut: await leftOut(db),
      checks: select.checks,
    });
    await rows.verify();
    // Nothing has changed since the last time: that is an answer, where all was to be read it is none.
    if (streamed.rows === 0 && since === null && landingPosition(landing) === null) throw noRow(source.label);
    return await then(read, {
      rowsRead: streamed.rows + rejected,
      rowsLanded: streamed.rows,
      rowsRejected: rejected,
      bytesStreamed: streamed.bytes,
    });
  } finally {
    await source.close();
  }
}

/** Brings the keys of rows that are gone into the table, marked. */
async function landGone(
  db: Duckdb,
  client: pg.Client,
  plan: RefreshPlan,
  landing: Landing,
  { gone }: SourceRows,
): Promise<void> {
  if (gone === undefined || landing.kept === null) return;
  const columns = [...landing.kept.key, DELETED].map((column) => quoted(column)).join(', ');
  await streamInto(db, goneSelect(landing, gone), {
    client,
    copy: `copy ${quoted(plan.schema, landing.table)} (${columns}) from stdin (format csv)`,
  });
}

/** Errors of the server have an SQLSTATE: they are not about the file. */
function fromPostgres(error: unknown): error is pg.DatabaseError {
  return typeof error === 'object' && error !== null && 'severity' in error;
}

/** SQLSTATEs by which Postgres cannot hold a value, all checks before it notwithstanding: data exceptions, and a nesting that is too deep. */
const ABOUT_A_VALUE = /^(?:22|54001)/;

function asRejected(label: string, error: pg.DatabaseError): unknown {
  if (!ABOUT_A_VALUE.test(error.code ?? '')) return error;
  const column = /, column (.*)$/s.exec(error.where ?? '')?.[1];
  const message = `${JSON.stringify(label)} has a value that Postgres cannot hold${column === undefined ? '' : `, in the column ${column.slice(0, 200)}`}: ${error.message} (SQLSTATE ${error.code}).`;
  return new Refusal('ROWS_REJECTED', message, { findings: [errorFinding('ROW_REJECTED', message)], cause: error });
}
