import type { Destination, DestinationPlace } from './destination.ts';
import { readFileFormat } from './file-format.ts';
import { readObjectPlace } from './file-place.ts';
import type { ReadContract } from './folder.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { readPostgresServer } from './postgres-server.ts';
import { custom, type Reporter } from './report.ts';

const KEEP = { default: 3, most: 100 } as const;
/** What stands in the id of a workflow and in a table of the ledger. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** True of a server that data is delivered to: it does not say where data lies. */
export function isDestination(server: OdcsServer): boolean {
  return custom(server, 'deliver') === true;
}

/** The destinations of a product's output contracts, with findings of what is wrong with each; those alone that could be delivered to. */
export function readDestinations(outputs: readonly ReadContract[], isManaged: boolean): Destination[] {
  const found: Destination[] = [];
  for (const { contract, report } of outputs)
    for (const [index, server] of (contract.servers ?? []).entries()) {
      const path: Path = ['servers', index];
      const marked = custom(server, 'deliver');
      if (marked !== undefined && typeof marked !== 'boolean')
        report.error('DELIVERY_SETTINGS', path, `The server ${server.server}: deliver must be true or false.`);
      if (marked !== true) continue;
      const destination = readDestination(server, contract.id, path, report);
      if (!isManaged)
        report.error(
          'DELIVERY_MISPLACED',
          path,
          `The server ${server.server} is to be delivered to, and Weft makes no data of this product: only what it refreshes is delivered.`,
        );
      else if (found.some(({ name }) => name === server.server))
        report.error('DELIVERY_TWICE', path, `Two destinations are called ${server.server}: give each its own name.`);
      else if (destination !== null) found.push(destination);
    }
  return found;
}

function readDestination(server: OdcsServer, contractId: string, path: Path, report: Reporter): Destination | null {
  const fault = (message: string): null => {
    report.error('DELIVERY_SETTINGS', path, `The server ${server.server}: ${message}`);
    return null;
  };
  if (!NAME.test(server.server))
    return fault('a destination is called by at most 63 letters, digits, dots, dashes and underscores.');
  const classifications = custom(server, 'classifications') ?? [];
  if (!Array.isArray(classifications) || !classifications.every((one) => typeof one === 'string'))
    return fault('classifications must be a list, as in [internal, confidential].');
  const keep = custom(server, 'keep') ?? KEEP.default;
  if (typeof keep !== 'number' || !Number.isInteger(keep) || keep < 1 || keep > KEEP.most)
    return fault(`keep must be a number of versions from 1 to ${KEEP.most}.`);
  const to = readPlace(server, path, report, fault);
  return to === null ? null : { name: server.server, contractId, classifications, keep, to };
}

function readPlace(
  server: OdcsServer,
  path: Path,
  report: Reporter,
  fault: (message: string) => null,
): DestinationPlace | null {
  switch (server.type) {
    case 'local':
    case 's3': {
      if (readFileFormat(server, path, report)?.kind !== 'parquet') return fault('files are delivered as parquet.');
      if (server.type === 'local') {
        if (server.path === undefined || /(^|\/)\.\.(\/|$)|[\0*?]/.test(server.path))
          return fault('path must be a folder.');
        return { kind: 'folder', path: server.path };
      }
      const place = readObjectPlace(server, path, report);
      if (place === null) return null;
      if (place.key.includes('*')) return fault('location must be a prefix, as in s3://bucket/products/orders/.');
      return { kind: 'store', place: { ...place, key: place.key.replace(/\/*$/, '/') } };
    }
    case 'postgres':
    case 'postgresql':
    case 'redshift': {
      // Redshift's port may be left out of a contract.
      const read = readPostgresServer(
        server.type === 'redshift'
          ? { ...server, port: server.port ?? (custom(server, 'port') as number | undefined) ?? 5439 }
          : server,
        path,
        report,
      );
      return read === null
        ? null
        : { kind: 'database', dialect: server.type === 'redshift' ? 'redshift' : 'postgres', server: read };
    }
    default:
      return fault(
        `nothing is delivered to a server of type ${server.type}: local, s3, postgres, postgresql or redshift.`,
      );
  }
}
