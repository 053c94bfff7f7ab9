import type { ProductId } from '../../schema/ids.ts';
import { READ_BOUNDS_MS, type ReadBatch } from '../../schema/ledger/product-reads.ts';

interface Tally {
  answered: number;
  failed: number;
  slow: number;
  readonly durations: number[];
}

/** One read of some products. */
export interface ProductRead {
  readonly products: readonly ProductId[];
  /** Those of them that brought nothing, by a fault of theirs or of the platform. */
  readonly failed: ReadonlySet<ProductId>;
  readonly ms: number;
}

/** Counts how products are answered, in memory: sums of what was read since they were written last. */
export class ReadMeter {
  #tallies = new Map<ProductId, Tally>();

  /** `withinMs`: what is promised of a product's reads; null where nothing is. */
  count({ products, failed, ms }: ProductRead, withinMs: (id: ProductId) => number | null): void {
    for (const id of products) {
      const tally = this.#tallies.get(id) ?? this.#opened(id);
      if (failed.size > 0 && failed.has(id)) {
        tally.failed += 1;
        continue;
      }
      tally.answered += 1;
      const limit = withinMs(id);
      if (limit !== null && ms > limit) tally.slow += 1;
      let at = 0;
      while (at < READ_BOUNDS_MS.length && ms > READ_BOUNDS_MS[at]!) at += 1;
      tally.durations[at]! += 1;
    }
  }

  /** What was counted since; null where there is nothing. It counts anew from here. */
  take(): ReadBatch | null {
    if (this.#tallies.size === 0) return null;
    const taken = [...this.#tallies].map(([product, tally]) => ({ product, ...tally }));
    this.#tallies = new Map();
    return taken;
  }

  /** Counts it again: it could not be written. */
  putBack(batch: ReadBatch): void {
    for (const { product, answered, failed, slow, durations } of batch) {
      const tally = this.#tallies.get(product) ?? this.#opened(product);
      tally.answered += answered;
      tally.failed += failed;
      tally.slow += slow;
      for (const [at, times] of durations.entries()) tally.durations[at]! += times;
    }
  }

  #opened(id: ProductId): Tally {
    const tally = { answered: 0, failed: 0, slow: 0, durations: Array<number>(READ_BOUNDS_MS.length + 1).fill(0) };
    this.#tallies.set(id, tally);
    return tally;
  }
}
