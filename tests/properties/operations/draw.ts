import type fc from 'fast-check';

/** Random choices, one after the other. */
export interface Draw {
  /** From `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** True in so many of a hundred. */
  percent(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  of<Value>(values: fc.Arbitrary<Value>): Value;
}

/** Choices that fast-check's generator makes, so that its seed makes them again. */
export function drawFrom(random: fc.Random): Draw {
  return {
    int: (min, max) => random.nextInt(min, max),
    percent: (share) => random.nextInt(0, 99) < share,
    pick: (items) => items[random.nextInt(0, items.length - 1)]!,
    of: (values) => values.generate(random, undefined).value,
  };
}
