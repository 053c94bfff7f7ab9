import { expect, test } from '@jest/globals';
import { gatewayHere } from '../gateway-here.ts';
import { remoteFolder } from '../product-text.ts';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

conforms({
  feature: '@override: a field that moves from one service to another',
  services: {
    old: {
      sdl: `${federation('@key')}
        type Query { bills: [Bill!]! motto: String! }
        type Bill @key(fields: "id") {
          id: ID! amount: Int! due: String! net: Int! tax: Int! fee: Int! note: String!
        }`,
      resolvers: {
        Query: { bills: () => [{ id: 'b' }], motto: () => 'old' },
        Bill: {
          __resolveReference: (bill: object) => bill,
          amount: () => 1,
          due: () => 'old',
          net: () => 1,
          tax: () => 1,
          fee: () => 1,
          note: () => 'old',
        },
      },
    },
    new: {
      sdl: `${federation('@key', '@override', '@external', '@requires')}
        type Query { motto: String! @override(from: "elsewhere/old") newest: Bill }
        type Bill @key(fields: "id") {
          id: ID!
          due: String! @external
          amount: Int! @override(from: "elsewhere/old")
          net: Int! @override(from: "elsewhere/old", label: "percent(100)")
          tax: Int! @override(from: "elsewhere/old", label: "percent(0)")
          fee: Int! @override(from: "elsewhere/old", label: "percent(50)")
          note: String! @override(from: "elsewhere/old") @requires(fields: "due")
        }`,
      resolvers: {
        Query: { motto: () => 'new', newest: () => ({ id: 'n' }) },
        Bill: {
          __resolveReference: (bill: object) => bill,
          amount: () => 2,
          net: () => 2,
          tax: () => 2,
          fee: () => 2,
          note: ({ due }: { due: string }) => `new, due ${due}`,
        },
      },
    },
  },
  cases: [
    {
      that: 'the new service answers wherever the entity comes from',
      ask: '{ bills { amount due } newest { amount due } motto }',
      data: { bills: [{ amount: 2, due: 'old' }], newest: { amount: 2, due: 'old' }, motto: 'new' },
    },
    {
      that: 'a field that moved may require one that stayed',
      ask: '{ bills { note } }',
      data: { bills: [{ note: 'new, due old' }] },
    },
    {
      that: 'at 0 % nothing has moved',
      ask: '{ bills { tax } newest { tax } }',
      data: { bills: [{ tax: 1 }], newest: { tax: 1 } },
    },
    {
      that: 'at 100 % all has',
      ask: '{ bills { net } newest { net } }',
      data: { bills: [{ net: 2 }], newest: { net: 2 } },
    },
  ],
  more: (here) => {
    test('at 50 % both answer, and neither is told of', async () => {
      const fees = new Set<number>();
      // All alike would be one chance in 2^63.
      for (let times = 0; times < 64; times++) {
        const { data, errors } = await here().gateway.ask('{ bills { fee } newest { fee } }');
        expect(errors).toBeUndefined();
        expect(data.newest.fee).toBe(data.bills[0].fee);
        fees.add(data.newest.fee as number);
      }
      expect([...fees].sort()).toEqual([1, 2]);
    });
  },
});

conforms({
  feature: '@override by a label of one’s own',
  services: {
    before: {
      sdl: `${federation('@key')}
        type Query { rooms: [Room!]! }
        type Room @key(fields: "id") { id: ID! beds: Int! }`,
      resolvers: {
        Query: { rooms: () => [{ id: 'r' }] },
        Room: { __resolveReference: (room: object) => room, beds: () => 1 },
      },
    },
    after: {
      sdl: `${federation('@key', '@override')}
        type Room @key(fields: "id") { id: ID! beds: Int! @override(from: "elsewhere/before", label: "new-beds") }`,
      resolvers: { Room: { __resolveReference: (room: object) => room, beds: () => 2 } },
    },
  },
  cases: [
    {
      that: 'where nobody has set the label, nothing has moved',
      ask: '{ rooms { beds } }',
      data: { rooms: [{ beds: 1 }] },
    },
  ],
});

conforms({
  feature: '@override where types stand under interfaces',
  services: {
    press: {
      sdl: `${federation('@key')}
        type Query { shelf: [Printed]! }
        interface Printed { id: ID! pages: Int! }
        type Novel implements Printed @key(fields: "id") { id: ID! pages: Int! }`,
      resolvers: {
        Query: { shelf: () => [{ __typename: 'Novel', id: 'n', pages: -1 }] },
        Novel: { __resolveReference: ({ id }: { id: string }) => ({ id, pages: -1 }) },
      },
    },
    counting: {
      sdl: `${federation('@key', '@override')}
        type Query { counted: [Countable]! }
        interface Printed { id: ID! pages: Int! }
        interface Countable { pages: Int! }
        type Novel implements Countable @key(fields: "id") { id: ID! pages: Int! @override(from: "elsewhere/press") }
        type Leaflet implements Printed & Countable @key(fields: "id") { id: ID! pages: Int! folds: Int! }`,
      resolvers: {
        Query: {
          counted: () => [
            { __typename: 'Leaflet', id: 'l', pages: 2, folds: 3 },
            { __typename: 'Novel', id: 'm', pages: 300 },
          ],
        },
        Novel: { __resolveReference: ({ id }: { id: string }) => ({ id, pages: 400 }) },
      },
    },
  },
  cases: [
    {
      that: 'through the interface of the one that gave the field away, the other answers it',
      ask: '{ shelf { __typename id pages } }',
      data: { shelf: [{ __typename: 'Novel', id: 'n', pages: 400 }] },
      asked: { press: 1, counting: 1 },
    },
    {
      that: 'types that only the other knows may be asked for there, and are none of its answers',
      ask: '{ shelf { ... on Leaflet { folds } ... on Novel { pages } } }',
      data: { shelf: [{ pages: 400 }] },
    },
    {
      that: 'through an interface of its own it answers alone',
      ask: '{ counted { pages ... on Novel { id pages } ... on Leaflet { folds } } }',
      data: {
        counted: [
          { pages: 2, folds: 3 },
          { pages: 300, id: 'm' },
        ],
      },
      asked: { press: 0, counting: 1 },
    },
  ],
});

test.each([
  ['the name that another team would call it', 'old', ': elsewhere/old.'],
  ['one that nobody has', 'oldest', 'id.'],
])('@override from %s takes nothing over, and the publish says so', async (_that, from, told) => {
  const gateway = await gatewayHere();
  try {
    const sdl = (field: string): string =>
      `${federation('@key', '@override', '@shareable')} type Query { bill: Bill @shareable } type Bill @key(fields: "id") { id: ID! ${field} }`;
    const outcome = await gateway.publish([
      remoteFolder('old', 'http://127.0.0.1:9/graphql', sdl('')),
      remoteFolder('new', 'http://127.0.0.1:9/graphql', sdl(`due: String @override(from: "${from}")`)),
    ]);
    expect(outcome).toMatchObject({
      __typename: 'Published',
      findings: [{ code: 'OVERRIDE_UNKNOWN', severity: 'WARNING', message: expect.stringContaining(told) }],
    });
  } finally {
    await gateway.close();
  }
});
