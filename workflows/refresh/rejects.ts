import type pg from 'pg';
import { isOpen } from '../../schema/contract/classified.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import { type Duckdb, literal } from '../engines/duckdb.ts';
import { streamInto } from '../engines/stream.ts';
import { drifted } from '../sources/drift.ts';
import type { BrokenLine, OpenSource, SourceRows } from '../sources/source.ts';
import { contractFile } from './extract.ts';
import { type ColumnCheck, numberedRelation, validTerm } from './landing-select.ts';
import type { Landing } from './landing.ts';
import type { LandingPlace } from './plan.ts';

/** Where rows that break the contract are set aside, in the run's schema. No object has such a name: `sqlName` makes no two underscores. */
const REJECTS = 'weft__rejects' as SqlName;

/** Longest part of a value that is kept: enough to find it by, and no gigabyte. */
const VALUE_LETTERS = 200;

/** Findings that a refusal names. */
const FINDINGS = 10;

interface Rejection {
  readonly row: number | null;
  readonly line: number | null;
  readonly property: string | null;
  readonly value: string | null;
  readonly expected: string;
}

/**
 * Sets aside what of a source broke its contract: lines that are no rows, and rows that were left out. Answers how many. Refuses with
 * SOURCE_INCOMPLETE where the file breaks off, and as `keepRejects` does.
 */
export async function setAside(
  { db, client, plan }: { db: Duckdb; client: pg.Client; plan: LandingPlace },
  { source, rows }: { source: OpenSource; rows: SourceRows },
  landing: Landing,
  seen: { rowsKept: number; leftOut: number; checks: readonly ColumnCheck[] },
): Promise<number> {
  const brokenLines = await rows.brokenLines();
  const cut = brokenLines.find((line) => line.cut);
  if (cut !== undefined)
    throw new Refusal(
      'SOURCE_INCOMPLETE',
      `The source file ${JSON.stringify(source.label)} breaks off in line ${cut.line}: ${cut.reason} ${JSON.stringify(cut.text.slice(0, 80))}`,
    );
  const rejected = seen.leftOut + brokenLines.length;
  if (rejected > 0)
    await keepRejects(
      { db, client },
      {
        source,
        rows,
        landing,
        plan,
        brokenLines,
        rejected,
        rowsRead: seen.rowsKept + rejected,
        checks: seen.checks,
      },
    );
  return rejected;
}

/**
 * Reads the source a second time for the rows that were left out, and keeps each with its reason. Refuses with ROWS_REJECTED
 * where they are a larger share than the contract tolerates, with SOURCE_DRIFTED where a column holds no value of its type.
 */
async function keepRejects(
  { db, client }: { db: Duckdb; client: pg.Client },
  found: {
    source: OpenSource;
    rows: SourceRows;
    landing: Landing;
    plan: LandingPlace;
    brokenLines: readonly BrokenLine[];
    rejected: number;
    rowsRead: number;
    checks: readonly ColumnCheck[];
  },
): Promise<void> {
  const { source, landing, plan, rejected, rowsRead } = found;
  const checks = found.checks.filter((check) => validTerm(check).length > 0);
  const retyped = await retypedColumns(db, found.rows, checks);
  if (retyped.length > 0) throw drifted(source.label, landing.object, contractFile(plan, landing), retyped);

  await createRejects(client, plan);
  const table = quoted(plan.schema, REJECTS);
  for (const { line, text, reason } of found.brokenLines)
    await client.query(`insert into ${table} (object, line, value, expected) values ($1, $2, $3, $4)`, [
      landing.object.name,
      line,
      text.replaceAll('\0', '').slice(0, VALUE_LETTERS),
      reason.replaceAll('\0', ''),
    ]);
  if (checks.length > 0)
    await streamInto(db, reasons(found.rows, landing, checks), {
      client,
      copy: `copy ${table} (object, "row", property, value, expected) from stdin (format csv)`,
    });

  const allowed = landing.port.rejectedShareAllowed;
  if (rejected / Math.max(rowsRead, 1) <= allowed) return;
  const { rows } = await client.query<Rejection>(
    `select "row"::int, line::int, property, value, expected from ${table} where object = $1 order by line nulls last, "row" limit ${FINDINGS}`,
    [landing.object.name],
  );
  throw refusal(source, landing, plan, { rejected, rowsRead, allowed, rows });
}

