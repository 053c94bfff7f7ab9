/**
 * A service as a team anywhere could have written it, by GraphQL Yoga: forecasts, which it adds to stations, and which refer to these. It
 * tells its address to who started it. In JavaScript and a process of its own: Yoga's types would bring the browser's into all of Weft.
 */
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

const SKY = { OSL: 'clear', BGO: 'rain' };

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query { forecasts: [Forecast!]! }
  type Forecast { sky: String! station: Station! }
  type Station @key(fields: "id") { id: ID! forecast: Forecast }`);
const forecastOf = (id) => (Object.hasOwn(SKY, id) ? { sky: SKY[id], station: { id } } : null);
const resolvers = {
  Query: { forecasts: () => Object.keys(SKY).map(forecastOf) },
  Station: { forecast: ({ id }) => forecastOf(id) },
};

const server = createServer(createYoga({ schema: buildSubgraphSchema({ typeDefs, resolvers }), logging: false }));
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}/graphql`));
process.on('disconnect', () => process.exit());
