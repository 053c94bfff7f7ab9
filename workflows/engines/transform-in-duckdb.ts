import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type pg from 'pg';
import { columnList } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { quoted } from '../../schema/ids.ts';
import { saveSourceStates } from '../../schema/ledger/confirm.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import type { StageDetail } from '../refresh/activities.ts';
import { statesOf } from '../refresh/confirm.ts';
import { contractFile, openLanding } from '../refresh/extract.ts';
import type { InputView } from '../refresh/input-views.ts';
import type { Landing } from '../refresh/landing.ts';
import { columnChecks, relationFor, typeFound, validTerm } from '../refresh/landing-select.ts';
import { rowsTold } from '../refresh/rows-told.ts';
import { setAside } from '../refresh/rejects.ts';
import type { RefreshDeps } from '../refresh/stage.ts';
import { summed } from '../refresh/summed.ts';
import { typedCastOf } from '../sources/casts.ts';
import { newColumns } from '../sources/drift.ts';
import { noRow } from '../sources/no-row.ts';
import { ROW_NUMBER } from '../sources/files/row-number.ts';
import { copyInto } from '../sources/postgres-copy.ts';
import type { OpenSource, SourceRows } from '../sources/source.ts';
import { spooledCsv } from '../sources/spool.ts';
import { type Duckdb, identifier, withDuckdb } from './duckdb.ts';
import { duckdbRefusal, RUN_LIMIT_MS } from './duckdb-refusal.ts';
import type { Transformation, TransformedOutput, TransformEngine } from './engine.ts';
import { asDomain } from './postgres.ts';
import { NulByte, seeingNuls, streamInto } from './stream.ts';
import { typedSelect } from './typed-select.ts';

/** What DuckDB does otherwise than Postgres, and need not. */
const AS_POSTGRES = [
  'set integer_division = true',
  `set default_null_order = 'nulls_last_on_asc_first_on_desc'`,
] as const;

/**
 * SQL in a DuckDB of this process: sources are read where they lie, other inputs are streamed to it from Postgres as the domain's role,
 * and what comes of the SQL is streamed into the tables. It sees views of its inputs, and nothing else of this machine.
 */
export const transformInDuckdb: TransformEngine = async (deps, work) => {
  const signal = AbortSignal.any([work.signal, AbortSignal.timeout(RUN_LIMIT_MS)]);
  const { domain } = work.plan.product;
  return seeingNuls((nulsExpected) =>
    withDuckdb({ scratch: deps.scratch, domain, signal, limits: deps.duckdb }, (db) =>
      transformWith(db, deps, { ...work, nulsExpected }),
    ),
  ).catch((error: unknown) => {
    if (!(error instanceof NulByte)) throw error;
    throw new Refusal('TRANSFORM_FAILED', 'The transformation yields a text with a NUL character.', { cause: error });
  });
};

async function transformWith(
  db: Duckdb,
  deps: RefreshDeps,
  work: Transformation & { nulsExpected: boolean },
): Promise<StageDetail> {
  const { plan, client, outputs } = work;
  const opened: ReadSource[] = [];
  try {
    await spoolInputs(db, deps, work);
    for (const landing of plan.landings.filter(({ inPlace }) => inPlace))
      opened.push(await viewOfSource(db, deps, work, landing));
    for (const setting of AS_POSTGRES) await db.rows(setting);
    await db.jail(opened.flatMap(({ rows }) => rows.paths ?? []));
    return await transaction(client, async (trx) => {
      const details: StageDetail[] = [];
      for (const source of opened) details.push(await judgeRows(db, work, source));
      const made: [TransformedOutput, number][] = [];
      for (const output of outputs) {
        const { rows, bytes } = await fill(db, deps, work, output, opened);
        made.push([output, rows]);
        details.push({ bytesStreamed: bytes });
      }
      for (const { rows } of opened) await rows.verify();
      const told = opened.map(({ landing, rows }) => ({ landing, state: rows.state?.() ?? null }));
      await saveSourceStates(trx, plan.run.id, statesOf(told));
      return { ...summed(details), ...rowsTold('rowsMade', made) };
    });
  } finally {
    for (const { source } of opened) await source.close();
  }
}

/** Brings inputs that lie in Postgres into files of DuckDB's own folder, as the domain's role and reading only. */
async function spoolInputs(
  db: Duckdb,
  deps: RefreshDeps,
  { plan, connect, inputs }: Pick<Transformation, 'plan' | 'connect' | 'inputs'>,
): Promise<void> {
  if (inputs.length === 0) return;
  await asDomain(deps, { plan, connect, readOnly: true }, async (domain) => {
    for (const input of inputs) await spoolInput(db, domain, input);
  });
}

