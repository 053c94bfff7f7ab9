import { hasSqlDetails, loadModule, parseSync } from 'libpg-query';
import { aggregated, type ColumnUse, distinct, indirect, transformed } from './column-uses.ts';
import type { SqlNode } from './sql-walk.ts';

/** A column of a result, and what of the inputs it is made of. */
export interface LineageColumn {
  readonly name: string;
  readonly uses: readonly ColumnUse[];
}

/** What a query makes of its inputs. */
export interface SelectLineage {
  readonly columns: readonly LineageColumn[];
  /** What decides on rows, groups and their order: of the result as a whole. */
  readonly whole: readonly ColumnUse[];
}

/** What may be read: relations with their columns in order, by their names in SQL. */
export type Relations = ReadonlyMap<string, readonly string[]>;

/**
 * From which columns of its relations a SELECT makes each of its own, by Postgres' grammar: through CTEs, joins, subqueries, set
 * operations and expressions. Null where the SQL cannot be read, or has a relation whose columns its text does not tell.
 */
export async function selectLineage(sql: string, relations: Relations): Promise<SelectLineage | null> {
  await loadModule();
  try {
    const statement = parseSync(sql).stmts?.[0]?.stmt as { SelectStmt?: SqlNode } | undefined;
    if (statement?.SelectStmt === undefined) return null;
    const given = new Map([...relations].map(([name, columns]) => [name, asRead(name, columns)] as const));
    const { columns, whole } = select(statement.SelectStmt, {
      tables: given,
      sources: [],
      outer: null,
      windows: new Map(),
    });
    return { columns: columns.map(({ name, uses }) => ({ name, uses: distinct(uses) })), whole: distinct(whole) };
  } catch (error) {
    if (error instanceof Untold || error instanceof RangeError || hasSqlDetails(error)) return null;
    throw error;
  }
}

/** The text does not tell which columns there are. */
class Untold extends Error {}

interface Source extends SelectLineage {
  readonly alias: string;
  /** Columns that `*` has from the other side of a USING already. */
  readonly merged?: ReadonlySet<string>;
}

interface Scope {
  /** CTEs and relations, by name. */
  readonly tables: ReadonlyMap<string, SelectLineage>;
  readonly sources: readonly Source[];
  readonly outer: Scope | null;
  readonly windows: ReadonlyMap<string, SqlNode>;
}

function asRead(relation: string, columns: readonly string[]): SelectLineage {
  const how = { type: 'DIRECT', subtype: 'IDENTITY' } as const;
  return { columns: columns.map((column) => ({ name: column, uses: [{ relation, column, how }] })), whole: [] };
}

/** A SELECT, VALUES, or arms of a set operation. */
function select(node: SqlNode, outer: Scope): SelectLineage {
  const scope = withTables(node, outer);
  if (node['op'] !== undefined && node['op'] !== 'SETOP_NONE') {
    const [left, right] = [select(node['larg'] as SqlNode, scope), select(node['rarg'] as SqlNode, scope)];
    const result = merged(left, right);
    const whole = [...result.whole, ...sorting(node, { ...scope, sources: [] }, result.columns)];
    return { columns: result.columns, whole };
  }
  if (node['valuesLists'] !== undefined) return values(nodes(node['valuesLists']), scope);
  const whole: ColumnUse[] = [];
  const sources: Source[] = [];
  for (const item of nodes(node['fromClause']))
    // LATERAL sees what stands before it.
    sources.push(...from(item, { ...scope, sources: [...sources] }, whole));
  const windows = new Map(
    nodes(node['windowClause']).map((one) => {
      const window = one['WindowDef'] as SqlNode;
      return [String(window['name']), window] as const;
    }),
  );
  // What stands outside is seen through `outer`, which `withTables` made; sources here are this query's own.
  const here: Scope = { tables: scope.tables, sources, outer: scope.outer, windows };
  const columns = nodes(node['targetList']).flatMap((target) => targets(target['ResTarget'] as SqlNode, here));
  whole.push(
    ...sources.flatMap((source) => source.whole),
    ...indirect(uses([node['whereClause'], node['havingClause']], here), 'FILTER'),
    ...indirect(
      nodes(node['groupClause']).flatMap((one) => named(one, here, columns, 'input')),
      'GROUP_BY',
    ),
    ...indirect(
      nodes(node['distinctClause']).flatMap((one) => named(one, here, columns, 'output')),
      'GROUP_BY',
    ),
    ...sorting(node, here, columns),
  );
  return { columns, whole };
}

