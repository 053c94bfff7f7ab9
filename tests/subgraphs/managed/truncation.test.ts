import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DATE_UNITS, dateUnits } from '../../../schema/contract/graph-names.ts';
import { domain, openTestMesh, type TestMesh, type Tree } from './mesh.ts';

const DATES = [
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999999Z',
  '2024-02-29T12:34:56.5Z',
  '2024-02-29T12:34:57Z',
  '2024-02-26T00:00:00Z',
  '2023-12-31T23:30:00-02:00',
  '9999-12-31T23:59:59.999999Z',
];
const DAYS = [null, '2024-02-29', '2024-03-03', '2024-03-04', '0001-01-01', '9999-12-31'];
const TIMES = [null, '00:00:00', '12:34:56.789', '23:59:59.999999'];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  const rows = Array.from({ length: 84 }, (_, id) => ({
    id,
    date: DATES[id % DATES.length]!,
    day: DAYS[id % DAYS.length]!,
    departure: TIMES[id % TIMES.length]!,
    distance: id,
    originIata: 'SEA',
  }));
  await mesh.load('operations/flights', 'flights', rows);
});
afterAll(() => mesh.close());

async function groups(by: string, select: string): Promise<Tree[]> {
  const query = `{ flightAggregate(groupBy: [${by}], first: 100) { ${select} } }`;
  return (await mesh.ask('operations', query)).flightAggregate;
}

const object = (): Tree => domain(mesh.mesh, 'operations').products[0]!.objects.find(({ name }) => name === 'flights');

test.each([
  ['date', `date_trunc(UNIT, date, 'UTC')`, 'DateTime'],
  ['day', 'date_trunc(UNIT, day::timestamp)::date', 'Date'],
  ['departure', 'date_trunc(UNIT, departure::interval)::time', 'Time'],
])('%s groups by the first moment of each unit that it has', async (field, expression) => {
  const property = object().properties.find((one: Tree) => one.field === field);
  for (const unit of dateUnits(property)) {
    const found = await groups(`{property: ${field}, truncate: ${unit}}`, `key { value: ${field} } count`);
    const truncated = expression.replace('UNIT', `'${unit.toLowerCase()}'`);
    const { rows } = await mesh.owner.query(
      `select ${truncated} as value, count(*), to_json(${truncated})::text as json from operations.flights__1 group by 1, 3 order by 1`,
    );
    const moment = (text: string | null): unknown =>
      text === null ? null : field === 'date' ? new Date(text).getTime() : text;
    expect(found.map(({ key, count }) => [moment(key.value), count])).toEqual(
      rows.map(({ json, count }) => [moment(JSON.parse(json ?? 'null')), count]),
    );
  }
});

test('weeks begin on Monday, and days of the week before are in it', async () => {
  const found = await groups('{property: day, truncate: WEEK}', 'key { day } count');
  expect(found.map(({ key }) => key.day)).toEqual(['0001-01-01', '2024-02-26', '2024-03-04', '9999-12-27', null]);
});

test('a truncated key has the type of its property, and is what the order is by', async () => {
  const { flightAggregate } = await mesh.ask(
    'operations',
    `query ($unit: DateUnit) { flightAggregate(groupBy: {property: date, truncate: $unit}, orderBy: {key: {date: DESC}}, first: 2)
      { key { date } sum { distance } } }`,
    { unit: 'YEAR' },
  );
  expect(flightAggregate.map(({ key }: Tree) => key.date)).toEqual([
    '9999-01-01T00:00:00.000Z',
    '2024-01-01T00:00:00.000Z',
  ]);
});

test('a group is of all the units that are asked for', async () => {
  const found = await groups(
    '{property: date, truncate: MONTH}, {property: day, truncate: YEAR}',
    'key { date day } count',
  );
  const { rows } = await mesh.owner.query(
    `select distinct date_trunc('month', date, 'UTC'), date_trunc('year', day::timestamp) from operations.flights__1`,
  );
  expect(found).toHaveLength(rows.length);
});

test('without a unit, or with null for it, values are as they are', async () => {
  const plain = await groups('{property: day}', 'key { day } count');
  expect(await groups('{property: day, truncate: null}', 'key { day } count')).toEqual(plain);
  expect(plain).toHaveLength(DAYS.length);
});

test('what Postgres has beyond the years of the graph breaks no group of the others', async () => {
  await mesh.owner.query(
    `insert into operations.flights__1 (id, date, day, distance, origin_iata) values
       (1001, 'infinity', 'infinity', 0, 'SEA'), (1002, '4713-12-31 BC', '5874897-12-31', 0, 'SEA'), (1003, '-infinity', '4713-01-02 BC', 0, 'SEA')`,
  );
  for (const unit of DATE_UNITS.slice(0, 5)) {
    const found = await groups(`{property: date, truncate: ${unit}}, {property: day, truncate: ${unit}}`, 'count');
    expect(found.map(({ count }) => Number(count)).reduce((sum, count) => sum + count, 0)).toBe(87);
  }
  await mesh.owner.query('delete from operations.flights__1 where id > 1000');
});

test.each([
  ['{property: delay, truncate: DAY}', 'cannot truncate delay to DAY: Int has no units'],
  ['{property: day, truncate: HOUR}', 'it has YEAR, QUARTER, MONTH, WEEK, DAY'],
  ['{property: departure, truncate: DAY}', 'it has HOUR, MINUTE, SECOND'],
  ['{property: phase, truncate: DAY}', 'cannot truncate phase'],
  ['[{property: day, truncate: DAY}, {property: day, truncate: WEEK}]', 'day twice'],
  ['[{property: day}, {property: day, truncate: WEEK}]', 'day twice'],
])('%s is refused', async (groupBy, says) => {
  expect(await mesh.errors('operations', `{ flightAggregate(groupBy: ${groupBy}) { count } }`)).toEqual([
    { code: 'BAD_INPUT', path: ['flightAggregate'], message: expect.stringContaining(says) },
  ]);
});

test('objects without days and times have no units', async () => {
  expect(
    await mesh.errors('operations', '{ carrierAggregate(groupBy: {property: code, truncate: DAY}) { count } }'),
  ).toEqual([expect.objectContaining({ message: expect.stringContaining('truncate') })]);
});
