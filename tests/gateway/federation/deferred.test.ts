import { expect, test } from '@jest/globals';
import { folderOf } from '../product-text.ts';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

conforms({
  feature: '@defer: what may be answered later is answered with the rest',
  services: {
    staff: {
      sdl: `${federation('@key')} type Query { people: [Person!]! } type Person @key(fields: "id") { id: ID! name: String }`,
      resolvers: { Query: { people: () => [{ id: '1', name: 'Ada' }] } },
    },
    pay: {
      sdl: `${federation('@key')} type Person @key(fields: "id") { id: ID! wage: Int! }`,
      resolvers: { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, wage: 10 }) } },
    },
  },
  cases: [
    {
      that: 'a fragment of another service',
      ask: '{ people { id ... @defer(label: "pay") { wage } } }',
      data: { people: [{ id: '1', wage: 10 }] },
    },
    {
      that: 'a named one, by a variable that nothing else uses',
      ask: 'query ($later: Boolean = true) { people { ...P @defer(if: $later) @include(if: true) } } fragment P on Person { name ... @defer { wage } }',
      variables: { later: false },
      data: { people: [{ name: 'Ada', wage: 10 }] },
    },
    {
      that: 'at the root',
      ask: '{ ... @defer { people { name } } }',
      data: { people: [{ name: 'Ada' }] },
    },
    {
      that: 'clients are told of it',
      ask: '{ __schema { directives { name } } }',
      data: {
        __schema: {
          directives: ['include', 'skip', 'deprecated', 'specifiedBy', 'oneOf', 'defer'].map((name) => ({ name })),
        },
      },
    },
  ],
  more: (here) => {
    test.each<[string, string]>([
      ['Apollo’s clients', 'multipart/mixed;deferSpec=20220824,application/json'],
      ['clients that ask in a form that is not ordinary', 'application/graphql-response+json'],
    ])('%s get one JSON answer', async (_who, accept) => {
      const query = '{ people { id ... @defer { wage } } }';
      const { data, errors } = await here().gateway.ask(query, {}, { accept });
      expect([data, errors]).toEqual([{ people: [{ id: '1', wage: 10 }] }, undefined]);
    });

    test('so it is of managed products', async () => {
      const { gateway } = here();
      await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
      const run = await gateway.load('network/airports', 'airports', 'id text primary key', `values ('OSL')`);
      // Whoever reads this reads what it has brought.
      expect((await gateway.ask(`{ run(id: "${run}") { phase } }`)).data.run.phase).toBe('SUCCEEDED');
      const query = '{ airports { totalCount ... @defer { nodes { id } } } }';
      expect(await gateway.ask(query)).toMatchObject({ data: { airports: { nodes: [{ id: 'OSL' }] } } });
    });

    test.each(['{ people @defer { id } }', '{ ... @defer(iff: true) { people { id } } }'])(
      '%s is refused',
      async (query) => {
        const { errors } = await here().gateway.ask(query);
        expect(errors![0]!.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
      },
    );
  },
});