function withTables(node: SqlNode, outer: Scope): Scope {
  const clause = node['withClause'] as { ctes?: { CommonTableExpr: SqlNode }[]; recursive?: boolean } | undefined;
  const tables = new Map(outer.tables);
  const scope: Scope = { tables, sources: [], outer, windows: new Map() };
  for (const { CommonTableExpr: table } of clause?.ctes ?? []) {
    const name = String(table['ctename']);
    const query = (table['ctequery'] as { SelectStmt?: SqlNode }).SelectStmt;
    if (query === undefined) throw new Untold();
    const aliases = texts(table['aliascolnames']);
    const isRecursive = clause?.recursive === true && query['larg'] !== undefined;
    // The first arm says which columns there are; what the second makes of them is known after a round.
    if (isRecursive) tables.set(name, renamed(select(query['larg'] as SqlNode, withTables(query, scope)), aliases));
    const made = renamed(select(query, scope), aliases);
    tables.set(name, made);
  }
  return scope;
}

function values(lists: readonly SqlNode[], scope: Scope): SelectLineage {
  const rows = lists.map((list) => nodes((list['List'] as SqlNode)['items']));
  const columns = (rows[0] ?? []).map((_, at) => ({
    name: `column${at + 1}`,
    uses: rows.flatMap((row) => transformed(uses(row[at], scope))),
  }));
  return { columns, whole: [] };
}

function from(item: SqlNode, scope: Scope, whole: ColumnUse[]): Source[] {
  const [[tag, body] = ['', {}]] = Object.entries(item) as [string, SqlNode][];
  const { aliasname, colnames } = (body['alias'] ?? {}) as { aliasname?: string; colnames?: unknown };
  const aliases = texts(colnames);
  switch (tag) {
    case 'RangeVar': {
      const name = String(body['relname']);
      const table = body['schemaname'] === undefined ? scope.tables.get(name) : undefined;
      if (table === undefined) throw new Untold();
      return [{ alias: aliasname ?? name, ...renamed(table, aliases) }];
    }
    case 'RangeSubselect': {
      const query = (body['subquery'] as { SelectStmt: SqlNode }).SelectStmt;
      return [{ alias: aliasname ?? '', ...renamed(select(query, scope), aliases) }];
    }
    case 'RangeFunction': {
      const made = transformed(uses(body['functions'], scope));
      const names = aliases.length > 0 ? aliases : aliasname === undefined ? [] : [aliasname];
      if (names.length === 0 || body['coldeflist'] !== undefined) throw new Untold();
      return [{ alias: aliasname ?? '', columns: names.map((name) => ({ name, uses: made })), whole: [] }];
    }
    case 'JoinExpr': {
      const left = from(body['larg'] as SqlNode, scope, whole);
      const right = from(body['rarg'] as SqlNode, { ...scope, sources: [...scope.sources, ...left] }, whole);
      const both = [...left, ...right];
      const has = (sources: readonly Source[], name: string): boolean =>
        sources.some(({ columns }) => columns.some((column) => column.name === name));
      const names = new Set(
        body['isNatural'] === true
          ? left.flatMap(({ columns }) => columns.map(({ name }) => name)).filter((name) => has(right, name))
          : texts(body['usingClause']),
      );
      const compared = both.flatMap(({ columns }) => columns.filter(({ name }) => names.has(name)));
      const inJoin = { ...scope, sources: [...scope.sources, ...both] };
      whole.push(...indirect([...compared.flatMap((column) => column.uses), ...uses(body['quals'], inJoin)], 'JOIN'));
      const sides = [...left, ...right.map((source) => ({ ...source, merged: names }))];
      if (aliasname === undefined) return sides;
      whole.push(...sides.flatMap((source) => source.whole));
      return [{ alias: aliasname, ...renamed({ columns: star(sides), whole: [] }, aliases) }];
    }
    default:
      throw new Untold();
  }
}

