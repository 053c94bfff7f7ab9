import { sqlName } from '../ids.ts';
import type { Product } from './model.ts';
import { connectionKey } from './postgres-server.ts';

/**
 * The subgraph that a product is part of: its domain's, of managed ones; of registered ones that of its domain and server
 * (`sales@warehouse-1f0c…`, with the database's name); its own, where it is a service.
 */
export function subgraphName({ id, domain, kind, server }: Pick<Product, 'id' | 'domain' | 'kind' | 'server'>): string {
  if (kind === 'remote') return id;
  return server === null ? domain : `${domain}@${sqlName(server.database)}-${connectionKey(server)}`;
}
