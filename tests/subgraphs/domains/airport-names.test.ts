import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, expect, test } from '@jest/globals';

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const csv = (file: string): string => `read_csv('${file}', header = true, all_varchar = true)`;

let rowsOf: (sql: string) => Promise<unknown[][]>;

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  rowsOf = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson();
  await connection.run(`
    create table names as from ${csv(path('subgraphs/domains/safety/bird-strikes/airport-names.csv'))};
    create table airports as from ${csv(path('node_modules/vega-datasets/data/airports.csv'))};
    create table strikes as from ${csv(path('node_modules/vega-datasets/data/birdstrikes.csv'))};
  `);
});

test('every code is an airport of network/airports', async () => {
  expect(await rowsOf('from names anti join airports using (iata)')).toEqual([]);
});

test('a name in a state means one airport, and an airport has one name', async () => {
  expect(await rowsOf('select name, state from names group by all having count(*) > 1')).toEqual([]);
  expect(await rowsOf('select iata from names group by all having count(*) > 1')).toEqual([]);
});

test('every name is one that reports use', async () => {
  expect(
    await rowsOf(`from names anti join strikes on strikes."Airport Name" = name and strikes."Origin State" = state`),
  ).toEqual([]);
});

test('a state in full is always the same two letters of the airport: none of them was mapped to another state', async () => {
  const pairs = `select distinct names.state as full, airports.state as short from names join airports using (iata)`;
  expect(await rowsOf(`select "full" from (${pairs}) group by all having count(*) > 1`)).toEqual([]);
  // Both airports of Washington, DC, lie in Virginia.
  expect(await rowsOf(`select "full" from (${pairs}) where short = 'VA'`)).toEqual([['DC']]);
  expect(await rowsOf(`select short from (${pairs}) group by all having count(*) > 1`)).toEqual([]);
});

test('only Barksdale Air Force Base, which network/airports does not know, is left out', async () => {
  const unmapped = await rowsOf(`
    select "Airport Name", count(*)::int from strikes
    anti join names on name = "Airport Name" and state = "Origin State" group by all`);
  expect(unmapped).toEqual([['BARKSDALE AIR FORCE BASE ARPT', 435]]);
  expect(await rowsOf(`from airports where name ilike '%barksdale%' or iata = 'BAD'`)).toEqual([]);
});

/** Names that look like another airport's, or like no airport's at all. Checked by hand. */
test.each([
  ['PORTLAND INTL (OR)', 'PDX', 'not the one in Maine'],
  ['HOUSTON-HOBBY', 'HOU', 'not Intercontinental'],
  ['GEORGE BUSH INTERCONTINENTAL', 'IAH', 'not Hobby'],
  ['CHICAGO MIDWAY INTL ARPT', 'MDW', "not O'Hare"],
  ['RONALD REAGAN WASHINGTON NATL', 'DCA', 'not Dulles'],
  ['SACRAMENTO INTL', 'SMF', 'not Executive or Mather'],
  ['GREATER PITTSBURGH', 'PIT', 'not Allegheny County'],
  ['CHARLESTON AFB/INTL ARPT', 'CHS', 'not the one in West Virginia'],
  ['METRO OAKLAND INTL', 'OAK', 'the Metropolitan Oakland of California'],
  ['LOUISVILLE INTL ARPT', 'SDF', 'Standiford, not Bowman'],
  ['LOGAN INTL', 'BOS', 'not Logan, Utah'],
])('%s is %s, %s', async (name, iata) => {
  expect(await rowsOf(`select iata from names where name = '${name}'`)).toEqual([[iata]]);
});