/** The columns of a target: one, or all of `*`. */
function targets(target: SqlNode, scope: Scope): LineageColumn[] {
  const value = target['val'] as SqlNode;
  const reference = value['ColumnRef'] as { fields: SqlNode[] } | undefined;
  const last = reference?.fields.at(-1);
  if (last !== undefined && 'A_Star' in last) {
    const [alias] = texts(reference!.fields);
    const found = alias === undefined ? scope.sources : scope.sources.filter((source) => source.alias === alias);
    return alias === undefined ? star(found) : found.flatMap(({ columns }) => columns);
  }
  const name = (target['name'] as string | undefined) ?? nameOf(value);
  return [{ name, uses: reference === undefined ? transformed(uses(value, scope)) : uses(value, scope) }];
}

function star(sources: readonly Source[]): LineageColumn[] {
  return sources.flatMap(({ columns, merged }) => columns.filter(({ name }) => merged?.has(name) !== true));
}

/** What Postgres calls a column without a name of its own. */
function nameOf(value: SqlNode): string {
  const [[tag, body] = ['', {}]] = Object.entries(value) as [string, SqlNode][];
  if (tag === 'ColumnRef') return texts(body['fields']).at(-1) ?? '?column?';
  if (tag === 'FuncCall') return texts(body['funcname']).at(-1) ?? '?column?';
  if (tag === 'TypeCast') {
    const inner = nameOf(body['arg'] as SqlNode);
    return inner === '?column?' ? (texts((body['typeName'] as SqlNode)['names']).at(-1) ?? inner) : inner;
  }
  return { CaseExpr: 'case', CoalesceExpr: 'coalesce' }[tag] ?? '?column?';
}

/** All that an expression uses: of its values directly, of what decides among them indirectly. */
function uses(node: unknown, scope: Scope): ColumnUse[] {
  if (Array.isArray(node)) return node.flatMap((one) => uses(one, scope));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node as Readonly<Record<string, unknown>>).flatMap(([tag, body]) => {
    const inner = body as SqlNode;
    switch (tag) {
      case 'ColumnRef':
        return referred(texts(inner['fields']), scope);
      case 'SubLink':
        return subquery(inner, scope);
      case 'CaseExpr': {
        const whens = nodes(inner['args']).map((one) => one['CaseWhen'] as SqlNode);
        const conditions = uses([inner['arg'], ...whens.map((when) => when['expr'])], scope);
        const results = uses([...whens.map((when) => when['result']), inner['defresult']], scope);
        return [...results, ...indirect(conditions, 'CONDITIONAL')];
      }
      case 'FuncCall':
        return call(inner, scope);
      default:
        return uses(body, scope);
    }
  });
}

function call(node: SqlNode, scope: Scope): ColumnUse[] {
  const made = uses([node['args'], node['agg_within_group'] === true ? node['agg_order'] : undefined], scope);
  const isAggregate = AGGREGATES.test(texts(node['funcname']).at(-1) ?? '') || node['agg_within_group'] === true;
  const over = node['over'] as SqlNode | undefined;
  const window = over === undefined ? [] : windowUses(over, scope);
  return [
    ...(isAggregate ? aggregated(transformed(made)) : transformed(made)),
    ...indirect(uses(node['agg_filter'], scope), 'CONDITIONAL'),
    ...(node['agg_within_group'] === true ? [] : indirect(uses(node['agg_order'], scope), 'SORT')),
    ...indirect(window, 'WINDOW'),
  ];
}

function windowUses(over: SqlNode, scope: Scope): ColumnUse[] {
  const name = (over['name'] ?? over['refname']) as string | undefined;
  const base = name === undefined ? undefined : scope.windows.get(name);
  const own = uses([over['partitionClause'], over['orderClause']], scope);
  return base === undefined || base === over ? own : [...own, ...windowUses(base, scope)];
}

