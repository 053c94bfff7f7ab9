import { expect, test } from '@jest/globals';

import { dueMs } from '../../../schema/contract/due.ts';
import type { Objective, Product } from '../../../schema/contract/model.ts';
import { objectivesOf } from '../../../schema/contract/objectives.ts';
import { slaElements } from '../../../schema/contract/sla-element.ts';
import { burnRate, errorBudget } from '../../../schema/error-budget.ts';

const none = { kind: 'managed', objects: [] } as const satisfies Pick<Product, 'kind' | 'objects'>;
const target = { property: 'target', value: '99.9' };

test.each([
  ['freshness', { value: 2, unit: 'd' }, { property: 'freshness', measure: 'age', seconds: 172_800, target: 0.99 }],
  ['freshness', { value: 1, unit: 'h', customProperties: [target] }, { seconds: 3_600, target: 0.999 }],
  ['ly', { value: 4, unit: 'd' }, { property: 'freshness', measure: 'age', seconds: 345_600 }],
  ['latency', { value: 300, unit: 'ms' }, { property: 'latency', measure: 'latency', withinMs: 300, target: 0.95 }],
  ['fy', { value: 1, unit: 'd' }, { property: 'frequency', measure: 'age', seconds: 95_040 }],
  ['ta', { value: '09:00-08:00' }, { property: 'timeOfAvailability', measure: 'daily', atMinute: 1_020 }],
  ['availability', { value: 99.5, unit: 'percent' }, { measure: 'answers', target: 0.995, promised: '99.5 percent' }],
  ['availability', { value: '99.95%' }, { target: 0.9995 }],
  ['er', { value: 2, unit: 'percent' }, { property: 'quality', measure: 'checks', target: 0.98 }],
  ['quality', { value: 98 }, { property: 'quality', measure: 'checks', target: 0.98 }],
  ['retention', { value: 3, unit: 'y' }, { property: 'retention', measure: 'kept' }],
])('%s %j is measured as %j', (property, promise, objective) => {
  expect(objectivesOf([{ property, ...promise }], none)).toMatchObject([objective]);
});

test.each([
  ['availability', { value: 'high' }],
  ['freshness', { value: 'soon' }],
  ['endOfSupport', { value: '2032-05-12' }],
])('%s %j is not measured', (property, promise) => {
  expect(objectivesOf([{ property, ...promise }], none)).toEqual([]);
});

test('of data that is not ours there is no age, and its latency is that of reads', () => {
  const promises = [
    { property: 'latency', value: 2, unit: 's' },
    { property: 'freshness', value: 1, unit: 'h' },
  ];
  expect(objectivesOf(promises, { ...none, kind: 'remote' })).toMatchObject([{ measure: 'latency', withinMs: 2_000 }]);
});

const dated = (name: string) =>
  ({
    name,
    table: name,
    quality: [],
    properties: [
      { name: 'id', column: 'id', pgType: 'integer', list: false },
      { name: 'bookedAt', column: 'booked_at', pgType: 'timestamptz', list: false },
      { name: 'day', column: 'day', pgType: 'date', list: false },
    ],
  }) as unknown as Product['objects'][number];
const two = { kind: 'managed', objects: [dated('orders'), dated('returns')] } as const;

test('what names an element is of the ages of rows', () => {
  const promises = [
    { property: 'retention', value: 3, unit: 'y' },
    { property: 're', value: 1, unit: 'd', element: 'orders.day, returns.booked_at' },
    { property: 'latency', value: 2, unit: 'd', element: 'orders.bookedAt' },
  ];
  expect(objectivesOf(promises, two)).toMatchObject([
    {
      property: 'retention',
      measure: 'kept',
      promised: '3 y',
      rows: [
        { object: 'orders', column: 'day', seconds: 86_400 },
        { object: 'returns', column: 'booked_at', seconds: 86_400 },
      ],
    },
    { property: 'freshness', measure: 'age', seconds: 172_800 },
    { property: 'latency', measure: 'lag', rows: [{ object: 'orders', column: 'booked_at', seconds: 172_800 }] },
  ]);
});

test.each(['orders.id', 'day', 'shipments.day', 'orders.', 'a.b.c'])('%s names no date or time', (element) => {
  expect(slaElements(element, two.objects)).toEqual([]);
});

const daily = (atMinute: number, timezone: string | null): Objective => {
  const about = { property: 'timeOfAvailability', promised: '', target: 0.99 } as const;
  return { ...about, measure: 'daily', atMinute, timezone };
};

test.each([
  // Data of the day before is due today; data that came early or late is that day's.
  [540, null, '2026-01-10T08:50:00Z', '2026-01-11T09:00:00.000Z'],
  [540, null, '2026-01-10T10:30:00Z', '2026-01-11T09:00:00.000Z'],
  [540, null, '2026-01-10T22:00:00Z', '2026-01-12T09:00:00.000Z'],
  // Clocks go forward on 29 March in Berlin: 9:00 is 8:00 in UTC, then 7:00.
  [540, 'Europe/Berlin', '2026-03-27T08:00:00Z', '2026-03-28T08:00:00.000Z'],
  [540, 'Europe/Berlin', '2026-03-28T08:00:00Z', '2026-03-29T07:00:00.000Z'],
  // A minute that is skipped, and one that comes twice.
  [150, 'Europe/Berlin', '2026-03-28T01:30:00Z', '2026-03-29T01:30:00.000Z'],
  [150, 'Europe/Berlin', '2026-10-24T00:30:00Z', '2026-10-25T01:30:00.000Z'],
  [30, 'Asia/Kolkata', '2026-01-10T19:00:00Z', '2026-01-11T19:00:00.000Z'],
])('data for minute %d in %s that came at %s is followed by that of %s', (minute, zone, arrived, due) => {
  expect(new Date(dueMs(daily(minute, zone), Date.parse(arrived))!).toISOString()).toBe(due);
});

test('a budget is what a target leaves, and its burn rate how fast that goes', () => {
  expect(errorBudget({ good: 998, total: 1_000 }, 0.995)).toEqual({
    compliance: 0.998,
    allowed: 5,
    spent: 2,
    left: 0.6,
  });
  expect(errorBudget({ good: 90, total: 100 }, 0.95)).toMatchObject({ left: -1 });
  expect(errorBudget({ good: 100, total: 100 }, 1)).toMatchObject({ allowed: 0, left: null });
  expect(errorBudget({ good: 0, total: 0 }, 0.9)).toMatchObject({ compliance: null, left: null });
  expect(burnRate({ good: 90, total: 100 }, 0.99)).toBeCloseTo(10);
});
