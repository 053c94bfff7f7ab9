import { expect, test } from '@jest/globals';
import { frequent } from '../../schema/frequent.ts';
import { room } from '../../schema/room.ts';

const numbered = (count: number, name: string): string[] => Array.from({ length: count }, (_, at) => `${name} ${at}`);

test('what is used again outlives a flood of what is used once', () => {
  const kept = frequent<number>(room({ entries: 100, bytes: 1_000_000 }));
  const hot = numbered(40, 'hot');
  for (const key of hot) kept.set(key, 1, 10);
  for (const key of hot) kept.get(key);
  for (let at = 0; at < 1_000_000; at++) {
    kept.set(`once ${at}`, at, 10);
    if (at % 10 === 0) kept.get(hot[(at / 10) % hot.length]!);
  }
  expect(hot.map((key) => kept.get(key))).toEqual(hot.map(() => 1));
  expect(kept.get('once 1')).toBeUndefined();
});

test('what is used at every turn outlives a flood of what is used twice', () => {
  const kept = frequent<number>(room({ entries: 100, bytes: 1_000_000 }));
  const hot = numbered(20, 'hot');
  for (const key of hot) kept.set(key, 1, 10);
  for (let at = 0; at < 100_000; at++) {
    kept.set(`twice ${at}`, at, 10);
    kept.get(`twice ${at}`);
    kept.get(hot[at % hot.length]!);
  }
  expect(hot.map((key) => kept.get(key))).toEqual(hot.map(() => 1));
});

test('no more is kept than said, however often things are used', () => {
  const kept = frequent<number>(room({ entries: 100, bytes: 1_000_000 }));
  const keys = numbered(1_000, 'key');
  for (const key of keys) kept.set(key, 1, 10);
  for (const key of keys) kept.get(key);
  for (const key of keys) kept.set(key, 2, 10);
  expect(keys.filter((key) => kept.get(key) !== undefined).length).toBeLessThanOrEqual(100);
});

test('nor more bytes; a value that would take an eighth of them is not kept, and drives out nothing', () => {
  const kept = frequent<string>(room({ entries: 1_000, bytes: 10_000 }));
  const keys = numbered(500, 'key');
  for (const key of keys) kept.set(key, 'small', 86);
  const there = keys.filter((key) => kept.get(key) !== undefined);
  expect(there.length).toBeGreaterThan(40);
  expect(there.length).toBeLessThanOrEqual(50);
  kept.set('large', 'large', 1_250);
  expect(kept.get('large')).toBeUndefined();
  expect(there.filter((key) => kept.get(key) !== undefined)).toEqual(there);
});

test('maps that share a room share its bounds, and a key of the one is none of the other', () => {
  const shared = room<number>({ entries: 10, bytes: 10_000 });
  const maps = numbered(5, 'map').map(() => frequent(shared));
  maps.forEach((map, at) => numbered(5, 'key').forEach((key) => map.set(key, at, 10)));
  const found = maps.map((map) => numbered(5, 'key').flatMap((key) => map.get(key) ?? []));
  expect(found.flat()).toHaveLength(5);
  expect(found.at(-1)).toEqual([4, 4, 4, 4, 4]);
});
