import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import type { BackfillId, DomainId, ProductId, RunId, SliceId } from '../schema/ids.ts';
import type { RunTrigger } from '../schema/run.ts';

/** Names that the worker and its workflows share with Temporal. Part of the workflow bundle: pure. */

/** Where workflows, and the platform's own small activities, are taken from. */
export const PLATFORM_QUEUE = 'weft';

/** Where a domain's activities are taken from: one team's load delays no other's. */
export function domainQueue(domain: DomainId): string {
  return `weft:domain:${domain}`;
}

/** The id of a product's refresh: one at a time. */
export function refreshWorkflowId(product: ProductId): string {
  return `refresh:${product}`;
}

/** The id of the reading of a product's backfill: one at a time, beside its refreshes. */
export function backfillWorkflowId(product: ProductId): string {
  return `backfill:${product}`;
}

/** The id of the timer that knows when a product is late. */
export function sloWorkflowId(product: ProductId): string {
  return `slo:${product}`;
}

/** The signal that has such a timer look anew. */
export const SLO_MOVED = 'moved';

/** The id of what brings a product to one of its destinations: one at a time. */
export function deliveryWorkflowId({ productId, destination }: Pick<DeliveryRef, 'productId' | 'destination'>): string {
  return `deliver:${productId}/${destination}`;
}

/** What operators filter by in the Temporal Web UI. */
export const ATTRIBUTES = {
  domain: defineSearchAttributeKey('WeftDomain', SearchAttributeType.KEYWORD),
  product: defineSearchAttributeKey('WeftProduct', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('WeftStage', SearchAttributeType.KEYWORD),
  trigger: defineSearchAttributeKey('WeftTrigger', SearchAttributeType.KEYWORD),
} as const;

/** The time that a schedule meant, which Temporal gives to what it starts: later ones may have been made up for. */
export const SCHEDULED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** What a refresh is started with; its stages get the same. */
export interface RunRef {
  readonly runId: RunId;
  readonly productId: ProductId;
  readonly domain: DomainId;
  readonly trigger: RunTrigger;
}

/** What the reading of a backfill is started with. */
export interface BackfillRef {
  readonly backfillId: BackfillId;
  readonly productId: ProductId;
  readonly domain: DomainId;
  /** Slices that are read at once, at most. */
  readonly atOnce: number;
}

/** A slice that is to be read. */
export interface SliceRef {
  readonly sliceId: SliceId;
  readonly backfillId: BackfillId;
  readonly nth: number;
  readonly begins: string;
  readonly ends: string;
}

/** What a tick is started with, on each firing of a product's schedule. */
export interface TickRef {
  readonly productId: ProductId;
  readonly domain: DomainId;
}

/** What a product's timer is started with. */
export interface SloRef {
  readonly productId: ProductId;
  readonly domain: DomainId;
}

/** What the watch over an alert is started with. */
export interface AlertRef {
  readonly alertId: string;
  readonly productId: ProductId;
}

/** A destination of a product, by its server's name. */
export interface DeliveryRef {
  readonly productId: ProductId;
  readonly domain: DomainId;
  readonly destination: string;
}

/** What an attempt at a delivery brought: version null where none was owed. */
export interface DeliveryDetail {
  readonly version: number | null;
  readonly rows: number;
  /** Another version is live by now. */
  readonly more: boolean;
}

/** On the queue of the product's domain. */
export interface DeliveryActivities {
  deliverVersion(ref: DeliveryRef): Promise<DeliveryDetail>;
}
