import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
  await database.pool.query(`
    create table airports (iata text, latitude double precision, longitude double precision);
    insert into airports values ('JFK', 40.63975, -73.77893), ('LAX', 33.94254, -118.40807), ('PDX', 45.58872, -122.5975);
  `);
});
afterAll(() => database.drop());

/** What a product's `transform.sql` yields over the tables that stand. */
async function transformed(product: string): Promise<Record<string, unknown>[]> {
  const sql = await readFile(new URL(`../../../subgraphs/domains/${product}/transform.sql`, import.meta.url), 'utf8');
  const { rows } = await database.pool.query<Record<string, unknown>>(sql);
  return rows;
}

test('there and back are two routes, late is more than 15 minutes, and the map knows the distance', async () => {
  await database.pool.query(`
    create table flights (origin_iata text, destination_iata text, delay integer, distance integer);
    insert into flights values
      ('JFK', 'LAX', -5, 2475), ('JFK', 'LAX', 15, 2475), ('JFK', 'LAX', 16, 2475), ('JFK', 'LAX', 94, 2500),
      ('LAX', 'JFK', 0, 2475), ('LAX', 'ZZZ', 3, 10);
  `);
  const routes = await transformed('operations/routes');
  expect(routes).toHaveLength(3);
  const there = routes.find(
    ({ origin_iata, destination_iata }) => origin_iata === 'JFK' && destination_iata === 'LAX',
  )!;
  expect(there).toMatchObject({ flights: '4', p95_delay_minutes: expect.closeTo(82.3, 9), distance_miles: 2475 });
  expect(Number(there['mean_delay_minutes'])).toBe(30);
  expect(Number(there['on_time_share'])).toBe(0.5);
  // The Earth is not quite the ball that the haversine takes it for: half a percent at most.
  expect(Math.abs((there['great_circle_miles'] as number) / 2475 - 1)).toBeLessThan(0.005);
  // An airport that network/airports lacks costs the distance, not the route.
  expect(routes.find(({ destination_iata }) => destination_iata === 'ZZZ')).toMatchObject({
    flights: '1',
    great_circle_miles: null,
  });
});

test('a strike is mapped by name and state together, and to nothing that airports does not know', async () => {
  await database.pool.query(`
    create table strikes (row_number bigint, airport_name text, state text, date date, time_of_day text, phase text,
      species text, size text, aircraft text, operator text, speed integer, damage text,
      cost_repair integer, cost_other integer, cost_total integer);
    insert into strikes (row_number, airport_name, state) values
      (0, 'PORTLAND INTL', 'Oregon'), (1, 'PORTLAND INTL', 'Maine'), (2, 'NOWHERE', 'Oregon'), (3, 'GHOST', 'Nevada');
    create table airport_names (name text, state text, iata text);
    insert into airport_names values ('PORTLAND INTL', 'Oregon', 'PDX'), ('GHOST', 'Nevada', 'GHO');
  `);
  const strikes = await transformed('safety/bird-strikes');
  const mapped = strikes.map(({ id, airport_iata }) => [Number(id), airport_iata]).sort();
  expect(mapped).toEqual([
    [0, 'PDX'],
    [1, null],
    [2, null],
    [3, null],
  ]);
});

test('a city without an airport keeps its row, for the contract to refuse', async () => {
  await database.pool.query(`
    create table observations (location text, date date, precipitation double precision, temp_max double precision,
      temp_min double precision, wind double precision, weather text);
    insert into observations (location, weather) values ('Seattle', 'rain'), ('New York', 'sun'), ('Oslo', 'snow');
  `);
  const days = await transformed('weather/daily');
  expect(days.map(({ location, airport_iata }) => [location, airport_iata]).sort()).toEqual([
    ['New York', 'JFK'],
    ['Oslo', null],
    ['Seattle', 'SEA'],
  ]);
});
