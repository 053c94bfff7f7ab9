/** What is kept in a room: as long as `value` is there. */
export interface Kept<Value> {
  /** Null once its place was needed. */
  readonly value: Value | null;
  /** Whoever uses it again says so here: what is used again outlives what is not. */
  used: boolean;
}

/** How much is kept. `bytes` is what the values are said to hold, so that a few large ones take no more than many small ones. */
export interface Capacity {
  readonly entries: number;
  readonly bytes: number;
}

/** A bounded place for values, in which what is used again outlives any flood of what is used once. */
export interface Room<Value> {
  /** Keeps a value of about so many bytes; `forgotten` is called when it gives its place up. One too large for the room is not kept. */
  keep(value: Value, bytes: number, forgotten?: () => void): Kept<Value>;
  /** Gives up its place now. */
  forget(kept: Kept<Value>): void;
}

interface Entry<Value> {
  value: Value | null;
  used: boolean;
  readonly bytes: number;
  readonly forgotten: (() => void) | undefined;
}

/** No single value takes more than this part: it would drive out many. */
const SHARE_MAX = 1 / 8;

/**
 * An empty one. Half of it is for what was used once, half for what was used again. Using costs no more than a note: in which half
 * a value belongs is seen when a place is needed, the oldest first (a segmented LRU by second chances).
 */
export function room<Value>({ entries, bytes }: Capacity): Room<Value> {
  const half: Capacity = { entries: Math.ceil(entries / 2), bytes: bytes / 2 };
  const once = new Segment<Value>(half);
  const again = new Segment<Value>(half);
  const forget = (entry: Entry<Value>): void => {
    if (entry.value === null) return;
    once.delete(entry);
    again.delete(entry);
    entry.value = null;
    entry.forgotten?.();
  };
  /** Each turn takes a note of use away, or an entry: it ends. */
  const makePlace = (): void => {
    for (let entry = once.surplus(); entry !== null; entry = once.surplus()) {
      if (!entry.used) {
        forget(entry);
        continue;
      }
      entry.used = false;
      once.delete(entry);
      again.add(entry);
      for (let other = again.surplus(); other !== null; other = again.surplus()) {
        again.delete(other);
        (other.used ? again : once).add(other);
        other.used = false;
      }
    }
  };
  return {
    keep: (value, size, forgotten) => {
      const entry: Entry<Value> = { value, used: false, bytes: size, forgotten };
      if (size > bytes * SHARE_MAX) {
        entry.value = null;
        forgotten?.();
        return entry;
      }
      once.add(entry);
      makePlace();
      return entry;
    },
    // It is one of `keep`'s.
    forget: (kept) => forget(kept as Entry<Value>),
  };
}

class Segment<Value> {
  // A Set keeps the order of insertion: the first entry is the oldest.
  readonly #entries = new Set<Entry<Value>>();
  readonly #max: Capacity;
  #bytes = 0;

  constructor(max: Capacity) {
    this.#max = max;
  }

  add(entry: Entry<Value>): void {
    this.#entries.add(entry);
    this.#bytes += entry.bytes;
  }

  delete(entry: Entry<Value>): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes;
  }

  /** The oldest where there are too many; else null. */
  surplus(): Entry<Value> | null {
    if (this.#entries.size <= this.#max.entries && this.#bytes <= this.#max.bytes) return null;
    const [oldest = null] = this.#entries;
    return oldest;
  }
}
