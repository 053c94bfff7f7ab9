import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ProductId } from '../../schema/ids.ts';
import type { Serving } from '../serving/serving.ts';

/** What an answer was made of. */
export interface KeptAnswer {
  /** `data`, as JSON. */
  readonly json: string;
  readonly products: readonly ProductId[];
}

interface Entry extends KeptAnswer {
  /** Of each product the version that was read: valid as long as these are served. */
  readonly versions: readonly number[];
}

/** Answers, each reusable until one of its products has a new version of its data. */
export interface AnswerCache {
  get(key: string, serving: Serving): KeptAnswer | null;
  /** Keeps an answer that was asked for before; what is asked once is not worth its room. */
  put(key: string, answer: KeptAnswer, serving: Serving): void;
}

// Keys that were asked for once: enough for those of a minute.
const SEEN = 20_000;
// Longer ones are remembered by their digest, which costs less than they hold.
const LONGEST_SEEN = 200;
// An answer that takes a good part of all room would drive out many.
const SHARE_MAX = 1 / 16;

/** A cache of at most `maxBytes`. */
export function openAnswerCache(maxBytes: number): AnswerCache {
  const seen = new LRUCache<string, true>({ max: SEEN });
  const kept = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes * SHARE_MAX),
    sizeCalculation: ({ json }, key) => 2 * (json.length + key.length) + 200,
  });
  const versionsOf = ({ datasets }: Serving, products: readonly ProductId[]): number[] =>
    products.map((id) => datasets.get(id)?.version ?? 0);
  return {
    get: (key, serving) => {
      const entry = kept.get(key);
      if (entry === undefined) return null;
      const now = versionsOf(serving, entry.products);
      if (entry.versions.every((version, at) => version === now[at])) return entry;
      kept.delete(key);
      return null;
    },
    put: (key, answer, serving) => {
      const known = key.length <= LONGEST_SEEN ? key : createHash('sha256').update(key).digest('base64');
      if (!seen.has(known)) seen.set(known, true);
      else if (!answer.products.some((id) => isUncached(serving.mesh, id)))
        kept.set(key, { ...answer, versions: versionsOf(serving, answer.products) });
    },
  };
}

/**
 * Nobody says when a registered table changes. And a product's descriptor may wish it: `customProperties: [{property: answerCache, value:
 * off}]`.
 */
function isUncached({ products }: Serving['mesh'], id: ProductId): boolean {
  const product = products.get(id);
  if (product?.kind === 'registered') return true;
  const properties = product?.documents.product.customProperties ?? [];
  return properties.some(({ property, value }) => property === 'answerCache' && (value === 'off' || value === false));
}
