import { federation, type ServiceText } from '../../../gateway/federation/subgraph-service.ts';

interface Parcel {
  readonly size: string | null;
  readonly weight: number | null;
}

interface User {
  readonly email: string;
}

const USERS: readonly object[] = [{ email: 'ada@shop.example', name: 'Ada', yearsOfEmployment: 10 }];
const user = (email: string): object | null => USERS.find((one) => (one as User).email === email) ?? null;

/** Services of other teams, which a shop’s products are told of and tell of: each is written as its team would write it. */
export const STAND_INS = {
  users: {
    sdl: `${federation('@key', '@shareable')}
      type Query { users: [User!]! }
      type User @key(fields: "email") { email: ID! name: String yearsOfEmployment: Int! }`,
    resolvers: {
      Query: { users: () => USERS },
      User: { __resolveReference: ({ email }: User) => user(email) },
    },
  },
  /** Knows products by their id, requires what the shop has of them, and refers to them. */
  inventory: {
    sdl: `${federation('@key', '@external', '@requires')}
      type Query { inventory(id: ID!): Inventory }
      interface Inventory @key(fields: "id") { id: ID! products: [Product!]! }
      type Depot implements Inventory @key(fields: "id") { id: ID! products: [Product!]! }
      type Product @key(fields: "id") {
        id: ID!
        size: String @external
        weight: Float @external
        delivery(zip: String): Delivery @requires(fields: "size weight")
      }
      type Delivery { estimate: String! }`,
    resolvers: {
      Query: {
        inventory: (_: unknown, { id }: { id: string }) => ({
          __typename: 'Depot',
          id,
          products: ['teapot', 'kettle', 'gone'].map((product) => ({ id: product })),
        }),
      },
      Product: {
        __resolveReference: (product: object) => product,
        delivery: ({ size, weight }: Parcel, { zip }: { zip?: string }) =>
          size === null ? null : { estimate: `${size}, ${weight} kg to ${zip}` },
      },
    },
  },
  /** Knows products by their number on the shelf alone, and what they replace by both parts of its key. */
  shelf: {
    sdl: `${federation('@key')}
      type Query { cheapest: [Product]! obsolete: [DeprecatedProduct!]! }
      type Product @key(fields: "sku") { sku: String! price: Int }
      type DeprecatedProduct @key(fields: "sku package") { sku: String! package: String! replacement: Product }`,
    resolvers: {
      Query: {
        cheapest: () => [{ sku: 'S-1' }, null, { sku: 'K-1' }],
        obsolete: () => ['warm', 'cold'].map((name) => ({ sku: 'K-0', package: name })),
      },
      Product: {
        __resolveReference: (product: object) => product,
        price: ({ sku }: { sku: string }) => ({ 'K-1': 30, 'S-1': 2 })[sku] ?? null,
      },
      DeprecatedProduct: {
        __resolveReference: (product: object) => product,
        replacement: (product: { package: string }) => (product.package === 'warm' ? { sku: 'K-1' } : null),
      },
    },
  },
} as const satisfies Readonly<Record<string, ServiceText>>;
