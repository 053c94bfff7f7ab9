import { loadModule, parseSync } from 'libpg-query';
import { z } from 'zod';
import type { SqlName } from '../ids.ts';
import type { SourceObject } from './model.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { type PostgresServer, readPostgresServer } from './postgres-server.ts';
import { readTable } from './registered.ts';
import type { Reporter } from './report.ts';
import { readSettings } from './settings.ts';
import { timeoutSeconds } from './source-bounds.ts';

await loadModule();

/** An object of a source that lies on a Postgres: a table or view, or what a query of the contract yields. */
export interface PostgresSource {
  readonly server: PostgresServer;
  readonly timeoutSeconds: number;
  /** Of changes: the publication and the slot that the contract names; null where they are Weft's own. */
  readonly publication: string | null;
  readonly slot: string | null;
  readonly from:
    | { readonly kind: 'table'; readonly schema: SqlName; readonly table: SqlName }
    | { readonly kind: 'query'; readonly query: string };
}

// Who connects, and how, is read with the server.
const elsewhere = z.unknown().optional();
const onServer = z.object({ user: elsewhere, password: elsewhere, sslmode: elsewhere, timeoutSeconds });
const onObject = z.object({
  publication: z.string().min(1).max(63).optional(),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, { error: 'must have small letters, digits and _ alone' })
    .optional(),
  query: z.string().refine(isOneSelect, { error: 'must be one SELECT that Postgres can read' }).optional(),
});

/** Reads how an object is read from a server of type `postgres`. Null, with findings, where that cannot be told. */
export function readPostgresSource(
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
): PostgresSource | null {
  const { report } = at;
  const connection = readPostgresServer(server, at.server, report);
  const bounds = readSettings(server, onServer, { of: `The server ${server.server}`, path: at.server, report });
  const own = readSettings(object, onObject, { of: object.name, path: at.object, report, amongOthers: true });
  if (connection === null || bounds === null || own === null) return null;
  const { query, publication = null, slot = null } = own;
  const settings = { server: connection, timeoutSeconds: bounds.timeoutSeconds, publication, slot };
  if (query !== undefined && object.load?.mode === 'cdc')
    report.error('LOAD_MODE', at.object, `${object.name}: changes are told of a table, and not of a query.`);
  if (query !== undefined) return { ...settings, from: { kind: 'query', query } };
  const written = { name: object.name, ...(object.physicalName !== null && { physicalName: object.physicalName }) };
  const place = { schema: connection.schema, path: at.object, report };
  return { ...settings, from: { kind: 'table', ...readTable(written, { table: object.view }, place) } };
}

/** It stands in parentheses, and could leave them if it were more. */
function isOneSelect(sql: string): boolean {
  try {
    const [first, second] = parseSync(sql).stmts ?? [];
    const select = (first?.stmt as Readonly<Record<string, unknown>> | undefined)?.['SelectStmt'];
    return second === undefined && select !== undefined && !('intoClause' in (select as object));
  } catch {
    return false;
  }
}
