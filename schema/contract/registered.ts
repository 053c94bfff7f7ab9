import { existingName, type SqlName } from '../ids.ts';
import { isDestination } from './destinations.ts';
import type { ReadContract } from './folder.ts';
import type { SchemaObject } from './model.ts';
import type { OdcsObject } from './odcs.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { OdpsProduct } from './odps.ts';
import type { Path } from './parse.ts';
import { connectionKey, type PostgresServer, readPostgresServer } from './postgres-server.ts';
import type { Reporter } from './report.ts';

/** True of a product that is a layer over tables which are there: nothing comes in, and what goes out lies on a Postgres. */
export function isRegistered(odps: OdpsProduct, outputs: readonly ReadContract[]): boolean {
  return (odps.inputPorts ?? []).length === 0 && outputs.some(({ contract }) => contract.servers?.some(isPostgres));
}

/**
 * Where the tables of each output contract lie, by its id. All are on one connection, so that one statement reads them; of several
 * servers of a contract the first of type `postgres` counts.
 */
export function readServers(outputs: readonly ReadContract[]): ReadonlyMap<string, PostgresServer> {
  const servers = new Map<string, PostgresServer>();
  for (const { contract, report } of outputs) {
    const all = contract.servers ?? [];
    const index = all.findIndex(isPostgres);
    const written = all[index];
    if (written === undefined) {
      const message = `The contract ${contract.id} names no server of type postgres: say in servers where its tables lie.`;
      report.error('SERVER_MISSING', contract.servers === undefined ? null : ['servers'], message);
      continue;
    }
    const other = all.find((one) => one !== written && isPostgres(one));
    if (other !== undefined) {
      const message = `Its tables are read on ${written.server}, the first of its postgres servers, and not on ${other.server}.`;
      report.warning('SERVER_SEVERAL', ['servers'], message);
    }
    const server = readPostgresServer(written, ['servers', index], report);
    if (server === null) continue;
    const [first = server] = servers.values();
    if (connectionKey(first) !== connectionKey(server)) {
      const message = `${written.server} is another connection than ${first.name} of the product's other contract: what lies elsewhere is a product of its own.`;
      report.error('SERVER_DIFFERS', ['servers', index], message);
    }
    servers.set(contract.id, server);
  }
  return servers;
}

/** The table or view that an object is: `physicalName`, with its schema before a dot where that is another, else the name in snake case. */
export function readTable(
  { physicalName, name }: Pick<OdcsObject, 'physicalName' | 'name'>,
  object: Pick<SchemaObject, 'table'>,
  at: { readonly schema: SqlName; readonly path: Path; readonly report: Reporter },
): NonNullable<SchemaObject['registeredTable']> {
  const [, schema, plain] = /^([A-Za-z_]\w*)\.([A-Za-z_]\w*)$/.exec(physicalName ?? '') ?? [];
  const table = physicalName === undefined ? object.table : existingName(plain ?? physicalName);
  if (table === null || /^(pg_|information_schema$|weft$)/.test(schema ?? ''))
    at.report.error(
      'TABLE_NAME',
      [...at.path, 'physicalName'],
      `${String(physicalName).slice(0, 100)}, which ${name} is physically, is no table that can be read.`,
    );
  return { schema: (schema as SqlName | undefined) ?? at.schema, table: table ?? object.table };
}

function isPostgres(server: OdcsServer): boolean {
  return (server.type === 'postgres' || server.type === 'postgresql') && !isDestination(server);
}
