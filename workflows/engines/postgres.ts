import pg from 'pg';
import { Refusal } from '../../schema/errors.ts';
import type { Finding } from '../../schema/findings.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import { domainRole, ensureRole, roleUrl } from '../../schema/ledger/roles.ts';
import type { RefreshPlan } from '../refresh/plan.ts';
import type { RefreshDeps, StageWork } from '../refresh/stage.ts';

/** What a domain's SQL may take; larger and one team's query starves the others, smaller and honest joins fail. */
const LIMITS = {
  statement_timeout: '1h',
  // Of each sort and hash; the rest goes to files.
  work_mem: '64MB',
  jit: 'off',
} as const;

/** Only a superuser may set it: on a server where the platform is none, it is the server's own setting that counts. */
const TEMP_FILE_LIMIT = '20GB';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Runs `work` on a connection that logged in as the domain's role, which sees the run's schema and what was granted of it.
 * Never SET ROLE: the SQL itself could undo that.
 */
export async function asDomain<Result>(
  deps: RefreshDeps,
  { plan, connect, readOnly }: Pick<StageWork, 'plan' | 'connect'> & { readOnly: boolean },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const role = domainRole(plan.product.domain);
  const settings = Object.entries({
    ...LIMITS,
    search_path: plan.schema,
    default_transaction_read_only: readOnly ? 'on' : 'off',
  });
  return connect(
    {
      url: roleUrl(deps.databaseUrl, role),
      settings: settings.map(([name, value]) => `-c ${name}=${value}`).join(' '),
    },
    work,
  );
}

/** Makes the domain's role, with its limit of space, and lets it see the run's schema. Answers its name. */
export async function prepareDomainRole(deps: RefreshDeps, plan: RefreshPlan): Promise<SqlName> {
  const role = domainRole(plan.product.domain);
  await ensureRole(deps.pool, deps.databaseUrl, role);
  await deps.pool
    .query(`alter role ${quoted(role)} set temp_file_limit = '${TEMP_FILE_LIMIT}'`)
    .catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE)) throw error;
    });
  return role;
}

/** The query as it can stand in parentheses: without the semicolon that ends it. */
export function embeddable(sql: string): string {
  return sql.replace(/;(?:\s|--[^\n]*(?:\n|$))*$/, '');
}

/** SQLSTATE classes that are about the SQL and its data; all others are about the server, and may pass. */
const ABOUT_THE_SQL = /^(?:0A|21|22|23|25006|2F|34|42|44|53400|54|57014|P0|2201)/;

/** What Postgres says against a domain's SQL, as a refusal with its place in the file; other errors as they are. */
export function sqlRefusal(
  error: unknown,
  at: { sql: string; prefix: string; file: string | null; what: string },
): unknown {
  if (!(error instanceof pg.DatabaseError) || !ABOUT_THE_SQL.test(error.code ?? '')) return error;
  const place = placeOf(error, at);
  const where = `${at.file ?? at.what}${place === null ? '' : `:${place.line}:${place.column}`}`;
  const reason =
    error.code === '57014'
      ? `it ran longer than ${LIMITS.statement_timeout}`
      : error.code === '53400'
        ? `it needs more than ${TEMP_FILE_LIMIT} of temporary files`
        : error.message;
  const message = `${where}: ${reason} (SQLSTATE ${error.code}).${error.hint === undefined ? '' : ` ${error.hint}`}`;
  const finding: Finding = {
    code: `SQLSTATE_${error.code}`,
    severity: 'error',
    message: reason,
    file: at.file,
    line: place?.line ?? null,
    column: place?.column ?? null,
    path: null,
  };
  const refused = error.code === INSUFFICIENT_PRIVILEGE || error.code === '25006';
  return new Refusal(refused ? 'TRANSFORM_REFUSED' : 'TRANSFORM_FAILED', message, {
    findings: [finding],
    cause: error,
  });
}

function placeOf(
  error: pg.DatabaseError,
  { sql, prefix }: { sql: string; prefix: string },
): { line: number; column: number } | null {
  const offset = Number(error.position ?? 0) - 1 - prefix.length;
  if (offset < 0 || offset > sql.length) return null;
  const lines = sql.slice(0, offset).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