/** The names of Postgres' own: whether a function is an aggregate stands in no text. */
const AGGREGATES =
  /^(count|sum|avg|min|max|any_value|every|(string|array|jsonb?|jsonb?_object|xml|range|range_intersect)_agg|(bool|bit)_(and|or|xor)|(stddev|var)(_pop|_samp)?|variance|corr|covar_(pop|samp)|regr_\w+|mode|percentile_(cont|disc))$/;

/** The value of a subquery goes on; whether it has rows, or a row, decides. */
function subquery(node: SqlNode, scope: Scope): ColumnUse[] {
  const { columns, whole } = select((node['subselect'] as { SelectStmt: SqlNode }).SelectStmt, scope);
  const found = columns.flatMap((column) => column.uses);
  const tested = uses(node['testexpr'], scope);
  const isValue = node['subLinkType'] === 'EXPR_SUBLINK' || node['subLinkType'] === 'ARRAY_SUBLINK';
  return isValue
    ? [...transformed(found), ...whole]
    : [...indirect([...tested, ...(node['subLinkType'] === 'EXISTS_SUBLINK' ? [] : found), ...whole], 'CONDITIONAL')];
}

/** A column by its name, with its source's before it or not; a whole row by its source's. Sources within come before those around. */
function referred(path: readonly string[], scope: Scope): ColumnUse[] {
  const [name, alias] = [path.at(-1)!, path.at(-2)];
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const sources = alias === undefined ? at.sources : at.sources.filter((source) => source.alias === alias);
    const column = sources.flatMap(({ columns }) => columns).find((one) => one.name === name);
    if (column !== undefined) return [...column.uses];
    const row = alias === undefined ? at.sources.find((source) => source.alias === name) : undefined;
    if (row !== undefined) return transformed(row.columns.flatMap((one) => one.uses));
  }
  throw new Untold();
}

function sorting(node: SqlNode, scope: Scope, columns: readonly LineageColumn[]): ColumnUse[] {
  return indirect(
    nodes(node['sortClause']).flatMap((one) =>
      named((one['SortBy'] as SqlNode)['node'] as SqlNode, scope, columns, 'output'),
    ),
    'SORT',
  );
}

/** What GROUP BY, DISTINCT ON and ORDER BY name: an output by its position or name, or an expression. */
function named(
  node: SqlNode,
  scope: Scope,
  columns: readonly LineageColumn[],
  first: 'input' | 'output',
): readonly ColumnUse[] {
  const position = (node['A_Const'] as { ival?: { ival?: number } } | undefined)?.ival?.ival;
  if (position !== undefined) return columns[position - 1]?.uses ?? [];
  const reference = node['ColumnRef'] as { fields: unknown } | undefined;
  const [name, ...rest] = reference === undefined ? [] : texts(reference.fields);
  const output = rest.length > 0 ? undefined : columns.find((column) => column.name === name);
  const isInput = scope.sources.some((source) => source.columns.some((column) => column.name === name));
  return output !== undefined && (first === 'output' || !isInput) ? output.uses : uses(node, scope);
}

function merged(left: SelectLineage, right: SelectLineage): SelectLineage {
  const columns = left.columns.map(({ name, uses: own }, at) => ({
    name,
    uses: [...own, ...(right.columns[at]?.uses ?? [])],
  }));
  return { columns, whole: [...left.whole, ...right.whole] };
}

function renamed({ columns, whole }: SelectLineage, names: readonly string[]): SelectLineage {
  return { columns: columns.map((column, at) => ({ ...column, name: names[at] ?? column.name })), whole };
}

function nodes(list: unknown): SqlNode[] {
  return Array.isArray(list) ? (list as SqlNode[]).filter((one) => Object.keys(one).length > 0) : [];
}

/** The texts of a list of names. */
function texts(list: unknown): string[] {
  return nodes(list).flatMap((one) => {
    const text = (one['String'] as { sval?: string } | undefined)?.sval;
    return text === undefined ? [] : [text];
  });
}
