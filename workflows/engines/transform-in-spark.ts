import { createHash } from 'node:crypto';
import { columnType } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import { quoted } from '../../schema/ids.ts';
import { roleUrl } from '../../schema/ledger/roles.ts';
import { askOf } from '../refresh/extract.ts';
import type { InputView } from '../refresh/input-views.ts';
import { matchedColumns } from '../refresh/matched-columns.ts';
import { rowsTold } from '../refresh/rows-told.ts';
import { applicationName, type RefreshDeps } from '../refresh/stage.ts';
import { boundedType, isAssignable } from '../sources/casts.ts';
import type { Transformation, TransformedOutput, TransformEngine } from './engine.ts';
import { MISFIT, misfitWords } from './typed-select.ts';
import { SparkError } from './spark/errors.ts';
import { type SparkSession, withSpark } from './spark/session.ts';
import { type SparkSource, sparkSource } from './spark/source.ts';
import { familiarType, sparkName, typedOut } from './spark/types.ts';

/** What Spark does otherwise than Postgres, and need not; and what SQL is not to reach. */
const AS_POSTGRES = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.ansi.doubleQuotedIdentifiers': 'true',
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.variable.substitute': 'false',
  // A line is broken or not, whichever columns of it are asked for.
  'spark.sql.csv.parser.columnPruning.enabled': 'false',
  'spark.sql.files.ignoreCorruptFiles': 'false',
  'spark.sql.files.ignoreMissingFiles': 'false',
};

/** Rows that are fetched or written at once: more take memory, fewer take round trips. */
const ROWS_AT_ONCE = '10000';

/**
 * SQL in a Spark cluster: files and objects are read by it where they lie, what lies in Postgres by JDBC, and what comes of the SQL is
 * written by JDBC: all as the domain's role, which may write the output tables of this run alone.
 */
