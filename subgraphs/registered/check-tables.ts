import pg from 'pg';
import type { Product } from '../../schema/contract/model.ts';
import { placedFinding } from '../../schema/contract/placed-finding.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Finding } from '../../schema/findings.ts';
import type { CheckTables } from '../../schema/registering.ts';
import { inspectTables } from './inspect-tables.ts';
import { type ConnectionDeps, connectionOf, connectionRefusal } from '../../schema/postgres-connection.ts';

// A few short questions of catalogs; whoever publishes waits for it.
const STATEMENT_MS = 5_000;
const CHECK_MS = 15_000;
const GOODBYE_MS = 500;

/** Connects to the product's server by the role that will read it, and looks: at most 15 s. A server that cannot be looked at is a finding. */
export function tablesCheck(deps: ConnectionDeps): CheckTables {
  return async (product) => {
    const { server } = product;
    if (server === null) return [];
    const refused = connectionRefusal(server, deps);
    if (refused !== null)
      return [atServer(product, refused.code === 'FORBIDDEN' ? 'SERVER_HOST' : 'SECRET_MISSING', refused.message)];
    const client = new pg.Client({
      ...connectionOf(server, deps),
      application_name: 'weft check',
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS + 1_000,
    });
    // What its breaking means is told by the next question.
    client.on('error', () => undefined);
    const { stream } = (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } })
      .connection;
    const deadline = setTimeout(() => stream.destroy(), CHECK_MS);
    try {
      await client.connect();
      await client.query(`set default_transaction_read_only = on; set timezone = 'UTC'`);
      return await inspectTables(client, product);
    } catch (error) {
      const message = `The server ${server.name} (${server.host}:${server.port}, database ${server.database}) cannot be looked at: ${reasonOf(error)}.`;
      return [atServer(product, 'SERVER_UNREACHABLE', message)];
    } finally {
      clearTimeout(deadline);
      // A server that says nothing does not say goodbye.
      const cut = setTimeout(() => stream.destroy(), GOODBYE_MS);
      await client.end().catch(() => undefined);
      clearTimeout(cut);
    }
  };
}

function atServer(product: Product, code: string, message: string): Finding {
  const [object] = product.objects;
  return placedFinding(product, object?.contractId ?? '', ['servers'], { code, severity: 'error', message });
}

/** Postgres' own words of a connection or a question have no values in them; what else fails is told by its code. */
function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.message.replace(/\.$/, '');
  if (error instanceof pg.DatabaseError) return `${error.message} (SQLSTATE ${error.code ?? 'none'})`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (/SSL/.test(message))
    return 'it does not speak TLS: say sslmode: disable in the custom properties of the server, where that is right';
  return code === undefined ? 'it did not answer in time' : `the connection failed (${code})`;
}
