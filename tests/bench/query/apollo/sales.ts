import DataLoader from 'dataloader';
import type { Knex } from 'knex';
import { grouped, inOrder, page, PAGE_SDL, type Row } from './page.ts';
import { type RequestContext, serveSubgraph } from './serve-subgraph.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  ${PAGE_SDL}
  type Query {
    order(id: ID!): Order
    orders(where: OrderWhere, newestFirst: Boolean = false, first: Int = 50): OrderConnection!
    orderAggregate(where: OrderWhere, groupBy: [OrderProperty!]!): [OrderGroup!]!
  }
  input OrderWhere { idFrom: ID idBelow: ID totalAtLeast: Decimal status: OrderStatus }
  enum OrderStatus { OPEN SHIPPED RETURNED CANCELLED }
  enum OrderProperty { status priority }
  type Order @key(fields: "id") {
    id: ID! status: OrderStatus! priority: String! orderedOn: Date! total: Decimal!
    customer: Customer
    orderLines(first: Int = 50): OrderLineList!
  }
  type OrderConnection { nodes: [Order!]! edges: [OrderEdge!]! pageInfo: PageInfo! }
  type OrderEdge { cursor: String! node: Order! }
  type OrderLine { id: ID! position: Int! quantity: Int! price: Decimal! part: Part }
  type OrderLineList { nodes: [OrderLine!]! }
  type OrderGroup { key: OrderGroupKey! count: String! sum: OrderTotal! avg: OrderTotal! max: OrderTotal! }
  type OrderGroupKey { status: OrderStatus priority: String }
  type OrderTotal { total: Decimal }
  type OrderList { nodes: [Order!]! }
  type Customer @key(fields: "id") { id: ID! orders(newestFirst: Boolean = false, first: Int = 50): OrderList! }
  type Part @key(fields: "id", resolvable: false) { id: ID! }
`;

interface Where {
  readonly idFrom?: string;
  readonly idBelow?: string;
  readonly totalAtLeast?: string;
  readonly status?: string;
}

function filtered(query: Knex.QueryBuilder, where: Where = {}): Knex.QueryBuilder {
  if (where.idFrom != null) void query.where('id', '>=', Number(where.idFrom));
  if (where.idBelow != null) void query.where('id', '<', Number(where.idBelow));
  if (where.totalAtLeast != null) void query.where('total', '>=', where.totalAtLeast);
  if (where.status != null) void query.where('status', where.status);
  return query;
}

const loaders = (database: Knex) => {
  const lists = new Map<string, DataLoader<number, Row[]>>();
  const list = (name: string, sql: string, column: string): DataLoader<number, Row[]> => {
    const loader =
      lists.get(name) ??
      new DataLoader<number, Row[]>(async (ids) => {
        const { rows } = await database.raw<{ rows: Row[] }>(sql, [[...ids]]);
        return grouped(ids, rows, column);
      });
    lists.set(name, loader);
    return loader;
  };
  return {
    order: new DataLoader<number, Row | null>(async (ids) =>
      inOrder(ids, await database('sales.orders').whereIn('id', [...ids])),
    ),
    linesOf: (first: number) =>
      list(
        `lines ${first}`,
        `select line.* from unnest(?::int[]) as given(id), lateral
           (select * from sales.order_lines where order_id = given.id order by position limit ${first}) as line`,
        'order_id',
      ),
    ordersOf: (newestFirst: boolean, first: number) =>
      list(
        `orders ${newestFirst} ${first}`,
        `select found.* from unnest(?::int[]) as given(id), lateral
           (select * from sales.orders where customer_id = given.id order by id ${newestFirst ? 'desc' : 'asc'} limit ${first}) as found`,
        'customer_id',
      ),
  };
};

type Context = RequestContext<ReturnType<typeof loaders>>;

const resolvers = {
  Query: {
    order: (_: unknown, { id }: { id: string }, context: Context) => context.loaders.order.load(Number(id)),
    orders: (
      _: unknown,
      { where, newestFirst, first }: { where?: Where; newestFirst: boolean; first: number },
      { database }: Context,
    ) => page(filtered(database('sales.orders').orderBy('id', newestFirst ? 'desc' : 'asc'), where), first),
    orderAggregate: async (
      _: unknown,
      { where, groupBy }: { where?: Where; groupBy: string[] },
      { database }: Context,
    ) => {
      const query = database('sales.orders')
        .select(groupBy)
        .count('* as count')
        .sum('total as sum')
        .avg('total as avg');
      const rows: Row[] = await filtered(query, where).max('total as max').groupBy(groupBy);
      return rows.map(({ status, priority, count, sum, avg, max }) => ({
        key: { status, priority },
        count,
        sum: { total: sum },
        avg: { total: avg },
        max: { total: max },
      }));
    },
  },
  Order: {
    __resolveReference: ({ id }: { id: string }, context: Context) => context.loaders.order.load(Number(id)),
    orderedOn: (order: Row) => order['ordered_on'],
    customer: (order: Row) => ({ id: order['customer_id'] }),
    orderLines: async ({ id }: { id: number }, { first }: { first: number }, context: Context) => ({
      nodes: await context.loaders.linesOf(first).load(id),
    }),
  },
  OrderLine: { part: (line: Row) => ({ id: line['part_id'] }) },
  Customer: {
    orders: async (
      { id }: { id: string },
      { newestFirst, first }: { newestFirst: boolean; first: number },
      context: Context,
    ) => ({ nodes: await context.loaders.ordersOf(newestFirst, first).load(Number(id)) }),
  },
};

await serveSubgraph({ typeDefs, resolvers, loaders });
