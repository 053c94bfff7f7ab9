import type { Product } from '../../../schema/contract/model.ts';

/** How a service is asked for events. */
export interface EventsAddress {
  readonly protocol: 'event-stream' | 'websocket';
  /** Of the protocol's own scheme. */
  readonly url: string;
}

/**
 * Where a remote product tells of events: at its URL by server-sent events, unless its descriptor wishes otherwise, by
 * `customProperties: [{property: subscriptions, value: websocket}]` or a URL of its own there (`ws:`, `wss:`, `http:`, `https:`).
 */
export function eventsAddress(url: string, product: Pick<Product, 'documents'> | undefined): EventsAddress {
  const properties = product?.documents.product.customProperties ?? [];
  const wish = properties.find(({ property }) => property === 'subscriptions')?.value;
  if (wish === 'websocket') return { protocol: 'websocket', url: url.replace(/^http/i, 'ws') };
  if (typeof wish !== 'string' || !URL.canParse(wish)) return { protocol: 'event-stream', url };
  return { protocol: /^wss?:/i.test(wish) ? 'websocket' : 'event-stream', url: wish };
}

/** The same place as a URL that host rules judge. */
export function judgedUrl({ url }: EventsAddress): string {
  return url.replace(/^ws/i, 'http');
}
