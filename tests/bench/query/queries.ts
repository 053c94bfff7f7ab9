/** JSON of any shape: what is wrong about it is seen when the answers are compared. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Tree = any;

export const QUERY_NAMES = ['q1', 'q2', 'q3', 'q4', 'q5', 'q6'] as const;
export type QueryName = (typeof QUERY_NAMES)[number];

/** The languages in which the peers are asked: `ordinary` is that of the hand-written subgraphs, and of mercurius. */
export type Dialect = 'weft' | 'ordinary' | 'postgraphile';

export interface BenchQuery {
  /** What it asks for, in a few words. */
  readonly title: string;
  /** Those of the index-th request: another for each, so that no answer can be used twice. */
  readonly variables: (index: number, rows: Rows) => Readonly<Record<string, unknown>>;
  /** Variables that a dialect's text takes, made from the common ones; where absent, the common ones. */
  readonly text: Readonly<Partial<Record<Dialect, string>>>;
  /** What a dialect's answer says, in the words of Weft's. */
  readonly same?: Readonly<Partial<Record<Dialect, (data: Tree) => Tree>>>;
}

/** How many rows were seeded. */
export interface Rows {
  readonly customers: number;
  readonly orders: number;
  readonly parts: number;
}

/** The sizes at a scale; only the latest fifth of the orders has lines. */
export function rowsAt(scale: number): Rows {
  const times = (count: number): number => Math.round(count * scale);
  return { customers: times(150_000), orders: times(1_500_000), parts: times(200_000) };
}

// A prime, so that index * STRIDE visits every number below a count that it does not divide.
const STRIDE = 48_271;

/** A number of 1 to `count`, far from that of the index before, each once in `count` requests. */
const spread = (index: number, count: number): number => 1 + ((index * STRIDE) % count);