/** The table that they are kept in, where it is not there yet. */
export async function createRejects(client: pg.Client, { schema }: Pick<LandingPlace, 'schema'>): Promise<void> {
  await client.query(
    `create table if not exists ${quoted(schema, REJECTS)}
       (object text, "row" bigint, line bigint, property text, value text, expected text)`,
  );
}

/** Columns of text in which no value of all is of its type: not rows are wrong then, but the column. */
async function retypedColumns(db: Duckdb, source: SourceRows, checks: readonly ColumnCheck[]): Promise<string[]> {
  const typed = checks.filter(({ fits }) => fits !== null);
  if (typed.length === 0) return [];
  const counts = typed.map(
    ({ column, fits }, index) =>
      `count(*) filter (where ${column} is not null and not coalesce(${fits!}, false)) as b${index}, count(${column}) as n${index}, any_value(left(${column}::varchar, 40)) as v${index}`,
  );
  const [row] = await db.rows<Record<string, string | null>>(`select ${counts.join(', ')} from ${source.relation}`);
  return typed.flatMap(({ property, expected }, index) => {
    const broken = Number(row?.[`b${index}`] ?? 0);
    // A single row may as well be wrong itself.
    if (broken < 2 || broken < Number(row?.[`n${index}`] ?? 0)) return [];
    return [
      `~ ${property.sourceColumn} holds text such as ${JSON.stringify(row?.[`v${index}`] ?? '')} where the contract says ${expected}`,
    ];
  });
}

function reasons(source: SourceRows, landing: Landing, checks: readonly ColumnCheck[]): string {
  const each = checks.map((check) => {
    const [value, property] = [
      `left(replace(${check.column}::varchar, chr(0), ''), ${VALUE_LETTERS})`,
      literal(check.property.name),
    ];
    const expected = literal(check.required ? `${check.expected}, required` : check.expected);
    return `case when not (${validTerm(check).join(' and ')}) then {'property': ${property}, 'value': ${value}, 'expected': ${expected}} end`;
  });
  return `select ${literal(landing.object.name)}, weft_row, reason.property, reason.value, reason.expected
            from (select weft_row, unnest(list_filter([${each.join(', ')}], lambda reason: reason is not null)) as reason
                    from ${numberedRelation(source)})`;
}

function refusal(
  source: OpenSource,
  landing: Landing,
  plan: LandingPlace,
  found: { rejected: number; rowsRead: number; allowed: number; rows: readonly Rejection[] },
): Refusal {
  const said = found.rows.map((row) => sentence(row, landing));
  return new Refusal(
    'ROWS_REJECTED',
    `${found.rejected} of ${found.rowsRead} rows of ${JSON.stringify(source.label)} break ${contractFile(plan, landing)}, which tolerates ` +
      `${found.allowed * 100} percent: ${said.slice(0, 3).join('; ')}${found.rejected > 3 ? '; …' : ''}.`,
    {
      findings: said.map((message) =>
        errorFinding('ROW_REJECTED', `${source.label}: ${message}`, { file: contractFile(plan, landing) }),
      ),
    },
  );
}

function sentence({ row, line, property, value, expected }: Rejection, { object }: Landing): string {
  if (property === null) return `line ${line ?? '?'} is no row (${expected})`;
  const isShown = object.properties.every((one) => one.name !== property || isOpen(one));
  const found = value === null ? 'nothing' : isShown ? JSON.stringify(value.slice(0, 60)) : 'a value';
  return `row ${(row ?? 0) + 1}: ${property} is ${found} where the contract says ${expected}`;
}
