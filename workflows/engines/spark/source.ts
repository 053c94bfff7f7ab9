import { ENDINGS, type FileFormat, readFileFormat } from '../../../schema/contract/file-format.ts';
import { readObjectPlace } from '../../../schema/contract/file-place.ts';
import { secretNamed } from '../../../schema/contract/secret-reference.ts';
import { Refusal } from '../../../schema/errors.ts';
import { errorFinding } from '../../../schema/findings.ts';
import { contractFile } from '../../refresh/extract.ts';
import type { Landing } from '../../refresh/landing.ts';
import type { RefreshPlan } from '../../refresh/plan.ts';
import { newColumns } from '../../sources/drift.ts';
import { heldFiles } from '../../sources/files/local-files.ts';
import { requireSecret, requireSettings } from '../../sources/files/require-settings.ts';
import { noRow } from '../../sources/no-row.ts';
import type { SourceAsk } from '../../sources/source.ts';
import { SparkError } from './errors.ts';
import type { SparkRelation, SparkSession } from './session.ts';
import { castIn, familiarType, sparkName } from './types.ts';

/** What Spark reads of a source, and what is looked after when it has. */
interface Found {
  readonly label: string;
  readonly paths: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  verify(): Promise<void>;
  close(): Promise<void>;
}

/** A source behind its view. */
export interface SparkSource {
  readonly label: string;
  readonly rowsRead: number;
  readonly rowsRejected: number;
  /** Refuses with SOURCE_INCOMPLETE where it is no longer what it was. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/** The column in which Spark puts a record that it cannot take apart. */
const BROKEN = 'weft__broken';

/** Rows that a refusal tells of. */
const SAMPLES = 3;

/**
 * Makes the view of a source that Spark reads itself: of its rows that hold their contract. Refuses with SOURCE_MISSING,
 * SOURCE_DRIFTED, SOURCE_INCOMPLETE, and ROWS_REJECTED where more rows break it than it tolerates.
 */
export async function sparkSource(
  spark: SparkSession,
  plan: RefreshPlan,
  landing: Landing,
  ask: SourceAsk,
): Promise<SparkSource> {
  const format = requireSettings(ask.server, readFileFormat);
  const found = ask.server.type === 's3' ? objectsOf(ask) : await filesOf(ask, format);
  try {
    const counted = await viewOf(spark, plan, landing, found, format).catch((error: unknown) => {
      throw sourceRefusal(found.label, error);
    });
    return { label: found.label, ...counted, verify: () => found.verify(), close: () => found.close() };
  } catch (error) {
    await found.close();
    throw error;
  }
}

async function viewOf(
  spark: SparkSession,
  plan: RefreshPlan,
  landing: Landing,
  found: Found,
  format: FileFormat,
): Promise<Pick<SparkSource, 'rowsRead' | 'rowsRejected'>> {
  const { object, port } = landing;
  const raw = `weft__${object.view}`;
  await spark.view(raw, relationOf(found, format));
  const seen = await spark.rows<{ col_name: string; data_type: string }>(
    `describe query select * from ${sparkName(raw)}`,
  );
  const isText = format.kind !== 'parquet';
  const columns = seen
    .map(({ col_name: name, data_type: type }) => ({ name, found: isText ? 'string' : type, type: familiarType(type) }))
    // Where a document was found that is none.
    .filter(({ name }) => name !== BROKEN);
  newColumns({ label: found.label, columns, typed: !isText }, object, contractFile(plan, landing));
  if (isText) {
    const schema = [...columns.map(({ name }) => name), BROKEN].map((name) => `${sparkName(name)} STRING`).join(', ');
    await spark.view(raw, relationOf(found, format, schema));
  }
  const checks = object.properties.map((property): Check => {
    const column = sparkName(property.sourceColumn);
    const value = castIn(
      column,
      columns.find(({ name }) => name === property.sourceColumn)?.found ?? 'string',
      property,
    );
    const fits = `(${column} is null or ${value} is not null)`;
    const expected = `${property.pgType}${property.list ? '[]' : ''}`;
    return {
      name: property.name,
      column,
      law: property.required ? `(${column} is not null and ${fits})` : fits,
      says: ` where the contract says ${expected}`,
      sees: `${value} as ${sparkName(property.column)}`,
    };
  });
  if (isText)
    checks.push({
      name: 'the record',
      column: sparkName(BROKEN),
      law: `${sparkName(BROKEN)} is null`,
      says: '',
      sees: null,
    });
  const valid = checks.map(({ law }) => law).join(' and ');
  // Spark refuses a query of nothing but what is broken: its parser would not have looked.
  const [counts] = await spark.rows<{ read: bigint; kept: bigint }>(
    `select count(*) as read, count_if(${valid}) as kept, count(${checks[0]?.column ?? '*'}) as looked from ${sparkName(raw)}`,
  );
  const [rowsRead, kept] = [Number(counts?.read ?? 0), Number(counts?.kept ?? 0)];
  if (rowsRead - kept > rowsRead * port.rejectedShareAllowed) {
    const told = await spark.rows<{ told: string }>(
      `select ${reasonsOf(checks)} as told from ${sparkName(raw)} where not (${valid}) limit ${SAMPLES}`,
    );
    throw rejected(
      { label: found.label, file: contractFile(plan, landing), allowed: port.rejectedShareAllowed },
      { rowsRead, rejected: rowsRead - kept, said: told.map((row) => row.told) },
    );
  }
  if (kept === 0) throw noRow(found.label);
  const values = checks.flatMap(({ sees }) => sees ?? []);
  await spark.view(object.view, { sql: `select ${values.join(', ')} from ${sparkName(raw)} where ${valid}` });
  return { rowsRead, rowsRejected: rowsRead - kept };
}

/** What each value of a column is held against, in Spark's SQL. */
interface Check {
  readonly name: string;
  readonly column: string;
  /** Never null. */
  readonly law: string;
  readonly says: string;
  /** What the view has of it; null where that is nothing. */
  readonly sees: string | null;
}

/** SQL: what is wrong with a row. */
function reasonsOf(checks: readonly Check[]): string {
  const each = checks.map(({ name, column, law, says }) => {
    const value = `coalesce(concat('"', left(cast(${column} as string), 60), '"'), 'nothing')`;
    return `case when not ${law} then concat(${text(`${name} is `)}, ${value}, ${text(says)}) end`;
  });
  return `concat_ws(', ', ${each.join(', ')})`;
}

function rejected(
  { label, file, allowed }: { label: string; file: string; allowed: number },
  { rowsRead, rejected: count, said }: { rowsRead: number; rejected: number; said: readonly string[] },
): Refusal {
  const more = count > said.length ? '; …' : '';
  return new Refusal(
    'ROWS_REJECTED',
    `${count} of ${rowsRead} rows of ${JSON.stringify(label)} break ${file}, which tolerates ${allowed * 100} percent: ${said.join('; ')}${more}.`,
    { findings: said.map((message) => errorFinding('ROW_REJECTED', `${label}: ${message}`, { file })) },
  );
}

/** With a schema, what cannot be taken apart is in a column of its own; without, Spark tells which columns there are. */
function relationOf({ paths, options }: Found, format: FileFormat, schema?: string): SparkRelation {
  const strict = { mode: 'PERMISSIVE', columnNameOfCorruptRecord: BROKEN };
  const of = { ...(schema !== undefined && { schema }), paths };
  if (format.kind === 'csv') {
    const { delimiter, comment } = format.dialect;
    const csv = {
      header: 'true',
      // Each file's header must name the columns, in their order.
      enforceSchema: 'false',
      sep: delimiter,
      quote: '"',
      escape: '"',
      multiLine: 'true',
      // Nothing is null, and "" is the empty text: as long as no text is taken for null.
      nullValue: '\u0001',
      emptyValue: '',
      ...(comment !== null && { comment }),
    };
    return { format: 'csv', options: { ...options, ...strict, ...csv }, ...of };
  }
  if (format.kind === 'json' || format.kind === 'ndjson') {
    const json = { primitivesAsString: 'true', multiLine: String(format.kind === 'json') };
    return { format: 'json', options: { ...options, ...strict, ...json }, ...of };
  }
  return { format: format.kind, options, ...of };
}

/** Files that lie here, and where Spark has the same folders: on this machine, or on a disk that all share. */
async function filesOf(ask: SourceAsk, format: FileFormat): Promise<Found> {
  const held = await heldFiles(ask, ENDINGS[format.kind]);
  return {
    label: held.label,
    paths: held.paths.map((path) => `file://${encodeURI(path)}`),
    options: {},
    verify: () => held.verify(),
    close: () => held.close(),
  };
}

/** Objects of a store, which Spark fetches itself, with the credentials of the contract. */
function objectsOf(ask: SourceAsk): Found {
  const { endpoint, region, bucket, key, credentials } = requireSettings(ask.server, readObjectPlace);
  const path = key.endsWith('/') ? key + (ask.object.physicalName ?? '') : key;
  const secret = (reference: string): string => requireSecret(ask, secretNamed(reference) ?? reference);
  const provider = 'org.apache.hadoop.fs.s3a';
  return {
    label: `s3://${bucket}/${path}`,
    paths: [`s3a://${bucket}/${path}`],
    options: {
      'fs.s3a.endpoint': endpoint,
      'fs.s3a.endpoint.region': region,
      'fs.s3a.path.style.access': 'true',
      ...(credentials === null
        ? { 'fs.s3a.aws.credentials.provider': `${provider}.AnonymousAWSCredentialsProvider` }
        : {
            'fs.s3a.access.key': secret(credentials.accessKeyId),
            'fs.s3a.secret.key': secret(credentials.secretAccessKey),
            ...(credentials.sessionToken === null
              ? { 'fs.s3a.aws.credentials.provider': `${provider}.SimpleAWSCredentialsProvider` }
              : {
                  'fs.s3a.session.token': secret(credentials.sessionToken),
                  'fs.s3a.aws.credentials.provider': `${provider}.TemporaryAWSCredentialsProvider`,
                }),
          }),
    },
    verify: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** What Spark says of files that it cannot find or read. */
function sourceRefusal(label: string, error: unknown): unknown {
  if (!(error instanceof SparkError)) return error;
  const missing = /PATH_NOT_FOUND|FileNotFound|NoSuchKey|NoSuchBucket|does not exist/.test(error.said);
  return new Refusal(
    missing ? 'SOURCE_MISSING' : 'SOURCE_INCOMPLETE',
    `The source ${JSON.stringify(label)} ${missing ? 'is not there for Spark' : 'cannot be read to its end'}: ${error.message}`,
    { cause: error },
  );
}

function text(words: string): string {
  return `'${words.replaceAll('\\', '').replaceAll("'", '’')}'`;
}
