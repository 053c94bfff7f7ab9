import { beforeEach } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const done: string[] = [];
const doing =
  (what: string) =>
  async (_: unknown, { id }: { id: string }): Promise<object> => {
    // The first takes longest: who did not wait for it would be seen.
    await new Promise((resolve) => setTimeout(resolve, done.length === 0 ? 40 : 1));
    done.push(`${what} ${id}`);
    return { id, trail: [...done] };
  };
// Whatever runs beside it would be done by then.
const seen = async (): Promise<string[]> => {
  await new Promise((resolve) => setTimeout(resolve, 40));
  return [...done];
};
const reference = ({ id }: { id: string }): object => ({ id, trail: [...done] });

conforms({
  feature: 'mutations: one after the other, whichever service they are of',
  services: {
    kitchen: {
      sdl: `${federation('@key')}
        type Query { menu: String }
        type Mutation { cook(id: ID!): Dish burn(id: ID!): Dish }
        type Dish @key(fields: "id") { id: ID! trail: [String!]! }`,
      resolvers: {
        Query: { menu: () => 'soup' },
        Mutation: {
          cook: doing('cook'),
          burn: () => {
            throw new Error('smoke');
          },
        },
        Dish: { __resolveReference: reference },
      },
    },
    waiter: {
      sdl: `${federation('@key')}
        type Mutation { serve(id: ID!): Dish }
        type Dish @key(fields: "id") { id: ID! servedAfter: [String!]! }`,
      resolvers: {
        Mutation: { serve: doing('serve') },
        Dish: { __resolveReference: reference, servedAfter: seen },
      },
    },
  },
  cases: [
    {
      that: 'they run in the order in which they stand',
      ask: 'mutation { a: cook(id: 1) { id } b: serve(id: 2) { id } c: cook(id: 3) { trail } d: serve(id: 4) { id servedAfter } }',
      data: {
        a: { id: '1' },
        b: { id: '2' },
        c: { trail: ['cook 1', 'serve 2', 'cook 3'] },
        d: { id: '4', servedAfter: ['cook 1', 'serve 2', 'cook 3', 'serve 4'] },
      },
    },
    {
      that: 'what is asked of the result is fetched before the next one runs',
      ask: 'mutation { cook(id: 1) { servedAfter } serve(id: 2) { trail } }',
      data: { cook: { servedAfter: ['cook 1'] }, serve: { trail: ['cook 1', 'serve 2'] } },
    },
    {
      that: 'so it is where they stand in fragments, and one of them twice',
      ask: `mutation Dinner($x: ID!, $y: ID!, $no: Boolean = false) {
          ...A
          b: serve(id: $y) { trail @skip(if: $no) }
          ... on Mutation @include(if: $no) { c: cook(id: 3) { servedAfter } }
        }
        fragment A on Mutation { a: cook(id: $x) { id } ... { a: cook(id: $x) { ...D } } __typename }
        fragment D on Dish { servedAfter }`,
      variables: { x: 1, y: 2 },
      data: {
        a: { id: '1', servedAfter: ['cook 1'] },
        __typename: 'Mutation',
        b: { trail: ['cook 1', 'serve 2'] },
      },
    },
    {
      that: 'neighbours of one service are one request',
      ask: 'mutation ($x: ID!) { a: cook(id: $x) { id } b: cook(id: 2) { trail } }',
      variables: { x: 'v' },
      data: { a: { id: 'v' }, b: { trail: ['cook v', 'cook 2'] } },
      asked: { kitchen: 1, waiter: 0 },
    },
    {
      that: 'where one fails the others run all the same',
      ask: 'mutation { burn(id: 1) { id } serve(id: 2) { id } cook(id: 3) { trail } }',
      data: { burn: null, serve: { id: '2' }, cook: { trail: ['serve 2', 'cook 3'] } },
      errors: [{ message: 'smoke', path: ['burn'] }],
    },
    {
      that: 'what is skipped does not run',
      ask: 'mutation ($no: Boolean!) { cook(id: 1) @include(if: $no) { id } serve(id: 2) { servedAfter } }',
      variables: { no: false },
      data: { serve: { servedAfter: ['serve 2'] } },
    },
  ],
  more: () => {
    beforeEach(() => {
      done.length = 0;
    });
  },
});
