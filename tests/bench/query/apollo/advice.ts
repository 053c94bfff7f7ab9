import { readFileSync } from 'node:fs';
import { serveSubgraph } from './serve-subgraph.ts';

/** The remote service that Weft and its peers all ask: two parts for each order, out of its number alone. */
const typeDefs = readFileSync(new URL('../mesh/advice/recommendations/schema.graphql', import.meta.url), 'utf8');

const parts = Number(process.env['PARTS']);

const resolvers = {
  Order: {
    recommended: ({ id }: { id: string }) =>
      [7_919, 104_729].map((factor) => ({ id: String(1 + ((Number(id) * factor) % parts)) })),
  },
};

await serveSubgraph({ typeDefs, resolvers, loaders: () => ({}) });
