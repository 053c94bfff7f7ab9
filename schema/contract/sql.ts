import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import type { Finding } from '../findings.ts';
import { DIALECTS, type Engine } from './engines.ts';
import { nodeWords, walkSelect, type Fault, type SqlNode } from './sql-walk.ts';

/** Letters of the longest query that is read; real transformations have some thousands. */
const SQL_LIMIT = 64 * 1024;

export interface SqlCheck {
  /** True where it is one SELECT over declared relations, by allowed functions. */
  readonly allowed: boolean;
  readonly findings: readonly Finding[];
  /** The declared relations that it reads, sorted: its lineage. */
  readonly relations: readonly string[];
}

export interface SqlAsk {
  readonly sql: string;
  /** For findings; null where the SQL stands in a contract. */
  readonly file: string | null;
  /** Path in the document, where it stands in one. */
  readonly path?: string;
  /** Names of the relations that it may read, as they stand in Postgres. */
  readonly relations: readonly string[];
  /** Where it runs; in Postgres, where nothing is said. */
  readonly engine?: Engine;
}

/** Judges a query by Postgres' own grammar: one SELECT that reads declared relations alone, writes nothing, locks nothing, waits for nothing. */
export async function checkSelect(ask: SqlAsk): Promise<SqlCheck> {
  return check(ask, ask.sql, 0);
}

/** Judges an expression over the columns of one relation (`transformLogic`, measures): the same laws, and nothing but a value. */
export async function checkExpression(ask: SqlAsk & { readonly over: string }): Promise<SqlCheck> {
  const before = 'select (\n';
  const result = await check(ask, `${before}${ask.sql}\n) from "${ask.over}"`, before.length, isExpression);
  return { ...result, relations: result.relations.filter((name) => name !== ask.over) };
}

/** Fills the placeholders of ODCS quality queries: `${object}`, `${table}`, `{object}`; `${property}`, `${column}`, `{property}`. */
export function fillPlaceholders(
  query: string,
  names: { readonly object: string; readonly property: string | null },
): string {
  return query
    .replace(/\$?\{\{?\s*(?:object|table|schema_object)\s*\}?\}/gi, () => `"${names.object}"`)
    .replace(/\$?\{\{?\s*(?:property|column)\s*\}?\}/gi, (text) =>
      names.property === null ? text : `"${names.property}"`,
    );
}

async function check(
  ask: SqlAsk,
  sql: string,
  offset: number,
  extra?: (select: SqlNode) => boolean,
): Promise<SqlCheck> {
  const findings: Finding[] = [];
  const relations = new Set<string>();
  const dialect = DIALECTS[ask.engine ?? 'postgres'];
  // Places are those of what the team wrote: of the file, or of the text in its contract, without what was put around it.
  const fault: Fault = (code, message, byte) => {
    const place = byte === null ? null : positionOf(sql, byte, offset);
    findings.push({
      code,
      severity: 'error',
      message,
      file: ask.file,
      line: place?.line ?? null,
      column: place?.column ?? null,
      path: ask.path ?? null,
    });
  };
  const done = (): SqlCheck => ({ allowed: findings.length === 0, findings, relations: [...relations].sort() });
  if (ask.sql.trim() === '') {
    fault('SQL_EMPTY', 'The SQL is empty: write one SELECT.', null);
    return done();
  }
  if (ask.sql.length > SQL_LIMIT || ask.sql.includes('\0')) {
    fault('SQL_TOO_LARGE', `The SQL has ${ask.sql.length} letters (at most ${SQL_LIMIT}, and none of them NUL).`, null);
    return done();
  }
  await loadModule();
  try {
    const statements = (parseSync(sql).stmts ?? []).map(({ stmt, stmt_location: start }) => ({
      // The parser's own types name every statement; here only the tag counts.
      stmt: stmt as Readonly<Record<string, SqlNode>> | undefined,
      start: start ?? 0,
    }));
    const [first, second] = statements;
    const select = first?.stmt?.['SelectStmt'];
    if (first === undefined) fault('SQL_EMPTY', 'The SQL has comments only: write one SELECT.', null);
    else if (second !== undefined)
      fault(
        'SQL_STATEMENTS',
        `There are ${statements.length} statements; one SELECT is allowed.`,
        firstWord(sql, second.start),
      );
    else if (select === undefined)
      fault(
        'SQL_NOT_SELECT',
        `${statementName(first.stmt)} is refused: only one SELECT is allowed.`,
        firstWord(sql, first.start),
      );
    else if (extra !== undefined && !extra(select))
      fault('SQL_NOT_EXPRESSION', 'The SQL must be one value over the columns of its row, not a query.', null);
    else walkSelect(select, new Set(), { allowed: new Set(ask.relations), relations, fault, dialect });
    for (const { pattern, says } of dialect.unread) {
      const at = sql.search(pattern);
      if (at >= 0)
        fault('SQL_REFUSED', `${dialect.name} reads ${says} otherwise.`, Buffer.byteLength(sql.slice(0, at)));
    }
  } catch (error) {
    if (error instanceof RangeError) fault('SQL_TOO_DEEP', 'The SQL nests too deep to be read.', null);
    else if (hasSqlDetails(error) && error.message.startsWith('memory exhausted'))
      fault('SQL_TOO_DEEP', 'The SQL nests too deep to be read.', null);
    else if (hasSqlDetails(error)) {
      const letters = error.sqlDetails?.cursorPosition ?? 0;
      fault('SQL_SYNTAX', `Postgres cannot read the SQL: ${error.message}.`, Buffer.byteLength(sql.slice(0, letters)));
    } else throw error;
  }
  return done();
}

/** One bare value from one relation: nothing that would make other rows of it. */
function isExpression(select: SqlNode): boolean {
  const { targetList, fromClause, limitOption: _limit, op, ...rest } = select;
  return (
    Array.isArray(targetList) &&
    targetList.length === 1 &&
    (targetList[0] as { ResTarget?: SqlNode }).ResTarget?.['name'] === undefined &&
    Array.isArray(fromClause) &&
    fromClause.length === 1 &&
    op === 'SETOP_NONE' &&
    Object.keys(rest).length === 0 &&
    !JSON.stringify(targetList).includes('"RowExpr"')
  );
}

function positionOf(sql: string, byte: number, offset: number): { line: number; column: number } {
  const before = Buffer.from(sql).subarray(0, byte).toString().slice(offset);
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Where a statement's first word stands: its own location may be that of the blanks before it. */
function firstWord(sql: string, start: number): number {
  const rest = Buffer.from(sql).subarray(start).toString();
  return start + Buffer.byteLength(/^(?:\s|--[^\n]*\n?|;)*/.exec(rest)?.[0] ?? '');
}

function statementName(statement: SqlNode | undefined): string {
  return nodeWords(Object.keys(statement ?? {})[0] ?? 'This');
}
