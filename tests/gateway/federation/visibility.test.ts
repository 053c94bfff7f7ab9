import { expect, test } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

conforms({
  feature: '@inaccessible: what the graph uses and does not show',
  services: {
    staff: {
      sdl: `${federation('@key', '@inaccessible', '@shareable')}
        type Query { people: [Person!]! holders: [Holder!]! mood(at: Hour, secretly: Boolean @inaccessible): Mood wish(for: Wish): String }
        type Person @key(fields: "number") { number: Int! @inaccessible name: String! wage: Int! @inaccessible boss: Robot @inaccessible }
        union Holder = Person | Robot
        type Robot @inaccessible { model: String! }
        enum Mood { CALM ANGRY @inaccessible }
        enum Hour { NOON MIDNIGHT @inaccessible }
        input Wish { text: String cost: Int = 7 @inaccessible }`,
      resolvers: {
        Query: {
          people: () => [{ number: 1, name: 'Ada', wage: 10 }],
          holders: () => [
            { __typename: 'Person', number: 1, name: 'Ada', wage: 10 },
            { __typename: 'Robot', model: 'R2' },
          ],
          mood: () => 'CALM',
          wish: (_: unknown, args: { for: { text: string; cost: number } }) => `${args.for.text} for ${args.for.cost}`,
        },
        Person: {
          __resolveReference: ({ number }: { number: number }) => ({ number, name: 'Ada', wage: number * 10 }),
        },
      },
    },
    pay: {
      sdl: `${federation('@key', '@external', '@requires')}
        type Person @key(fields: "number") { number: Int! wage: Int! @external bonus: Int! @requires(fields: "wage") }`,
      resolvers: {
        Person: { __resolveReference: (person: object) => person, bonus: ({ wage }: { wage: number }) => wage * 2 },
      },
    },
  },
  cases: [
    {
      that: 'a key and a required field may be unseen',
      ask: '{ people { name bonus } }',
      data: { people: [{ name: 'Ada', bonus: 20 }] },
    },
    {
      that: 'they are not mixed up with what one asks for under their names',
      ask: '{ people { number: name wage: name bonus } }',
      data: { people: [{ number: 'Ada', wage: 'Ada', bonus: 20 }] },
    },
    {
      that: 'an unseen field of an input has its default',
      ask: '{ mood(at: NOON) wish(for: { text: "rain" }) }',
      data: { mood: 'CALM', wish: 'rain for 7' },
    },
    {
      that: 'an object of an unseen type is none',
      ask: '{ people { name } holders { __typename ... on Person { name } } }',
      data: null,
      errors: [{ path: ['holders', 1] }],
    },
  ],
  more: (here) => {
    test.each([
      '{ people { number } }',
      '{ people { wage } }',
      '{ people { boss { model } } }',
      '{ mood(secretly: true) }',
      '{ mood(at: MIDNIGHT) }',
      '{ wish(for: { cost: 1 }) }',
      '{ holders { ... on Robot { model } } }',
      '{ __type(name: "Robot") { name } people: __typename }',
    ])('%s is not to be had', async (query) => {
      const { data, errors } = await here().gateway.ask(query);
      if (query.includes('__type')) expect(data).toEqual({ __type: null, people: 'Query' });
      else expect(errors![0]!.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    });
  },
});

conforms({
  feature: '@tag, @composeDirective, @cost and @listSize: what is written in services stands in the supergraph',
  services: {
    tagged: {
      sdl: `${federation('@key', '@tag', '@composeDirective', '@cost', '@listSize')}
        extend schema @link(url: "https://weft.example/tone/v1.0", import: ["@tone"]) @composeDirective(name: "@tone")
        directive @tone(pitch: String!) on FIELD_DEFINITION | OBJECT
        type Query {
          songs(first: Int @tag(name: "paging")): [Song!]! @listSize(slicingArguments: ["first"], assumedSize: 50) @tag(name: "music")
        }
        type Song @key(fields: "id") @tag(name: "music") @tone(pitch: "low") { id: ID! score: Score @cost(weight: 9) }
        scalar Score @cost(weight: 3)`,
      resolvers: { Query: { songs: () => [{ id: 's', score: 4 }] } },
    },
  },
  cases: [
    {
      that: 'they change no answer',
      ask: '{ songs(first: 1) { id score } }',
      data: { songs: [{ id: 's', score: 4 }] },
    },
  ],
  more: (here) => {
    test('they stand where they were written', async () => {
      const supergraph = await (await fetch(`${here().gateway.url}/supergraph.graphql`)).text();
      const song = /^type Song[^{]*\{[^}]*\}/m.exec(supergraph)![0];
      expect(song).toContain('@tag(name: "music")');
      expect(song).toContain('@tone(pitch: "low")');
      expect(song).toContain('score: Score @cost(weight: 9)');
      const songs = /^ {2}songs\(.*$/m.exec(supergraph)![0];
      expect(songs).toContain('(first: Int @tag(name: "paging"))');
      expect(songs).toContain('@listSize(slicingArguments: ["first"], assumedSize: 50) @tag(name: "music")');
      expect(/^scalar Score[^}]*?\n\n/m.exec(supergraph)![0]).toContain('@cost(weight: 3)');
      expect(supergraph).toContain('@link(url: "https://weft.example/tone/v1.0", import: ["@tone"])');
    });

    test('clients see none of them', async () => {
      const { data } = await here().gateway.ask('{ __schema { directives { name } } }');
      const names = data.__schema.directives.map(({ name }: { name: string }) => name);
      expect(names).toContain('include');
      for (const name of ['tag', 'tone', 'cost', 'listSize', 'join__field', 'link']) expect(names).not.toContain(name);
    });
  },
});
