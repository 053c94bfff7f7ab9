import { expect, test } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

conforms({
  feature: '@shareable: what several services have, and roots that each answers in part',
  services: {
    news: {
      sdl: `${federation('@shareable', '@key')}
        type Query { today: Day! @shareable zone: Zone! @shareable }
        type Day @shareable { date: String! weekday: String! headline: Headline }
        type Headline @key(fields: "id") { id: ID! text: String! }
        type Zone @shareable { name: String! offset: Offset! }
        type Offset @shareable { hours: Int! }`,
      resolvers: {
        Query: {
          today: () => ({ date: '2026-01-31', weekday: 'Saturday', headline: { id: 'h', text: 'Rain' } }),
          zone: () => ({ name: 'UTC', offset: { hours: 0 } }),
        },
      },
    },
    sky: {
      sdl: `${federation('@shareable', '@key')}
        type Query { today: Day! @shareable zone: Zone! @shareable }
        type Day { date: String! @shareable weekday: String! @shareable moon: Moon! headline: Headline @shareable }
        type Headline @key(fields: "id", resolvable: false) { id: ID! }
        type Moon { phase: String! }
        type Zone @shareable { name: String! offset: Offset! }
        type Offset { hours: Int! @shareable minutes: Int! }`,
      resolvers: {
        Query: {
          today: () => ({
            date: '2026-01-31',
            weekday: 'Saturday',
            moon: { phase: 'full' },
            headline: { id: 'h' },
          }),
          zone: () => ({ name: 'UTC', offset: { hours: 0, minutes: 30 } }),
        },
      },
    },
  },
  cases: [
    {
      that: 'what one of them has is asked of one',
      ask: '{ today { date weekday moon { phase } } }',
      data: { today: { date: '2026-01-31', weekday: 'Saturday', moon: { phase: 'full' } } },
      asked: { news: 0, sky: 1 },
    },
    {
      that: 'what no one has whole is put together',
      ask: '{ zone { name offset { hours minutes } } today { date moon { phase } headline { text } } }',
      data: {
        zone: { name: 'UTC', offset: { hours: 0, minutes: 30 } },
        today: { date: '2026-01-31', moon: { phase: 'full' }, headline: { text: 'Rain' } },
      },
    },
    {
      that: 'under several aliases each is whole',
      ask: '{ a: today { headline { id text } moon { phase } } b: today { moon { phase } d: date } }',
      data: {
        a: { headline: { id: 'h', text: 'Rain' }, moon: { phase: 'full' } },
        b: { moon: { phase: 'full' }, d: '2026-01-31' },
      },
    },
  ],
});

conforms({
  feature: 'unions and enums that each service knows in part',
  services: {
    east: {
      sdl: `${federation('@shareable', '@key')}
        union Find = Coin | Bone
        type Coin @key(fields: "id") { id: ID! metal: Metal! }
        type Bone @shareable { cm: Int! }
        enum Metal { GOLD SILVER }
        enum Order { UP DOWN SIDEWAYS }
        input Where { metal: Metal cm: Int }
        type Query { find: Find @shareable east: [Find!]! sorted(by: Order = UP, where: Where): [Int!]! best: Metal @shareable }`,
      resolvers: {
        Query: {
          find: () => ({ __typename: 'Bone', cm: 9 }),
          east: () => [
            { __typename: 'Coin', id: 'c', metal: 'GOLD' },
            { __typename: 'Bone', cm: 7 },
          ],
          sorted: (_: unknown, { by, where }: { by: string; where?: { cm?: number } }) =>
            by === 'DOWN' ? [where?.cm ?? 2, 1] : [1, where?.cm ?? 2],
          best: () => 'GOLD',
        },
        Coin: { __resolveReference: ({ id }: { id: string }) => ({ id, metal: 'SILVER' }) },
      },
    },
    west: {
      sdl: `${federation('@shareable', '@key')}
        union Find = Bone | Pot | Coin
        type Pot { litres: Float! }
        type Bone @shareable { cm: Int! }
        type Coin @key(fields: "id") { id: ID! worth: Int! }
        enum Metal { SILVER GOLD }
        enum Order { UP DOWN }
        input Where { cm: Int }
        type Query { find: Find @shareable west(by: Order, where: Where): [Find!]! best: Metal @shareable }`,
      resolvers: {
        Query: {
          find: () => ({ __typename: 'Bone', cm: 9 }),
          west: () => [
            { __typename: 'Pot', litres: 1.5 },
            { __typename: 'Coin', id: 'w' },
          ],
          best: () => 'GOLD',
        },
        Coin: { __resolveReference: ({ id }: { id: string }) => ({ id }), worth: () => 5 },
      },
    },
  },
  cases: [
    {
      that: 'a service is not asked for members that it does not know',
      ask: '{ east { __typename ... on Coin { metal worth } ... on Bone { cm } ... on Pot { litres } } }',
      data: {
        east: [
          { __typename: 'Coin', metal: 'GOLD', worth: 5 },
          { __typename: 'Bone', cm: 7 },
        ],
      },
    },
    {
      that: 'and each answers for those that it does',
      ask: '{ west { ... on Pot { litres } ... on Coin { metal worth } } find { ... on Bone { cm } ... on Pot { litres } ... on Coin { id } } }',
      data: { west: [{ litres: 1.5 }, { metal: 'SILVER', worth: 5 }], find: { cm: 9 } },
    },
    {
      that: 'an enum that is asked for and given has the values of all',
      ask: '{ best east { ... on Coin { metal } } }',
      data: { best: 'GOLD', east: [{ metal: 'GOLD' }, {}] },
    },
    {
      that: 'enums and inputs that are sent are those of one service, with its defaults',
      ask: 'query ($where: Where) { up: sorted(where: $where) down: sorted(by: DOWN, where: { cm: 5 }) }',
      variables: { where: { cm: 4 } },
      data: { up: [1, 4], down: [5, 1] },
    },
  ],
  more: (here) => {
    test('a value or a field of an input that one of the services lacks is not offered', async () => {
      for (const query of ['{ sorted(by: SIDEWAYS) }', '{ sorted(where: { metal: GOLD }) }']) {
        const { data, errors } = await here().gateway.ask(query);
        expect(data).toBeUndefined();
        expect(errors![0]!.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
      }
    });
  },
});
