import type { Kept, Room } from './room.ts';

/** A map over a room: what is used again outlives what is not. Several may share one room. */
export interface Frequent<Value> {
  get(key: string): Value | undefined;
  /** `bytes`: about what the value holds, its key not counted. */
  set(key: string, value: Value, bytes: number): void;
  /** What is kept, in no order. */
  values(): Iterable<Value>;
}

/** An empty one. */
export function frequent<Value>(room: Room<Value>): Frequent<Value> {
  const byKey = new Map<string, Kept<Value>>();
  return {
    get: (key) => {
      const kept = byKey.get(key);
      if (kept === undefined) return undefined;
      kept.used = true;
      // What is forgotten has no key.
      return kept.value as Value;
    },
    set: (key, value, bytes) => {
      const before = byKey.get(key);
      if (before !== undefined) room.forget(before);
      // Strings have one or two bytes a letter.
      const kept = room.keep(value, bytes + 2 * key.length, () => byKey.delete(key));
      if (kept.value === null) return;
      kept.used = before !== undefined;
      byKey.set(key, kept);
    },
    *values() {
      for (const { value } of byKey.values()) if (value !== null) yield value;
    },
  };
}
