import { z } from 'zod';
import type { SourceObject } from './model.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { readPort, SSL_MODES, type SslMode, usualSslMode } from './postgres-server.ts';
import type { Reporter } from './report.ts';
import { secretNamed } from './secret-reference.ts';
import { readSettings } from './settings.ts';
import { timeoutSeconds } from './source-bounds.ts';

/** An object of a source that lies on a MySQL or MariaDB: a table or view, or what a query of the contract yields. */
export interface MysqlSource {
  /** As the contract calls it: `shop`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** A name, or a reference to a secret that holds it. */
  readonly user: string;
  /** Always a reference: `${secret:SHOP_PASSWORD}`. */
  readonly password: string;
  /** As for Postgres: `verify-full` where nothing is said and it is not on loopback. */
  readonly sslMode: SslMode;
  readonly timeoutSeconds: number;
  readonly from:
    { readonly kind: 'table'; readonly table: string } | { readonly kind: 'query'; readonly query: string };
}

const onServer = z.object({
  user: z.string({ error: 'must name who reads it' }).min(1),
  password: z.string({ error: 'must be a reference to a secret' }).refine((text) => secretNamed(text) !== null, {
    error: 'must be a reference to a secret, as in ${secret:SHOP_PASSWORD}; a password never stands in a contract',
  }),
  sslmode: z.enum(SSL_MODES).optional(),
  timeoutSeconds,
});
const onObject = z.object({
  // The server itself takes one statement at a time, in a transaction that reads alone.
  query: z
    .string()
    .regex(/^\s*(select|with)\b/i, { error: 'must be one SELECT' })
    .optional(),
});

/** Reads how an object is read from a server of type `mysql`. Null, with findings, where that cannot be told. */
export function readMysqlSource(
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
): MysqlSource | null {
  const { report } = at;
  const settings = readSettings(server, onServer, { of: `The server ${server.server}`, path: at.server, report });
  const own = readSettings(object, onObject, { of: object.name, path: at.object, report, amongOthers: true });
  const { host = '', database = '' } = server;
  const port = readPort(server, at.server, report);
  if (port === null || settings === null || own === null) return null;
  const { user, password, sslmode = usualSslMode(host) } = settings;
  return {
    name: server.server,
    host: host.toLowerCase(),
    port,
    database,
    user,
    password,
    sslMode: sslmode,
    timeoutSeconds: settings.timeoutSeconds,
    from:
      own.query === undefined
        ? { kind: 'table', table: object.physicalName ?? object.name }
        : { kind: 'query', query: own.query },
  };
}