/** The queries of the table, and two more. */
export const QUERIES: Readonly<Record<QueryName, BenchQuery>> = {
  q1: {
    title: 'one entity, 3 fields',
    variables: (index, { customers }) => ({ id: String(spread(index, customers)) }),
    text: {
      weft: 'query Q1($id: ID!) { customer(id: $id) { name city segment } }',
      ordinary: 'query Q1($id: ID!) { customer(id: $id) { name city segment } }',
      postgraphile: 'query Q1($id: Int!) { customer: customerByRowId(rowId: $id) { name city segment } }',
    },
  },
  q2: {
    title: '50 orders filtered and sorted, the customer of each, first 5 lines of each with their part',
    // Lines are of the latest fifth; the last 5,000 are kept from the end, so that each page is full.
    variables: (index, { orders }) => ({
      before: String(orders * 0.8 + 5_000 + spread(index, orders / 5 - 5_000)),
      atLeast: String(300 + (index % 97)),
    }),
    text: {
      weft: `query Q2($before: ID!, $atLeast: Decimal!) {
  orders(where: { id: { lt: $before }, total: { gte: $atLeast }, status: { eq: SHIPPED } }, orderBy: [{ id: DESC }], first: 50) {
    nodes {
      id status orderedOn total
      customer { id name city segment }
      orderLines(orderBy: [{ position: ASC }], first: 5) { nodes { position quantity price part { id name brand price } } }
    }
  }
}`,
      ordinary: `query Q2($before: ID!, $atLeast: Decimal!) {
  orders(where: { idBelow: $before, totalAtLeast: $atLeast, status: SHIPPED }, newestFirst: true, first: 50) {
    nodes {
      id status orderedOn total
      customer { id name city segment }
      orderLines(first: 5) { nodes { position quantity price part { id name brand price } } }
    }
  }
}`,
      postgraphile: `query Q2($before: Int!, $atLeast: BigFloat!) {
  orders: allOrders(filter: { rowId: { lessThan: $before }, total: { greaterThanOrEqualTo: $atLeast }, status: { equalTo: "SHIPPED" } }, orderBy: ROW_ID_DESC, first: 50) {
    nodes {
      id: rowId status orderedOn total
      customer: customerByCustomerId { id: rowId name city segment }
      orderLines: orderLinesByOrderId(orderBy: POSITION_ASC, first: 5) { nodes { position quantity price part: partByPartId { id: rowId name brand price } } }
    }
  }
}`,
    },
  },
  q3: {
    title: 'aggregate by group',
    // A page of time: two thousand orders, in up to twelve groups.
    variables: (index, { orders }) => {
      const from = spread(index, orders - 2_000);
      return { from: String(from), to: String(from + 2_000) };
    },
    text: {
      weft: `query Q3($from: ID!, $to: ID!) {
  orderAggregate(
    where: { id: { gte: $from, lt: $to } }
    groupBy: [{ property: status }, { property: priority }]
    orderBy: [{ key: { status: ASC } }, { key: { priority: ASC } }]
  ) { key { status priority } count sum { total } avg { total } max { total } }
}`,
      ordinary: `query Q3($from: ID!, $to: ID!) {
  orderAggregate(where: { idFrom: $from, idBelow: $to }, groupBy: [status, priority]) {
    key { status priority } count sum { total } avg { total } max { total }
  }
}`,
      postgraphile: `query Q3($from: Int!, $to: Int!) {
  orders: allOrders(filter: { rowId: { greaterThanOrEqualTo: $from, lessThan: $to } }) {
    groups: groupedAggregates(groupBy: [STATUS, PRIORITY]) {
      keys distinctCount { rowId } sum { total } average { total } max { total }
    }
  }
}`,
    },
    same: {
      weft: ({ orderAggregate }) => ({ orderAggregate: byKey(orderAggregate) }),
      ordinary: ({ orderAggregate }) => ({ orderAggregate: byKey(orderAggregate) }),
      postgraphile: ({ orders }) => ({
        orderAggregate: byKey(
          orders.groups.map(({ keys, distinctCount, sum, average, max }: Tree) => ({
            key: { status: keys[0], priority: keys[1] },
            count: distinctCount.rowId,
            sum,
            avg: average,
            max,
          })),
        ),
      }),
    },
  },
  q4: {
    title: 'Relay page of 100 rows, filtered',
    variables: (index, { parts }) => ({
      after: String(spread(index, parts - 2_000)),
      atLeast: String(500 + (index % 89)),
    }),
    text: {
      weft: `query Q4($after: ID!, $atLeast: Decimal!) {
  parts(where: { id: { gt: $after }, price: { gte: $atLeast } }, first: 100) {
    edges { cursor node { id name brand size price } }
    pageInfo { hasNextPage endCursor }
  }
}`,
      ordinary: `query Q4($after: ID!, $atLeast: Decimal!) {
  parts(where: { idAbove: $after, priceAtLeast: $atLeast }, first: 100) {
    edges { cursor node { id name brand size price } }
    pageInfo { hasNextPage endCursor }
  }
}`,
      postgraphile: `query Q4($after: Int!, $atLeast: BigFloat!) {
  parts: allParts(filter: { rowId: { greaterThan: $after }, price: { greaterThanOrEqualTo: $atLeast } }, orderBy: ROW_ID_ASC, first: 100) {
    edges { cursor node { id: rowId name brand size price } }
    pageInfo { hasNextPage endCursor }
  }
}`,
    },
  },
  q5: {
    title: 'a remote fetch in the midst: 20 orders, parts recommended by a remote service, each with name and price',
    variables: (index, { orders }) => ({ before: String(1_000 + spread(index, orders - 1_000)) }),
    text: {
      weft: `query Q5($before: ID!) {
  orders(where: { id: { lt: $before } }, orderBy: [{ id: DESC }], first: 20) { nodes { id total recommended { id name price } } }
}`,
      ordinary: `query Q5($before: ID!) {
  orders(where: { idBelow: $before }, newestFirst: true, first: 20) { nodes { id total recommended { id name price } } }
}`,
    },
  },
  q6: {
    title: 'nested lists, three domains deep: 10 customers, 5 orders of each, 3 lines, 2 stocks of the part',
    variables: (index, { customers }) => ({ after: String(spread(index, customers - 50)) }),
    text: {
      weft: `query Q6($after: ID!) {
  customers(where: { id: { gt: $after } }, first: 10) {
    nodes {
      id name
      orders(orderBy: [{ id: DESC }], first: 5) {
        nodes {
          id total
          orderLines(orderBy: [{ position: ASC }], first: 3) {
            nodes { quantity part { name stocks(orderBy: [{ id: ASC }], first: 2) { nodes { warehouse quantity } } } }
          }
        }
      }
    }
  }
}`,
      ordinary: `query Q6($after: ID!) {
  customers(where: { idAbove: $after }, first: 10) {
    nodes {
      id name
      orders(newestFirst: true, first: 5) {
        nodes {
          id total
          orderLines(first: 3) { nodes { quantity part { name stocks(first: 2) { nodes { warehouse quantity } } } } }
        }
      }
    }
  }
}`,
      postgraphile: `query Q6($after: Int!) {
  customers: allCustomers(filter: { rowId: { greaterThan: $after } }, orderBy: ROW_ID_ASC, first: 10) {
    nodes {
      id: rowId name
      orders: ordersByCustomerId(orderBy: ROW_ID_DESC, first: 5) {
        nodes {
          id: rowId total
          orderLines: orderLinesByOrderId(orderBy: POSITION_ASC, first: 3) {
            nodes { quantity part: partByPartId { name stocks: stocksByPartId(orderBy: ROW_ID_ASC, first: 2) { nodes { warehouse quantity } } } }
          }
        }
      }
    }
  }
}`,
    },
  },
};

/** The variables as a dialect takes them: PostGraphile's keys are Int. */
export function variablesFor(dialect: Dialect, variables: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (dialect !== 'postgraphile') return { ...variables };
  const numbered = ([name, value]: [string, unknown]) => [name, name === 'atLeast' ? value : Number(value)];
  return Object.fromEntries(Object.entries(variables).map(numbered));
}

/**
 * An answer's content: cursors count only as being there (each server has its own), keys as text, and groups in one order. What the
 * graph wants besides is alike in all.
 */
export function contentOf(query: BenchQuery, dialect: Dialect, data: Tree): unknown {
  return alike(query.same?.[dialect]?.(data) ?? data);
}

function alike(value: Tree, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => alike(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, alike(inner, name)]));
  if (/cursor$/i.test(key)) return typeof value === 'string' && value !== '';
  return key === 'id' || key === 'count' ? String(value) : (value as unknown);
}

function byKey(groups: Tree[]): Tree[] {
  const keyOf = ({ key }: Tree): string => `${key.status} ${key.priority}`;
  return [...groups].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}
