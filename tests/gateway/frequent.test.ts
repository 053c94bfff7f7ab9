import { expect, test } from '@jest/globals';
import { frequent } from '../../gateway/execute/frequent.ts';

test('what is used again outlives a flood of what is used once', () => {
  const kept = frequent<number>(100);
  const hot = Array.from({ length: 40 }, (_, at) => `hot ${at}`);
  for (const key of hot) kept.set(key, 1);
  for (const key of hot) kept.get(key);
  for (let at = 0; at < 1_000_000; at++) {
    kept.set(`once ${at}`, at);
    if (at % 10 === 0) kept.get(hot[(at / 10) % hot.length]!);
  }
  expect(hot.map((key) => kept.get(key))).toEqual(hot.map(() => 1));
  expect(kept.get('once 1')).toBeUndefined();
});

test('no more is kept than said, however often things are used', () => {
  const kept = frequent<number>(100);
  const keys = Array.from({ length: 1_000 }, (_, at) => `key ${at}`);
  for (const key of keys) kept.set(key, 1);
  for (const key of keys) kept.get(key);
  for (const key of keys) kept.set(key, 2);
  expect(keys.filter((key) => kept.get(key) !== undefined).length).toBeLessThanOrEqual(100);
});