export const transformInSpark: TransformEngine = async (deps, work) => {
  const { plan, client, role, signal, outputs } = work;
  const open = deps.spark(plan.product.domain);
  if (open === null)
    throw new Refusal(
      'ENGINE_MISSING',
      `${plan.product.id} names the engine spark, and this worker knows no Spark: set WEFT_SPARK_REMOTE.`,
    );
  return open.with({ runId: plan.run.id, signal }, (remote) =>
    withSpark(remote, { sessionId: sessionOf(plan.run.id), signal }, async (spark) => {
      // What a former attempt left running is interrupted by now: its last connections go, and what they wrote.
      await client.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1 and usename = $2`,
        [applicationName(plan.run.id, SPARK), role],
      );
      for (const { table } of outputs) {
        const name = quoted(plan.schema, table);
        await client.query(`truncate ${name}`);
        // Spark looks at the columns of what it writes to.
        await client.query(`grant select, insert on ${name} to ${quoted(role)}`);
      }
      await spark.configure(AS_POSTGRES);
      const opened: SparkSource[] = [];
      try {
        for (const input of work.inputs) await viewOfInput(spark, deps, work, input);
        for (const landing of plan.landings.filter(({ inPlace }) => inPlace))
          opened.push(await sparkSource(spark, plan, landing, askOf(deps, { plan, signal }, landing)));
        const made: [TransformedOutput, number][] = [];
        for (const output of outputs) made.push([output, await fill(spark, deps, work, output)]);
        for (const source of opened) await source.verify();
        const sum = (of: (source: SparkSource) => number): number => opened.reduce((total, one) => total + of(one), 0);
        const read =
          opened.length === 0
            ? {}
            : { rowsRead: sum(({ rowsRead }) => rowsRead), rowsRejected: sum(({ rowsRejected }) => rowsRejected) };
        return { ...read, ...rowsTold('rowsMade', made) };
      } finally {
        for (const source of opened) await source.close();
      }
    }),
  );
};

/** What the connections that Spark opens are told by, beside ours; the same for each attempt. */
const SPARK = 'spark';

/** The same for each attempt at a run: so that it finds, and stops, what a former one still does. */
function sessionOf(runId: string): string {
  const digest = createHash('sha256').update(`weft spark ${runId}`).digest('hex');
  return [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join('-'); // prettier-ignore
}

/** Options of Spark's JDBC, for a connection as the domain's role. */
function jdbc(deps: RefreshDeps, { plan, role }: Pick<Transformation, 'plan' | 'role'>): Record<string, string> {
  const { username, password, hostname, port, pathname, searchParams } = new URL(roleUrl(deps.databaseUrl, role));
  const address = deps.sparkDatabase ?? `${hostname}:${port === '' ? '5432' : port}`;
  const parameters = new URLSearchParams({
    ApplicationName: applicationName(plan.run.id, SPARK),
    reWriteBatchedInserts: 'true',
    // Texts become what their columns are: uuid, jsonb, time.
    stringtype: 'unspecified',
  });
  const sslmode = searchParams.get('sslmode');
  if (sslmode !== null) parameters.set('sslmode', sslmode);
  return {
    driver: 'org.postgresql.Driver',
    url: `jdbc:postgresql://${address}${pathname}?${parameters.toString().replaceAll('+', '%20')}`,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** What lies in Postgres, as values that Spark has types for. */
async function viewOfInput(
  spark: SparkSession,
  deps: RefreshDeps,
  work: Transformation,
  { view, properties }: InputView,
): Promise<void> {
  const values = properties.map(({ column, pgType, list }) => {
    const type = ['jsonb', 'uuid', 'time'].includes(pgType) ? 'text' : boundedType(pgType);
    return `${quoted(column)}::${type}${list ? '[]' : ''} as ${quoted(column)}`;
  });
  const dbtable = `(select ${values.join(', ')} from ${quoted(work.plan.schema, view)}) as input`;
  const options = { ...jdbc(deps, work), dbtable, fetchsize: ROWS_AT_ONCE };
  await spark.view(view, { format: 'jdbc', options, paths: [] });
}

async function fill(
  spark: SparkSession,
  deps: RefreshDeps,
  work: Transformation,
  { object, table, source }: TransformedOutput,
): Promise<number> {
  const { plan, client } = work;
  const said = (error: unknown): never => {
    throw sparkRefusal(error, source.file ?? object.name);
  };
  await requireQuotes(spark, source.sql);
  const described = await spark
    .rows<{ col_name: string; data_type: string }>(`describe query ${source.sql}`)
    .catch(said);
  const yielded = described.map(({ col_name: name, data_type: type }) => ({ name, type }));
  const columns = matchedColumns(object, source, yielded, ({ type }, property) =>
    isAssignable(familiarType(type), property),
  );
  const values = columns.map(({ name, type }, index) => {
    const property = object.properties[index]!;
    return `${typedOut(name, type, property, columnType(property))} as ${sparkName(property.column)}`;
  });
  await spark
    .write(`select ${values.join(', ')} from (\n${source.sql}\n) as weft__output`, {
      format: 'jdbc',
      options: { ...jdbc(deps, work), dbtable: quoted(plan.schema, table), batchsize: ROWS_AT_ONCE },
    })
    .catch(said);
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${quoted(plan.schema, table)}`);
  return Number(rows[0]?.count ?? 0);
}

/** Before its version 4 Spark reads 'it''s' as its. */
async function requireQuotes(spark: SparkSession, sql: string): Promise<void> {
  if (!sql.includes("''")) return;
  const [row] = await spark.rows<{ letters: number }>(`select length('a''b') as letters`);
  if (Number(row?.letters) !== 3)
    throw new Refusal(
      'TRANSFORM_REFUSED',
      "This Spark reads '' within a text as nothing: write concat('it', chr(39), 's').",
    );
}

/** SQLSTATE classes that are about the SQL and its data; all others are about the cluster, or about operations that were stopped. */
const ABOUT_THE_SQL = /^(?:0A|21|22|23|2B|38|39|42|54|K0|P0)/;

/** What Spark says against the SQL or its data, as a refusal; other errors as they are. */
function sparkRefusal(error: unknown, what: string): unknown {
  if (!(error instanceof SparkError)) return error;
  const misfit = error.said.includes(MISFIT);
  const fromPostgres = /(?:PSQLException|BatchUpdateException): (?:Batch entry [^]*?: )?ERROR: ([^\n]*)/.exec(
    error.said,
  )?.[1];
  const place = /line (\d+),? pos(?:ition)? (\d+)/.exec(error.said);
  const reason = misfit ? misfitWords(error.said) : (fromPostgres ?? error.message);
  if (!misfit && fromPostgres === undefined && !ABOUT_THE_SQL.test(error.sqlState ?? '')) return error;
  return new Refusal('TRANSFORM_FAILED', `${what}: ${reason}.`, {
    findings: [
      {
        ...errorFinding(`SQLSTATE_${error.sqlState ?? 'P0001'}`, reason, { file: what }),
        line: place === null ? null : Number(place[1]),
      },
    ],
    cause: error,
  });
}
