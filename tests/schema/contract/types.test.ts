import { expect, test } from '@jest/globals';
import { durationSeconds } from '../../../schema/contract/duration.ts';
import { readSla } from '../../../schema/contract/sla.ts';
import { propertyType } from '../../../schema/contract/types.ts';

test.each([
  [{ logicalType: 'integer' }, 'Int integer'],
  [{ logicalType: 'integer', physicalType: 'BIGINT' }, 'BigInt bigint'],
  [{ logicalType: 'integer', logicalTypeOptions: { format: 'u32' } }, 'BigInt bigint'],
  [{ logicalType: 'integer', logicalTypeOptions: { format: 'u64' } }, 'Decimal numeric(20,0)'],
  [{ logicalType: 'integer', logicalTypeOptions: { maximum: 3e9 } }, 'BigInt bigint'],
  [{ logicalType: 'integer', physicalType: 'NUMBER(38)' }, 'Decimal numeric(38,0)'],
  [{ logicalType: 'number' }, 'Float double precision'],
  [{ logicalType: 'number', physicalType: 'DECIMAL(18, 2)' }, 'Decimal numeric(18,2)'],
  [{ logicalType: 'number', physicalType: 'numeric' }, 'Decimal numeric'],
  [{ logicalType: 'number', physicalType: 'decimal(2000,2)' }, 'Decimal numeric'],
  [{ logicalType: 'number', physicalType: 'int' }, 'Int integer'],
  [{ logicalType: 'number', physicalType: 'double precision' }, 'Float double precision'],
  [{ logicalType: 'string', physicalType: 'varchar[50]' }, 'String text'],
  [{ logicalType: 'string', physicalType: 'Name' }, 'String text'],
  [{ logicalType: 'string', physicalType: 'uuid' }, 'String uuid'],
  [{ logicalType: 'string', logicalTypeOptions: { format: 'uuid' } }, 'String text'],
  [{ logicalType: 'date' }, 'Date date'],
  [{ logicalType: 'date', physicalType: 'TIMESTAMP' }, 'DateTime timestamptz'],
  [{ logicalType: 'timestamp', physicalType: 'timestamp(6) without time zone' }, 'DateTime timestamptz'],
  [{ logicalType: 'time' }, 'Time time'],
  [{ logicalType: 'boolean' }, 'Boolean boolean'],
  [{ logicalType: 'object' }, 'JSON jsonb'],
  [{ logicalType: 'map' }, 'JSON jsonb'],
  [{ logicalType: 'array', items: { logicalType: 'string' } }, '[String] text'],
  [{ logicalType: 'array', items: { logicalType: 'object' } }, 'JSON jsonb'],
  [{ logicalType: 'array' }, 'JSON jsonb'],
  [{ logicalType: 'vector' }, '[Float] double precision'],
  [{ physicalType: 'timestamptz' }, 'DateTime timestamptz'],
  [{ physicalType: 'integer[]' }, '[Int] integer'],
  [{ physicalType: 'constructor' }, 'String text'],
  [{}, 'String text'],
] as const)('%j is %s', (property, expected) => {
  const { scalar, pgType, list } = propertyType(structuredClone(property));
  expect(`${list ? `[${scalar}]` : scalar} ${pgType}`).toBe(expected);
});

test.each([
  [1, 'd', 86_400],
  [15, 'm', 900],
  ['PT1H', undefined, 3600],
  ['P1DT12H', undefined, 129_600],
  ['P1Y', undefined, 31_556_952],
  ['daily', undefined, 86_400],
  ['2 hours', undefined, 7200],
  [0, 'd', null],
  [-1, 'd', null],
  [1, undefined, null],
  [1, 'fortnight', null],
  ['P', undefined, null],
  ['1.2.3', 'd', null],
  ['constructor', undefined, null],
])('a promise of %s %s is %s seconds', (value, unit, seconds) => {
  expect(durationSeconds(value, unit)).toBe(seconds);
});

