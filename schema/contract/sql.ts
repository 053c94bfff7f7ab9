import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import type { Finding } from '../findings.ts';
import { CATALOG_TYPES, SQL_FUNCTIONS } from './sql-functions.ts';

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

type Node = Readonly<Record<string, unknown>>;

async function check(ask: SqlAsk, sql: string, offset: number, extra?: (select: Node) => boolean): Promise<SqlCheck> {
  const findings: Finding[] = [];
  const relations = new Set<string>();
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
      stmt: stmt as Readonly<Record<string, Node>> | undefined,
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
    else walkSelect(select, new Set(), { allowed: new Set(ask.relations), relations, fault });
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

type Fault = (code: string, message: string, byte: number | null) => void;

interface Walk {
  readonly allowed: ReadonlySet<string>;
  readonly relations: Set<string>;
  readonly fault: Fault;
}

const NODES = new Set(
  `A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BitString BoolExpr Boolean BooleanTest CaseExpr CaseWhen
  CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr Float FuncCall GroupingFunc GroupingSet Integer JoinExpr
  JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior JsonFormat
  JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning
  JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List MinMaxExpr NamedArgExpr
  NullTest RangeFunction RangeSubselect RangeVar ResTarget RowExpr SelectStmt SortBy SQLValueFunction String SubLink TypeCast
  TypeName WindowDef WithClause`.split(/\s+/),
);

/** A SELECT with the names of the CTEs that are in scope; those of its own WITH come to them. */
function walkSelect(select: Node, outer: ReadonlySet<string>, walk: Walk): void {
  const scope = new Set(outer);
  if (select['intoClause'] !== undefined)
    walk.fault('SQL_INTO', 'SELECT … INTO makes a table: only reading is allowed.', locationOf(select['intoClause']));
  if (select['lockingClause'] !== undefined)
    walk.fault('SQL_LOCK', 'FOR UPDATE and FOR SHARE lock rows: only reading is allowed.', null);
  const withClause = select['withClause'] as { ctes?: { CommonTableExpr?: Node }[]; recursive?: boolean } | undefined;
  const tables = (withClause?.ctes ?? []).flatMap(({ CommonTableExpr: table }): Node[] =>
    table === undefined ? [] : [table],
  );
  if (withClause?.recursive === true) for (const table of tables) scope.add(String(table['ctename']));
  for (const table of tables) {
    walkNode(table['ctequery'], scope, walk);
    scope.add(String(table['ctename']));
  }
  for (const [key, value] of Object.entries(select)) {
    if (key === 'withClause' || key === 'intoClause' || key === 'lockingClause') continue;
    // The arms of UNION, INTERSECT and EXCEPT stand without a tag.
    if (key === 'larg' || key === 'rarg') walkSelect(value as Node, scope, walk);
    else walkNode(value, scope, walk);
  }
}

function walkNode(value: unknown, scope: ReadonlySet<string>, walk: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) walkNode(item, scope, walk);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (!/^[A-Z]/.test(key)) {
      if (key === 'typeName' || key === 'returning') checkType(inner as Node, walk);
      walkNode(inner, scope, walk);
      continue;
    }
    if (!NODES.has(key)) {
      walk.fault(
        'SQL_REFUSED',
        `${words(key)} is refused: only one SELECT over declared inputs is allowed.`,
        locationOf(inner),
      );
      continue;
    }
    const node = inner as Node;
    if (key === 'SelectStmt') {
      walkSelect(node, scope, walk);
      continue;
    }
    if (key === 'RangeVar') checkRelation(node, scope, walk);
    else if (key === 'FuncCall') checkFunction(node, walk);
    else if (key === 'A_Expr') checkOperator(node, walk);
    else if (key === 'TypeName') checkType(node, walk);
    walkNode(inner, scope, walk);
  }
}

function checkRelation(node: Node, scope: ReadonlySet<string>, { allowed, relations, fault }: Walk): void {
  const name = String(node['relname']);
  const schema = node['schemaname'];
  if (typeof schema === 'string')
    fault(
      'SQL_SCHEMA',
      `${schema}.${name} is outside: name inputs without a schema (${list(allowed)}).`,
      locationOf(node),
    );
  else if (scope.has(name)) return;
  else if (allowed.has(name)) relations.add(name);
  else
    fault(
      'SQL_RELATION',
      `${name} is no input: there ${allowed.size === 0 ? 'is none' : `are ${list(allowed)}`}. Declare it as an input port.`,
      locationOf(node),
    );
}

function checkFunction(node: Node, { fault }: Walk): void {
  const path = namePath(node['funcname']);
  const name = path.at(-1) ?? '';
  if (path.length > 2 || (path.length === 2 && path[0] !== 'pg_catalog'))
    fault(
      'SQL_FUNCTION',
      `${path.join('.')} is outside: only Postgres' own functions may be called.`,
      locationOf(node),
    );
  else if (!SQL_FUNCTIONS.has(name))
    fault(
      'SQL_FUNCTION',
      `${name}() may not be called: it is not among the functions that answer from their arguments alone.`,
      locationOf(node),
    );
}

function checkOperator(node: Node, { fault }: Walk): void {
  const path = namePath(node['name']);
  if (path.length > 1 && path[0] !== 'pg_catalog')
    fault('SQL_OPERATOR', `The operator ${path.join('.')} is outside.`, locationOf(node));
}

function checkType(node: Node, { fault }: Walk): void {
  const path = namePath(node['names']);
  const name = path.at(-1) ?? '';
  if ((path.length > 1 && path[0] !== 'pg_catalog') || CATALOG_TYPES.has(name) || node['pct_type'] === true)
    fault('SQL_TYPE', `The type ${path.join('.')} may not be used here.`, locationOf(node));
}

/** One bare value from one relation: nothing that would make other rows of it. */
function isExpression(select: Node): boolean {
  const { targetList, fromClause, limitOption: _limit, op, ...rest } = select;
  return (
    Array.isArray(targetList) &&
    targetList.length === 1 &&
    (targetList[0] as { ResTarget?: Node }).ResTarget?.['name'] === undefined &&
    Array.isArray(fromClause) &&
    fromClause.length === 1 &&
    op === 'SETOP_NONE' &&
    Object.keys(rest).length === 0 &&
    !JSON.stringify(targetList).includes('"RowExpr"')
  );
}

function namePath(names: unknown): string[] {
  return Array.isArray(names) ? names.map((name) => (name as { String?: { sval?: string } }).String?.sval ?? '') : [];
}

/** Byte offset of a node; the parser leaves a zero out. */
function locationOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null) return null;
  const { location, rel } = node as { location?: number; rel?: unknown };
  if (rel !== undefined && location === undefined) return locationOf(rel);
  return location === undefined ? 0 : location < 0 ? null : location;
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

function statementName(statement: Node | undefined): string {
  return words(Object.keys(statement ?? {})[0] ?? 'This');
}

function words(node: string): string {
  return node
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

function list(names: ReadonlySet<string>): string {
  return [...names].sort().join(', ');
}