async function spoolInput(db: Duckdb, domain: pg.Client, { view, properties }: InputView): Promise<void> {
  const file = join(db.folder, `${randomUUID()}.csv`);
  // Lists come as JSON, whose text DuckDB reads as lists of its own.
  const values = properties.map(({ column, list }) => (list ? `to_json(${quoted(column)}::text[])` : quoted(column)));
  await copyInto(domain, `select ${['0', ...values].join(', ')} from ${quoted(view)}`, { file, flags: 'w' });
  const columns = properties.map(({ column, list }) => ({ name: column, type: list ? 'JSON' : 'VARCHAR' }));
  const typed = properties.map((property, index) => {
    const { name, type } = columns[index]!;
    return `${typedCastOf(name, type, property).value} as ${identifier(name)}`;
  });
  await db.rows(
    `create view ${identifier(view)} as select ${typed.join(', ')} from ${spooledCsv(file, columns).relation}`,
  );
}

/** A source that is read in place, behind its view. */
interface ReadSource {
  readonly landing: Landing;
  readonly source: OpenSource;
  readonly rows: SourceRows;
  readonly checks: ReturnType<typeof columnChecks>;
}

/** A view of the rows that hold their contract, under the names that the SQL knows. */
async function viewOfSource(
  db: Duckdb,
  deps: RefreshDeps,
  { plan, signal, nulsExpected }: Pick<Transformation, 'plan' | 'signal'> & { nulsExpected: boolean },
  landing: Landing,
): Promise<ReadSource> {
  const source = await openLanding(deps, { plan, signal }, landing, { db, since: null });
  try {
    newColumns(source, landing.object, contractFile(plan, landing));
    const rows = await source.read();
    const checks = columnChecks(source.columns, landing, { nulsExpected });
    const valid = checks.flatMap(validTerm);
    const values = landing.object.properties.map((property) => {
      const { column, sourceColumn } = property;
      const found = typeFound(source.columns, property);
      const value = sourceColumn === ROW_NUMBER ? 'weft_row' : typedCastOf(sourceColumn, found, property).value;
      return `${value} as ${identifier(column)}`;
    });
    await db.rows(
      `create view ${identifier(landing.object.view)} as
         select ${values.join(', ')} from ${relationFor(rows, landing)}${valid.length === 0 ? '' : ` where ${valid.join(' and ')}`}`,
    );
    return { landing, source, rows, checks };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Counts what of a source holds its contract, and sets aside what does not, as a landing does. */
async function judgeRows(
  db: Duckdb,
  { plan, client }: Pick<Transformation, 'plan' | 'client'>,
  { landing, source, rows, checks }: ReadSource,
): Promise<StageDetail> {
  const valid = checks.flatMap(validTerm);
  const kept = valid.length === 0 ? '' : ` filter (where ${valid.join(' and ')})`;
  const [counted] = await db
    .rows<{ read: string; kept: string }>(
      `select count(*) as read, count(*)${kept} as kept from ${relationFor(rows, landing)}`,
    )
    .catch((error: unknown) => {
      throw duckdbRefusal(error, { source: source.label });
    });
  const rowsKept = Number(counted!.kept);
  const leftOut = Number(counted!.read) - rowsKept;
  const rejected = await setAside({ db, client, plan }, { source, rows }, landing, { rowsKept, leftOut, checks });
  if (rowsKept === 0) throw noRow(source.label);
  return { rowsRead: rowsKept + rejected, rowsRejected: rejected };
}

async function fill(
  db: Duckdb,
  deps: RefreshDeps,
  { plan, client }: Pick<Transformation, 'plan' | 'client'>,
  { object, table, source }: TransformedOutput,
  opened: readonly ReadSource[],
): Promise<{ rows: number; bytes: number }> {
  const at = { sql: source, what: object.name, source: opened[0]?.source.label ?? null };
  const said = (error: unknown): never => {
    throw duckdbRefusal(error, at);
  };
  const columns = await db.columns(`(\n${source.sql}\n)`).catch(said);
  const target = quoted(plan.schema, table);
  // In a transaction of its own making, rows need no second look.
  await client.query(`truncate ${target}`);
  return streamInto(db, typedSelect(object, source, columns), {
    client,
    copy: `copy ${target} (${columnList(object.properties)}) from stdin (format csv, freeze true)`,
    onBytes: () => deps.crash('transform:copying'),
  }).catch(said);
}
