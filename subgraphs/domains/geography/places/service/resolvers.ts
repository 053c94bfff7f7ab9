import { GraphQLError } from 'graphql';
import type { NearestLoader } from './nearest-airports.ts';
import { timeZone } from './time-zone.ts';

/** What a request brings along. */
export interface PlacesContext {
  readonly nearest: NearestLoader;
}

/** An airport as the gateway hands it over: its key, and the coordinates where a field `@requires` them. */
interface AirportReference {
  readonly iata: string;
  readonly latitude?: number;
  readonly longitude?: number;
}

/** The resolvers of `schema.graphql`. Airports are network/airports' own: nothing is looked up to resolve a reference. */
export const resolvers = {
  Airport: {
    timeZone: ({ latitude, longitude }: AirportReference) => timeZone(latitude, longitude),

    async nearestAirports({ iata }: AirportReference, { first }: { first: number }, context: unknown) {
      if (first < 1 || first > 50) {
        throw new GraphQLError(`nearestAirports(first: ${String(first)}): first must be 1 to 50.`, {
          extensions: { code: 'BAD_INPUT' },
        });
      }
      // `server.ts` makes this context for each request; @apollo/subgraph's types know of none.
      const { nearest } = context as PlacesContext;
      const airports = await nearest.load({ iata, first });
      return airports.map((airport) => ({ airport: { iata: airport.iata }, distanceMiles: airport.distanceMiles }));
    },
  },
};
