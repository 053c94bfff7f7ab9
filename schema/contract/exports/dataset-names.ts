import { domainOf, type ProductId } from '../../ids.ts';
import type { SourceObject } from '../model.ts';
import type { OdcsServer } from '../odcs-server.ts';

/** What tells a dataset from all others, by OpenLineage's naming: where it lies, and what it is called there. */
export interface DatasetName {
  readonly namespace: string;
  readonly name: string;
}

/** An object of a product: `weft://network` and `airports.airports`. */
export function ownDataset(id: ProductId, object: { readonly name: string }): DatasetName {
  const domain = domainOf(id);
  return { namespace: `weft://${domain}`, name: `${id.slice(domain.length + 1)}.${object.name}` };
}

/** An object of a source by its server: `file` and its path, `s3://bucket` and its key, `postgres://host:5432` and `database.schema.table`. */
export function sourceDataset(server: OdcsServer, object: SourceObject): DatasetName {
  const { type, location, path, host, port, database, schema } = server;
  const name = object.physicalName ?? object.name;
  if (type === 'local') return { namespace: 'file', name: object.physicalName ?? path ?? object.name };
  if (location !== undefined && URL.canParse(location)) {
    // Its user and password, should it have them, are nobody's affair.
    const { protocol, host: authority, pathname } = new URL(location);
    const key = decoded(pathname).replace(/^\/+/, '');
    return { namespace: `${protocol}//${authority}`, name: key === '' ? name : key };
  }
  const scheme = type === 'postgresql' ? 'postgres' : type;
  const authority = host === undefined ? '' : `${host}${port === undefined ? '' : `:${port}`}`;
  return {
    namespace: authority === '' ? scheme : `${scheme}://${authority}`,
    name: [database, name.includes('.') ? undefined : schema, name].filter((part) => part !== undefined).join('.'),
  };
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
