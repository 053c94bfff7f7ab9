import { createHash } from 'node:crypto';
import { existingName, type SqlName } from '../ids.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import { secretNamed } from './secret-reference.ts';

/** How a connection is encrypted: as libpq means the words. */
export const SSL_MODES = ['disable', 'require', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

/** What is meant where a contract says none: on this machine nobody listens in. */
export function usualSslMode(host: string): SslMode {
  return LOOPBACK.test(host) ? 'disable' : 'verify-full';
}

/** A server's port; null, with a finding, where it is none. */
export function readPort({ server, port: given }: OdcsServer, path: Path, report: Reporter): number | null {
  const port = Number(given);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  const message = `The server ${server}: port must be a number from 1 to 65535; found ${String(given)}.`;
  report.error('SERVER_PORT', [...path, 'port'], message);
  return null;
}

/** A Postgres that the organisation runs, as a contract's server of type `postgres` names it. */
export interface PostgresServer {
  /** As the contract calls it: `warehouse`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: SqlName;
  /** A name, or a reference to a secret that holds it. */
  readonly user: string;
  /** Always a reference: `${secret:WAREHOUSE_PASSWORD}`. */
  readonly password: string;
  readonly sslMode: SslMode;
}

/**
 * Reads a server of type `postgres` for whoever connects to it; `user`, `password` and `sslmode` are custom properties of the server.
 * Null, with findings, where it does not say all that is needed, or has a password in clear.
 */
export function readPostgresServer(server: OdcsServer, path: Path, report: Reporter): PostgresServer | null {
  const { host = '', database = '', schema = '' } = server;
  const fault = (code: string, key: string, message: string): null => {
    report.error(code, [...path, key], `The server ${server.server}: ${message}`);
    return null;
  };
  const port = readPort(server, path, report);
  if (port === null) return null;
  const given = existingName(schema);
  if (given === null || /^(pg_|information_schema$|weft$)/.test(schema))
    return fault('SERVER_SCHEMA', 'schema', `${schema} is no schema that a product's tables may lie in.`);
  const user = custom(server, 'user');
  if (typeof user !== 'string' || user === '')
    return fault('SERVER_USER', 'customProperties', 'the custom property user must name the role that reads it.');
  const password = custom(server, 'password');
  if (typeof password !== 'string' || secretNamed(password) === null)
    return fault(
      'SERVER_PASSWORD',
      'customProperties',
      'the custom property password must be a reference to a secret, as in ${secret:WAREHOUSE_PASSWORD}; a password never stands in a contract.',
    );
  const sslMode = custom(server, 'sslmode') ?? usualSslMode(host);
  if (typeof sslMode !== 'string' || !(SSL_MODES as readonly string[]).includes(sslMode))
    return fault(
      'SERVER_SSLMODE',
      'customProperties',
      `the custom property sslmode must be one of ${SSL_MODES.join(', ')}.`,
    );
  const settings = { host: host.toLowerCase(), port, database, user, password, sslMode: sslMode as SslMode };
  return { name: server.server, schema: given, ...settings };
}

/** Servers of one key are reached by one connection: what lies on them can be read by one statement. 12 letters. */
export function connectionKey({ host, port, database, user, password, sslMode }: PostgresServer): string {
  const connection = JSON.stringify([host, port, database, user, password, sslMode]);
  return createHash('sha256').update(connection).digest('hex').slice(0, 12);
}
