import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { startMesh, type RunningMesh } from '../testkit/mesh.ts';

/** The whole spine as a newcomer starts it: one command, real data, one graph. */
let mesh: RunningMesh;
let duckdb: DuckDBInstance;

const DATA = fileURLToPath(new URL('../../node_modules/vega-datasets/data/', import.meta.url));
const FLIGHTS = `read_parquet('${DATA}flights-3m.parquet', file_row_number = true)`;
const AIRPORTS = `read_csv('${DATA}airports.csv', header = true, all_varchar = true)`;
const STRIKES = `read_csv('${DATA}birdstrikes.csv', header = true, all_varchar = true)`;
const WEATHER = `read_csv('${DATA}weather.csv', header = true, all_varchar = true)`;

beforeAll(async () => {
  duckdb = await DuckDBInstance.create(':memory:', { memory_limit: '1GB', threads: '2' });
  mesh = await startMesh();
}, 300_000);

afterAll(async () => {
  await mesh.stop();
  duckdb.closeSync();
}, 60_000);

async function rowsOf(sql: string): Promise<unknown[][]> {
  const connection = await duckdb.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
  }
}

async function valueOf(sql: string): Promise<unknown> {
  return (await rowsOf(sql))[0]![0];
}

describe('once `npm start` says ready', () => {
  test('all five managed products are published and their first runs are green', async () => {
    const { dataProducts } = await mesh.ask<{
      dataProducts: {
        nodes: { id: string; kind: string; datasetVersion: { version: number } | null; runs: { phase: string }[] }[];
      };
    }>('{ dataProducts { nodes { id kind datasetVersion { version } runs { phase } } } }');
    const managed = dataProducts.nodes.filter(({ kind }) => kind === 'MANAGED');
    expect(managed.map(({ id }) => id)).toEqual([
      'network/airports',
      'operations/flights',
      'operations/routes',
      'safety/bird-strikes',
      'weather/daily',
    ]);
    for (const product of managed) {
      expect(product.datasetVersion).not.toBeNull();
      expect(product.runs.map(({ phase }) => phase)).toEqual(['SUCCEEDED']);
    }
    expect(dataProducts.nodes.filter(({ kind }) => kind === 'REMOTE').map(({ id }) => id)).toEqual([
      'geography/places',
    ]);
  });

  test('one query answers over four subgraphs', async () => {
    const answer = await mesh.request(`{
      routes(orderBy: [{ flights: DESC }], first: 10) {
        nodes {
          flights
          meanDelayMinutes
          origin {
            iata name city
            birdStrikes { totalCount }
            nearestAirports(first: 3) { distanceMiles airport { iata name } }
          }
        }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    const busiest = await rowsOf(`
      select origin, count(*)::int, avg(delay)::double from ${FLIGHTS}
       group by origin, destination order by count(*) desc limit 10`);
    const { nodes } = (answer.data as { routes: { nodes: RouteNode[] } }).routes;
    expect(nodes.map(({ origin, flights }) => [origin.iata, flights])).toEqual(
      busiest.map(([origin, flights]) => [origin, flights]),
    );
    // Which airport a name means is the domain's own mapping; how often each was struck must then agree with its rows.
    const { birdStrikeAggregate } = await mesh.ask<{
      birdStrikeAggregate: { key: { airportIata: string | null }; count: string }[];
    }>('{ birdStrikeAggregate(groupBy: [{ property: airportIata }]) { key { airportIata } count } }');
    const strikes = new Map(birdStrikeAggregate.map(({ key, count }) => [key.airportIata, count]));
    expect(strikes.get('DFW')).toBe(
      await valueOf(`select count(*)::varchar from ${STRIKES} where "Airport Name" = 'DALLAS/FORT WORTH INTL ARPT'`),
    );
    for (const [at, node] of nodes.entries()) {
      expect(node.meanDelayMinutes).toBeCloseTo(busiest[at]![2] as number, 6);
      expect(node.origin.name).toEqual(expect.any(String));
      expect(node.origin.birdStrikes.totalCount).toBe(strikes.get(node.origin.iata) ?? '0');
      expect(node.origin.nearestAirports).toHaveLength(3);
      expect(node.origin.nearestAirports.every(({ airport }) => typeof airport.name === 'string')).toBe(true);
    }
    const read = (answer.extensions as { dataProducts: { id: string; datasetVersion: number | null }[] }).dataProducts;
    expect(read.map(({ id }) => id).sort()).toEqual([
      'geography/places',
      'network/airports',
      'operations/routes',
      'safety/bird-strikes',
    ]);
  });
});

interface RouteNode {
  readonly flights: number;
  readonly meanDelayMinutes: number;
  readonly origin: {
    readonly iata: string;
    readonly name: string;
    readonly birdStrikes: { readonly totalCount: string };
    readonly nearestAirports: readonly { readonly airport: { readonly name: string } }[];
  };
}

describe('an aggregate over the mesh is what DuckDB computes from the same files', () => {
  test('3,000,000 flights and 3,376 airports', async () => {
    const { flightAggregate, airports } = await mesh.ask<{
      flightAggregate: { count: string }[];
      airports: { totalCount: string | number };
    }>('{ flightAggregate { count } airports { totalCount } }');
    expect(flightAggregate[0]!.count).toBe('3000000');
    expect(flightAggregate[0]!.count).toBe(String(await valueOf(`select count(*) from ${FLIGHTS}`)));
    expect(Number(airports.totalCount)).toBe(3376);
  });

  test('the longest and shortest delay, and the distance flown', async () => {
    const { flightAggregate } = await mesh.ask<{
      flightAggregate: { min: { delay: number }; max: { delay: number }; sum: { distance: string } }[];
    }>('{ flightAggregate { min { delay } max { delay } sum { distance } } }');
    const [shortest, longest, distance] = (
      await rowsOf(`select min(delay)::int, max(delay)::int, sum(distance)::varchar from ${FLIGHTS}`)
    )[0]!;
    expect(flightAggregate[0]).toEqual({ min: { delay: shortest }, max: { delay: longest }, sum: { distance } });
  });

  test('late flights by origin', async () => {
    const { flightAggregate } = await mesh.ask<{ flightAggregate: { key: { originIata: string }; count: string }[] }>(
      `{ flightAggregate(where: { delay: { gt: 60 } }, groupBy: [{ property: originIata }],
                         orderBy: [{ count: DESC }, { key: { originIata: ASC } }], first: 20) { key { originIata } count } }`,
    );
    const expected = await rowsOf(
      `select origin, count(*)::varchar from ${FLIGHTS} where delay > 60 group by 1 order by count(*) desc, 1 limit 20`,
    );
    expect(flightAggregate.map(({ key, count }) => [key.originIata, count])).toEqual(expected);
  });

  test('the mean delay of one origin', async () => {
    const { flightAggregate } = await mesh.ask<{ flightAggregate: { avg: { delay: number } }[] }>(
      '{ flightAggregate(where: { originIata: { eq: "SFO" } }) { avg { delay } } }',
    );
    const expected = (await valueOf(`select avg(delay)::double from ${FLIGHTS} where origin = 'SFO'`)) as number;
    expect(flightAggregate[0]!.avg.delay).toBeCloseTo(expected, 9);
  });

  test('airports by state', async () => {
    const { airportAggregate } = await mesh.ask<{
      airportAggregate: { key: { state: string | null }; count: string }[];
    }>(
      `{ airportAggregate(groupBy: [{ property: state }], orderBy: [{ count: DESC }, { key: { state: ASC } }], first: 10) {
           key { state } count } }`,
    );
    const expected = await rowsOf(
      `select state, count(*)::varchar from ${AIRPORTS} group by 1 order by count(*) desc, 1 limit 10`,
    );
    expect(airportAggregate.map(({ key, count }) => [key.state, count])).toEqual(expected);
  });

  test('what bird strikes cost', async () => {
    const { birdStrikeAggregate } = await mesh.ask<{
      birdStrikeAggregate: { count: string; sum: { costTotal: string | number } }[];
    }>('{ birdStrikeAggregate { count sum { costTotal } } }');
    const [count, cost] = (
      await rowsOf(`select count(*)::varchar, sum("Cost Total $"::bigint)::varchar from ${STRIKES}`)
    )[0]!;
    expect(birdStrikeAggregate[0]!.count).toBe(count);
    expect(String(birdStrikeAggregate[0]!.sum.costTotal)).toBe(cost);
  });

  test('rain in Seattle', async () => {
    const { dailyWeatherAggregate } = await mesh.ask<{
      dailyWeatherAggregate: { count: string; sum: { precipitation: number | string } }[];
    }>('{ dailyWeatherAggregate(where: { location: { eq: "Seattle" } }) { count sum { precipitation } } }');
    const [count, rain] = (
      await rowsOf(`select count(*)::varchar, sum(precipitation::double) from ${WEATHER} where location = 'Seattle'`)
    )[0]!;
    expect(dailyWeatherAggregate[0]!.count).toBe(count);
    expect(Number(dailyWeatherAggregate[0]!.sum.precipitation)).toBeCloseTo(rain as number, 6);
  });
});
