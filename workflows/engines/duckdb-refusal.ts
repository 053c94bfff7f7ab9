import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import type { OutputSql } from '../refresh/output-sql.ts';
import { asIncomplete } from '../sources/files/incomplete.ts';
import { MISFIT, misfitWords } from './typed-select.ts';

/** As long as a domain's SQL may run in Postgres. */
export const RUN_LIMIT_MS = 3_600_000;

/** How DuckDB begins what it says against a query or its data; what is of the machine (IO, INTERNAL) is none of it. */
const ABOUT_THE_SQL =
  /^(?:Parser|Binder|Catalog|Conversion|Out of Range|Out of Memory|Invalid Input|Mismatch Type|Not implemented|Constraint|Permission|Invalid Type|Syntax|Expression|Decimal|Divide by Zero|Sequence|Parameter Not)[A-Za-z ]* Error: /i;

/**
 * What DuckDB says against a domain's SQL, or against a source that it reads, as a refusal with its place in the file; other errors as
 * they are.
 */
export function duckdbRefusal(
  error: unknown,
  { sql = null, what = '', source }: { sql?: OutputSql | null; what?: string; source: string | null },
): unknown {
  const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const file = sql?.file ?? null;
  if (error instanceof Refusal) return error;
  const line = lineOf(message, sql);
  if (message.includes(MISFIT)) return failed(misfitWords(message));
  const [first = ''] = message.split('\n');
  if (sql !== null && ABOUT_THE_SQL.test(message)) return failed(first.slice(0, 500));
  return source === null ? error : asIncomplete(source, error);

  function failed(reason: string): Refusal {
    const place = `${file ?? what}${line === null ? '' : `:${line}`}`;
    return new Refusal('TRANSFORM_FAILED', `${place}: ${reason}.`, {
      findings: [{ ...errorFinding('DUCKDB_ERROR', reason, { file }), line }],
      cause: error,
    });
  }
}

/** `LINE 3: select …` is of the statement, in which one line stands before the SQL. */
function lineOf(message: string, sql: OutputSql | null): number | null {
  const line = Number(/^LINE (\d+):/m.exec(message)?.[1] ?? 0) - 1;
  return sql === null || line < 1 || line > sql.sql.split('\n').length ? null : line;
}
