import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { pino } from 'pino';
import { startPlaces } from '../../../subgraphs/domains/geography/places/service/server.ts';
import { timeZone } from '../../../subgraphs/domains/geography/places/service/time-zone.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';

let database: TestDatabase;
let reader: Knex;
let places: Awaited<ReturnType<typeof startPlaces>>;
const statements: string[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  await database.pool.query(`
    create schema network;
    create table network.airports (iata text, latitude double precision, longitude double precision);
    insert into network.airports values
      ('SEA', 47.44898194, -122.3093131), ('BFI', 47.52998917, -122.3019561), ('PDX', 45.58872222, -122.5975),
      ('JFK', 40.63975111, -73.77892556), ('LGA', 40.77724306, -73.87260917), ('EWR', 40.69249722, -74.16866056);
  `);
  reader = knex({ client: 'pg', connection: database.url, pool: { min: 0, max: 2 } });
  reader.on('query', ({ sql }: { sql: string }) => statements.push(sql));
  places = await startPlaces({ database: reader, log: pino({ level: 'silent' }) }, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await places.stop();
  await reader.destroy();
  await database.drop();
});

interface Answer {
  readonly data?: { readonly _entities: readonly unknown[] };
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** Asks as the gateway does: fields of airports, by their representations. */
async function entities(fields: string, ...airports: Record<string, unknown>[]): Promise<Answer> {
  const response = await fetch(places.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Airport { ${fields} } } }`,
      variables: { representations: airports.map((airport) => ({ __typename: 'Airport', ...airport })) },
    }),
  });
  return (await response.json()) as Answer;
}

describe('nearestAirports', () => {
  test('are the nearest, in order, with miles along the great circle, and not the airport itself', async () => {
    const answer = await entities('nearestAirports(first: 2) { airport { iata } distanceMiles }', { iata: 'JFK' });
    expect(answer).toEqual({
      data: {
        _entities: [
          {
            nearestAirports: [
              { airport: { iata: 'LGA' }, distanceMiles: expect.closeTo(10.69, 1) },
              { airport: { iata: 'EWR' }, distanceMiles: expect.closeTo(20.75, 1) },
            ],
          },
        ],
      },
    });
  });

  test('of many airports, and of two numbers, are one statement', async () => {
    statements.length = 0;
    const { data } = await entities(
      'one: nearestAirports(first: 1) { airport { iata } } two: nearestAirports(first: 2) { airport { iata } }',
      { iata: 'SEA' },
      { iata: 'JFK' },
      { iata: 'SEA' },
    );
    const around = (...iatas: string[]) => iatas.map((iata) => ({ airport: { iata } }));
    expect(data?._entities).toEqual([
      { one: around('BFI'), two: around('BFI', 'PDX') },
      { one: around('LGA'), two: around('LGA', 'EWR') },
      { one: around('BFI'), two: around('BFI', 'PDX') },
    ]);
    expect(statements).toHaveLength(1);
  });

  test('of an airport that network/airports does not have are none', async () => {
    const { data } = await entities('nearestAirports { distanceMiles }', { iata: `'; drop table airports; --` });
    expect(data?._entities).toEqual([{ nearestAirports: [] }]);
  });

  test.each([0, -1, 51])('are refused for first: %i, and the airport stays', async (first) => {
    const { data, errors } = await entities(`iata nearestAirports(first: ${first}) { distanceMiles }`, { iata: 'SEA' });
    expect(data?._entities).toEqual([{ iata: 'SEA', nearestAirports: null }]);
    expect(errors).toEqual([
      expect.objectContaining({
        message: `nearestAirports(first: ${first}): first must be 1 to 50.`,
        extensions: { code: 'BAD_INPUT' },
      }),
    ]);
  });

  test('fail alone and without a word of SQL while the view is gone', async () => {
    await database.pool.query('alter table network.airports rename to away');
    const { data, errors } = await entities('timeZone nearestAirports { distanceMiles }', {
      iata: 'SEA',
      latitude: 47.4,
      longitude: -122.3,
    });
    await database.pool.query('alter table network.away rename to airports');
    expect(data?._entities).toEqual([{ timeZone: 'America/Los_Angeles', nearestAirports: null }]);
    expect(errors?.map(({ message }) => message)).toEqual(['Places cannot answer this now.']);
    expect(JSON.stringify(errors)).not.toMatch(/select|relation|network/i);
  });
});

test.each([
  [47.44898194, -122.3093131, 'America/Los_Angeles'],
  [40.63975111, -73.77892556, 'America/New_York'],
  [33.43416667, -112.0080556, 'America/Phoenix'],
  [91, 0, null],
  [0, 180.1, null],
  [Number.NaN, 0, null],
  [null, undefined, null],
])('the time zone at %p, %p is %p', (latitude, longitude, expected) => {
  expect(timeZone(latitude, longitude)).toBe(expected);
});

test('the process says when it is ready, and ends in order though signal and end of its parent come together', async () => {
  const main = fileURLToPath(new URL('../../../subgraphs/domains/geography/places/service/main.ts', import.meta.url));
  const child = fork(main, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, PORT: '0', DATABASE_URL: database.url },
    stdio: 'ignore',
  });
  expect(await once(child, 'message')).toEqual([{ ready: true }, undefined]);
  child.kill('SIGTERM');
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
