import { type Dialect, DIALECTS } from './engines.ts';
import { CATALOG_TYPES } from './sql-functions.ts';

/** Says a fault; `byte`: where in the text that was parsed, if that is known. */
export type Fault = (code: string, message: string, byte: number | null) => void;

/** What a query may read, what it was seen to read, and who hears of faults. */
export interface Walk {
  readonly allowed: ReadonlySet<string>;
  readonly relations: Set<string>;
  readonly fault: Fault;
  /** Of the engine that it runs in, where that is not Postgres. */
  readonly dialect?: Dialect;
}

/** A node of Postgres' syntax tree: by tags, which are capital, and attributes. */
export type SqlNode = Readonly<Record<string, unknown>>;

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
export function walkSelect(select: SqlNode, outer: ReadonlySet<string>, walk: Walk): void {
  const scope = new Set(outer);
  if (select['intoClause'] !== undefined)
    walk.fault('SQL_INTO', 'SELECT … INTO makes a table: only reading is allowed.', locationOf(select['intoClause']));
  if (select['lockingClause'] !== undefined)
    walk.fault('SQL_LOCK', 'FOR UPDATE and FOR SHARE lock rows: only reading is allowed.', null);
  const withClause = select['withClause'] as
    { ctes?: { CommonTableExpr?: SqlNode }[]; recursive?: boolean } | undefined;
  const tables = (withClause?.ctes ?? []).flatMap(({ CommonTableExpr: table }): SqlNode[] =>
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
    if (key === 'larg' || key === 'rarg') walkSelect(value as SqlNode, scope, walk);
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
      if (key === 'typeName' || key === 'returning') checkType(inner as SqlNode, walk);
      walkNode(inner, scope, walk);
      continue;
    }
    if (!NODES.has(key)) {
      walk.fault(
        'SQL_REFUSED',
        `${nodeWords(key)} is refused: only one SELECT over declared inputs is allowed.`,
        locationOf(inner),
      );
      continue;
    }
    const node = inner as SqlNode;
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

function checkRelation(node: SqlNode, scope: ReadonlySet<string>, { allowed, relations, fault }: Walk): void {
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

/** Only the engine's own functions, and of these those that are known to be harmless. */
export function checkFunction(
  node: SqlNode,
  { fault, dialect = DIALECTS.postgres }: Pick<Walk, 'fault' | 'dialect'>,
): void {
  const path = namePath(node['funcname']);
  const name = path.at(-1) ?? '';
  if (path.length > 2 || (path.length === 2 && path[0] !== 'pg_catalog'))
    fault(
      'SQL_FUNCTION',
      `${path.join('.')} is outside: only ${dialect.name}'s own functions may be called.`,
      locationOf(node),
    );
  else if (!dialect.functions.has(name))
    fault(
      'SQL_FUNCTION',
      `${name}() may not be called${dialect === DIALECTS.postgres ? '' : ` in ${dialect.name}`}: it is not among the functions that answer from their arguments alone.`,
      locationOf(node),
    );
}

/** Only the engine's own operators, and of these those that mean what they mean in Postgres. */
export function checkOperator(
  node: SqlNode,
  { fault, dialect = DIALECTS.postgres }: Pick<Walk, 'fault' | 'dialect'>,
): void {
  const path = namePath(node['name']);
  if (path.length > 1 && path[0] !== 'pg_catalog')
    fault('SQL_OPERATOR', `The operator ${path.join('.')} is outside.`, locationOf(node));
  // LIKE, IN, BETWEEN and others have a kind of their own.
  else if (/^AEXPR_OP($|_)/.test(String(node['kind'])) && dialect.operators?.has(path.at(-1) ?? '') === false)
    fault(
      'SQL_OPERATOR',
      `The operator ${path.at(-1)} means something else in ${dialect.name}, or nothing: call a function.`,
      locationOf(node),
    );
}

/** Only the engine's own types, without those of Postgres' catalog. */
export function checkType(
  node: SqlNode,
  { fault, dialect = DIALECTS.postgres }: Pick<Walk, 'fault' | 'dialect'>,
): void {
  const path = namePath(node['names']);
  const name = path.at(-1) ?? '';
  if ((path.length > 1 && path[0] !== 'pg_catalog') || CATALOG_TYPES.has(name) || node['pct_type'] === true)
    fault('SQL_TYPE', `The type ${path.join('.')} may not be used here.`, locationOf(node));
  else if (dialect.numericNeedsDigits && name === 'numeric' && node['typmods'] === undefined)
    fault(
      'SQL_TYPE',
      `numeric without digits rounds in ${dialect.name}: say how many, such as numeric(18,2).`,
      locationOf(node),
    );
}

/** The parts of a qualified name: `pg_catalog`, `numeric`. */
export function namePath(names: unknown): string[] {
  return Array.isArray(names) ? names.map((name) => (name as { String?: { sval?: string } }).String?.sval ?? '') : [];
}

/** Byte offset of a node; the parser leaves a zero out. */
export function locationOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null) return null;
  const { location, rel } = node as { location?: number; rel?: unknown };
  if (rel !== undefined && location === undefined) return locationOf(rel);
  return location === undefined ? 0 : location < 0 ? null : location;
}

/** `ParamRef` -> `PARAM REF` */
export function nodeWords(node: string): string {
  return node
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

function list(names: ReadonlySet<string>): string {
  return [...names].sort().join(', ');
}
