/** A bounded map in which what is used again outlives any flood of what is used once. */
export interface Frequent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/**
 * An empty one of at most `max` entries: half of them for what was used once, half for what was used again, each given up by
 * the time of its last use (the segmented LRU).
 */
export function frequent<Value>(max: number): Frequent<Value> {
  const half = Math.ceil(max / 2);
  // A Map keeps the order of insertion: the first entry is the one not used for longest.
  const once = new Map<string, Value>();
  const again = new Map<string, Value>();
  return {
    get: (key) => {
      const value = again.get(key) ?? once.get(key);
      if (value === undefined) return undefined;
      once.delete(key);
      again.delete(key);
      again.set(key, value);
      const [oldest] = again.size > half ? again : [];
      if (oldest !== undefined) {
        again.delete(oldest[0]);
        put(once, oldest[0], oldest[1], half);
      }
      return value;
    },
    set: (key, value) => (again.has(key) ? again.set(key, value) : put(once, key, value, half)),
  };
}

function put<Value>(entries: Map<string, Value>, key: string, value: Value, max: number): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.size > max ? entries.keys() : [];
  if (oldest !== undefined) entries.delete(oldest);
}
