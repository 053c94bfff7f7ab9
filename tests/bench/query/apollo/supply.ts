import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import { grouped, inOrder, page, PAGE_SDL, type Row } from './page.ts';
import { type RequestContext, serveSubgraph } from './serve-subgraph.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  ${PAGE_SDL}
  type Query {
    part(id: ID!): Part
    parts(where: PartWhere, first: Int = 50): PartConnection!
  }
  input PartWhere { idAbove: ID priceAtLeast: Decimal }
  type Part @key(fields: "id") {
    id: ID! name: String! brand: String! size: Int! price: Decimal!
    stocks(first: Int = 50): StockList!
  }
  type PartConnection { nodes: [Part!]! edges: [PartEdge!]! pageInfo: PageInfo! }
  type PartEdge { cursor: String! node: Part! }
  type Stock { id: ID! warehouse: String! quantity: Int! }
  type StockList { nodes: [Stock!]! }
`;

const loaders = (database: Knex) => {
  const stocks = new Map<number, DataLoader<number, Row[]>>();
  return {
    part: new DataLoader<number, Row | null>(async (ids) =>
      inOrder(ids, await database('supply.parts').whereIn('id', [...ids])),
    ),
    stocksOf: (first: number) => {
      const loader =
        stocks.get(first) ??
        new DataLoader<number, Row[]>(async (ids) => {
          const { rows } = await database.raw<{ rows: Row[] }>(
            `select stock.* from unnest(?::int[]) as part(id),
               lateral (select * from supply.stocks where part_id = part.id order by id limit ?) as stock`,
            [[...ids], first],
          );
          return grouped(ids, rows, 'part_id');
        });
      stocks.set(first, loader);
      return loader;
    },
  };
};

type Context = RequestContext<ReturnType<typeof loaders>>;

const resolvers = {
  Query: {
    part: (_: unknown, { id }: { id: string }, context: Context) => context.loaders.part.load(Number(id)),
    parts: (
      _: unknown,
      { where, first }: { where?: { idAbove?: string; priceAtLeast?: string }; first: number },
      { database }: Context,
    ) => {
      const query = database('supply.parts').orderBy('id');
      if (where?.idAbove != null) void query.where('id', '>', Number(where.idAbove));
      if (where?.priceAtLeast != null) void query.where('price', '>=', where.priceAtLeast);
      return page(query, first);
    },
  },
  Part: {
    __resolveReference: ({ id }: { id: string }, context: Context) => context.loaders.part.load(Number(id)),
    stocks: async ({ id }: { id: number }, { first }: { first: number }, context: Context) => ({
      nodes: await context.loaders.stocksOf(first).load(id),
    }),
  },
};

await serveSubgraph({ typeDefs, resolvers, loaders });
