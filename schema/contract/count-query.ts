import { loadModule, parseSync, scanSync } from 'libpg-query';
import type { SqlNode } from './sql-walk.ts';

/**
 * The condition under which a query counts rows of `relation`, if that is all it does: of `select count(*) from flights where delay < 0` it is
 * `delay < 0`. So several can be counted in one scan. Null of any other query, and where the condition asks other relations, by which Postgres
 * joins better than it looks up row by row. The query is one that Postgres can read.
 */
export async function countedWhere(sql: string, relation: string): Promise<string | null> {
  await loadModule();
  const [statement] = parseSync(sql).stmts ?? [];
  const select = (statement?.stmt as Readonly<Record<string, SqlNode>> | undefined)?.['SelectStmt'] ?? {};
  const { targetList, fromClause, whereClause, limitOption: _limit, op, ...rest } = select;
  if (op !== 'SETOP_NONE' || Object.keys(rest).length > 0) return null;
  if (!isCountOfRows(targetList) || !isOnly(fromClause, relation)) return null;
  if (whereClause === undefined) return 'true';
  return JSON.stringify(whereClause).includes('"SubLink"') ? null : textOfWhere(sql);
}

function isCountOfRows(targets: unknown): boolean {
  const [target, ...others] = targets as readonly {
    readonly ResTarget?: { readonly val?: { readonly FuncCall?: SqlNode } };
  }[];
  const {
    funcname,
    agg_star: ofRows,
    funcformat: _format,
    location: _location,
    ...rest
  } = target?.ResTarget?.val?.FuncCall ?? {};
  const names = (funcname ?? []) as readonly { readonly String?: { readonly sval?: string } }[];
  const isCount = ofRows === true && names.at(-1)?.String?.sval === 'count';
  return isCount && others.length === 0 && Object.keys(rest).length === 0;
}

function isOnly(from: unknown, relation: string): boolean {
  const [first, ...others] = (from ?? []) as readonly { readonly RangeVar?: SqlNode }[];
  const { relname, alias, schemaname } = first?.RangeVar ?? {};
  return relname === relation && alias === undefined && schemaname === undefined && others.length === 0;
}

/** What stands behind the first WHERE, without comments and semicolons that follow. */
function textOfWhere(sql: string): string {
  const tokens = scanSync(sql).tokens.filter(({ text, tokenName }) => text !== ';' && !tokenName.endsWith('_COMMENT'));
  const where = tokens.find(({ text }) => text.toLowerCase() === 'where');
  return Buffer.from(sql).subarray(where!.end, tokens.at(-1)!.end).toString().trim();
}
