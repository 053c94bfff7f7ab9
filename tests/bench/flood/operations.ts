import { createHash } from 'node:crypto';

/** A request of the flood: what kind it is, and what is sent. */
export interface FloodRequest {
  readonly kind: string;
  readonly body: string;
}

/** Operations that are asked all the time, as a few clients would: they must not feel the flood. */
export const FREQUENT: Readonly<Record<string, string>> = {
  row: 'query Row { customer(id: "7") { name city segment } }',
  page: 'query Page { orders(first: 20, orderBy: [{ id: DESC }]) { nodes { id total status customer { name city } } } }',
  planned:
    'query Planned { orders(first: 5, orderBy: [{ id: DESC }]) { nodes { id total recommended { id name price } } } }',
};

type Made = Readonly<Record<string, unknown>> & { readonly query?: string };

/** What each of twenty requests is; `index` is in every text, so that none is sent twice. */
const KINDS: readonly (readonly [kind: string, make: (index: number, block: number) => Made])[] = [
  ...repeated(6, 'new text', (index) => ({ query: `query F${index} { customer(id: "3") { a${index}: name city } }` })),
  // Two texts, one statement: what was used before is prepared.
  ...repeated(2, 'new text, known statement', (index, block) => ({
    query: `query F${index} { customer(id: "4") { p${block}: name segment } }`,
  })),
  ...repeated(2, 'new text with variables', (index) => ({
    query: `query F${index}($where: OrderWhere) { orders(where: $where, first: 1) { nodes { ...P } } } fragment P on Order { b${index}: total }`,
    variables: { where: { total: { gte: String(index % 400) } } },
  })),
  // Of variables: each has other filters in another order.
  ...repeated(1, 'new shape', (index) => ({
    query: 'query Shapes($where: OrderWhere) { orders(where: $where, first: 1) { nodes { id } } }',
    variables: { where: shape(index) },
  })),
  ...repeated(2, 'planned', (index) => ({
    query: `query F${index} { orders(first: 1) { nodes { c${index}: total recommended { d${index}: name } } } }`,
  })),
  ...repeated(1, 'catalog', (index) => ({ query: `query F${index} { domains { e${index}: id } }` })),
  ...repeated(1, 'mutation', (index) => ({
    query: `mutation F${index} { f${index}: refresh(product: "crm/customers") { __typename } }`,
  })),
  ...repeated(1, 'invalid', (index) => ({ query: `query F${index} { customer(id: "1") { g${index} } }` })),
  ...repeated(1, 'syntax error', (index) => ({ query: `query F${index} { customer(id: "1") { name }` })),
  ...repeated(1, 'text with its hash', (index) => {
    const query = `query F${index} { part(id: "1") { h${index}: name } }`;
    return { query, extensions: persisted(query) };
  }),
  ...repeated(1, 'hash alone', (index) => ({ extensions: persisted(`query F${index} { part(id: "1") { i: name } }`) })),
  ...repeated(1, 'variant of a frequent one', (index) => ({ query: `${FREQUENT['row']} # ${index}` })),
];

// So seldom that the small ones are most of the work, so often that what is kept of them would be seen.
const LARGE_EVERY = 500;

const LARGE: readonly (readonly [kind: string, make: (index: number) => Made])[] = [
  [
    'large text',
    (index) => ({ query: `query F${index} { customer(id: "5") { ${many(1_500, (at) => `l${index}x${at}: city`)} } }` }),
  ],
  [
    'large text, planned',
    (index) => ({
      query: `query F${index} { orders(first: 1) { nodes { recommended { id } ${many(1_000, (at) => `l${index}x${at}: total`)} } } }`,
    }),
  ],
  [
    'large comment with its hash',
    (index) => {
      const query = `query F${index} { part(id: "2") { j${index}: name } } # ${'x'.repeat(200_000)}`;
      return { query, extensions: persisted(query) };
    },
  ],
  ['large invalid text', (index) => ({ query: `query F${index} { nothing } # ${'x'.repeat(90_000)}` })],
  [
    'large variables',
    (index) => ({
      query: 'query Large($where: OrderWhere) { orders(where: $where, first: 1) { nodes { id } } }',
      variables: { where: { or: [shape(index), ...Array.from({ length: 500 }, (_, at) => shape(at))] } },
    }),
  ],
];

/** The index-th request: another for each; of the mixture, or of one kind. */
export function floodRequest(index: number, only: string | null): FloodRequest {
  const block = Math.floor(index / KINDS.length);
  const large = LARGE[Math.floor(index / LARGE_EVERY) % LARGE.length]!;
  const one = [...KINDS, ...LARGE].find(([kind]) => kind === only);
  const [kind, make] = one ?? (index % LARGE_EVERY === LARGE_EVERY - 1 ? large : KINDS[index % KINDS.length]!);
  return { kind, body: JSON.stringify(make(index, block)) };
}

function repeated(times: number, ...kind: (typeof KINDS)[number]): (typeof KINDS)[number][] {
  return Array.from({ length: times }, () => kind);
}

function many(count: number, make: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => make(at)).join(' ');
}

function persisted(query: string): object {
  return { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
}

const FILTERS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const;

/** Filters on two columns: which they are, the digits of the index say. */
function shape(index: number): object {
  const filters = (from: number): object => {
    const given = FILTERS.filter((name, at) => name === 'ne' || Math.floor(from / 2 ** at) % 2 === 1);
    return Object.fromEntries(given.map((name) => [name, '100']));
  };
  return { total: filters(index), id: filters(Math.floor(index / 64)), priority: filters(Math.floor(index / 4_096)) };
}
