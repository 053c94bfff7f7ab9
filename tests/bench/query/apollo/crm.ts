import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import { inOrder, page, PAGE_SDL, type Row } from './page.ts';
import { type RequestContext, serveSubgraph } from './serve-subgraph.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  ${PAGE_SDL}
  type Query {
    customer(id: ID!): Customer
    customers(where: CustomerWhere, first: Int = 50): CustomerConnection!
  }
  input CustomerWhere { idAbove: ID }
  type Customer @key(fields: "id") {
    id: ID! name: String! city: String! segment: String! balance: Decimal! since: Date!
  }
  type CustomerConnection { nodes: [Customer!]! edges: [CustomerEdge!]! pageInfo: PageInfo! }
  type CustomerEdge { cursor: String! node: Customer! }
`;

const loaders = (database: Knex) => ({
  customer: new DataLoader<number, Row | null>(async (ids) =>
    inOrder(ids, await database('crm.customers').whereIn('id', [...ids])),
  ),
});

type Context = RequestContext<ReturnType<typeof loaders>>;

const resolvers = {
  Query: {
    customer: (_: unknown, { id }: { id: string }, context: Context) => context.loaders.customer.load(Number(id)),
    customers: (
      _: unknown,
      { where, first }: { where?: { idAbove?: string }; first: number },
      { database }: Context,
    ) => {
      const query = database('crm.customers').orderBy('id');
      if (where?.idAbove != null) void query.where('id', '>', Number(where.idAbove));
      return page(query, first);
    },
  },
  Customer: {
    __resolveReference: ({ id }: { id: string }, context: Context) => context.loaders.customer.load(Number(id)),
  },
};

await serveSubgraph({ typeDefs, resolvers, loaders });