test.each([
  ['30 6 * * *', 'cron'],
  ['*/15 0-6,18 * jan-mar MON', 'cron'],
  ['0 20 * * * *', 'SLA_SCHEDULE'],
  ['61 * * * *', 'SLA_SCHEDULE'],
  ['0 0 30 feb *', 'SLA_SCHEDULE'],
  ['0 0 31 4,6 *', 'SLA_SCHEDULE'],
  ['0 0 31 4-5 *', 'cron'],
  ['30 6 * * mon-fri', 'cron'],
  ['mon 6 * * *', 'SLA_SCHEDULE'],
  ['0 20-8 * * *', 'SLA_SCHEDULE'],
  ['every day', 'SLA_SCHEDULE'],
  ['* * * * *; drop', 'SLA_SCHEDULE'],
])('the schedule %s is %s', (schedule, outcome) => {
  const { sla, faults } = readSla([{ property: 'frequency', value: 1, unit: 'd', scheduler: 'cron', schedule }]);
  expect(sla.refresh?.kind ?? faults[0]?.code).toBe(outcome);
});

test('freshness is the promise proper, latency stands in for it', () => {
  const latency = { property: 'latency', value: 4, unit: 'd' };
  const freshness = { property: 'freshness', value: 2, unit: 'd' };
  expect(readSla([latency]).sla.freshnessSeconds).toBe(4 * 86_400);
  expect(readSla([latency, freshness]).sla.freshnessSeconds).toBe(2 * 86_400);
  expect(readSla([freshness, latency]).sla.freshnessSeconds).toBe(2 * 86_400);
});

const settings = (given: Readonly<Record<string, unknown>>) =>
  Object.entries(given).map(([property, value]) => ({ property, value: value as string }));

test.each([
  ['09:00', {}, 540, null],
  ['9:30:00Z', {}, 570, null],
  ['09:00-08:00', {}, 1_020, null],
  ['00:30+02:00', {}, 1_350, null],
  ['09:00', { timezone: 'Europe/Berlin' }, 540, 'Europe/Berlin'],
])('data that shall be there at %s %j', (value, given, availableAtMinute, timezone) => {
  const { sla, faults } = readSla([{ property: 'timeOfAvailability', value, customProperties: settings(given) }]);
  expect(faults).toEqual([]);
  expect(sla.refresh).toMatchObject({ kind: 'daily', availableAtMinute, timezone });
});

test.each([
  ['is no time', { property: 'ta', value: 'noon' }, {}],
  ['has two zones', { property: 'ta', value: '09:00+01:00' }, { timezone: 'Europe/Berlin' }],
  ['has a zone that there is not', { property: 'frequency', value: '1d' }, { timezone: 'Europe/Atlantis' }],
  ['has a zone in another spelling', { property: 'frequency', value: '1d' }, { timezone: 'Europe/berlin' }],
  ['has a jitter that is none', { property: 'frequency', value: '1d' }, { jitter: 'some' }],
  ['has a catchUp that is none', { property: 'frequency', value: '1d' }, { catchUp: 'all' }],
  ['has an overlap that is none', { property: 'frequency', value: '1d' }, { overlap: 'perhaps' }],
])('a schedule that %s is an error at the check', (_what, promise, given) => {
  const { sla, faults } = readSla([{ ...promise, customProperties: settings(given) }]);
  expect(sla.refresh).toBeNull();
  expect(faults).toMatchObject([{ code: 'SLA_SCHEDULE', severity: 'error' }]);
});

test('jitter, overlap and what is made up for are settings of the promise', () => {
  const customProperties = settings({ jitter: '5m', overlap: 'follow', catchUp: 'PT2H' });
  const { sla } = readSla([{ property: 'frequency', value: 1, unit: 'h', customProperties }]);
  expect(sla.refresh).toMatchObject({ jitterSeconds: 300, overlap: 'follow', catchUpSeconds: 7_200 });
});

test.each([
  ['every day', { property: 'frequency', value: 1, unit: 'd' }, 'daily'],
  ['every hour', { property: 'frequency', value: 1, unit: 'h' }, 'every'],
  ['by cron', { property: 'frequency', value: 1, unit: 'd', schedule: '0 6 * * *' }, 'cron'],
])('beside a frequency %s, a time of availability', (_how, frequency, kind) => {
  expect(readSla([{ property: 'ta', value: '09:00' }, frequency]).sla.refresh).toMatchObject({ kind });
});
