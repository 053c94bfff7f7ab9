import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

conforms({
  feature: '@context and @fromContext: arguments that come from further up',
  services: {
    tours: {
      sdl: `${federation('@key', '@context', '@fromContext', '@external')}
        type Query { guests: [Guest!]! groups: [Group!]! }
        type Guest @key(fields: "id") @context(name: "host") { id: ID! language: String! @external tours: [Tour!]! }
        type Group @key(fields: "id") @context(name: "host") { id: ID! tongue: String! tours: [Tour!]! }
        type Tour @key(fields: "id") {
          id: ID!
          title(in: String @fromContext(field: "$host ... on Guest { language } ... on Group { tongue }"), loud: Boolean = false): String!
          stops: [Stop!]!
        }
        type Stop @key(fields: "id") {
          id: ID! sign(in: String @fromContext(field: "$host ... on Guest { language } ... on Group { tongue }")): String!
        }`,
      resolvers: {
        Query: { guests: () => [{ id: 'a' }, { id: 'b' }], groups: () => [{ id: 'g', tongue: 'fr' }] },
        Guest: { __resolveReference: (guest: object) => guest, tours: () => [{ id: 't' }] },
        Group: { __resolveReference: (group: object) => group, tours: () => [{ id: 't' }] },
        Tour: {
          __resolveReference: (tour: object) => tour,
          title: ({ id }: { id: string }, args: { in: string; loud: boolean }) =>
            args.loud ? `${id} ${args.in}`.toUpperCase() : `${id} ${args.in}`,
          stops: () => [{ id: 's' }],
        },
        Stop: {
          __resolveReference: (stop: object) => stop,
          sign: ({ id }: { id: string }, args: { in: string }) => `${id} ${args.in}`,
        },
      },
    },
    sights: {
      sdl: `${federation('@key')}
        type Tour @key(fields: "id") { id: ID! highlights: [Stop!]! }
        type Stop @key(fields: "id", resolvable: false) { id: ID! }`,
      resolvers: {
        Tour: { __resolveReference: (tour: object) => tour, highlights: () => [{ id: 'h' }, { id: 'i' }] },
      },
    },
    languages: {
      sdl: `${federation('@key')}
        type Guest @key(fields: "id") { id: ID! language: String! }`,
      resolvers: {
        Guest: {
          __resolveReference: (guest: object) => guest,
          language: ({ id }: { id: string }) => (id === 'a' ? 'en' : 'de'),
        },
      },
    },
  },
  cases: [
    {
      that: 'the same entity under two parents gets the argument of each',
      ask: '{ guests { id tours { title } } }',
      data: {
        guests: [
          { id: 'a', tours: [{ title: 't en' }] },
          { id: 'b', tours: [{ title: 't de' }] },
        ],
      },
    },
    {
      that: 'the parent may be of several types, and several levels up; other arguments stay',
      ask: '{ groups { tours { title(loud: true) stops { sign } } } guests { tours { stops { sign } } } }',
      data: {
        groups: [{ tours: [{ title: 'T FR', stops: [{ sign: 's fr' }] }] }],
        guests: [{ tours: [{ stops: [{ sign: 's en' }] }] }, { tours: [{ stops: [{ sign: 's de' }] }] }],
      },
    },
    {
      that: 'what is the same further down, and fetched once, gets the arguments of each place',
      ask: '{ guests { tours { highlights { id sign } } } }',
      data: {
        guests: ['en', 'de'].map((language) => ({
          tours: [{ highlights: ['h', 'i'].map((id) => ({ id, sign: `${id} ${language}` })) }],
        })),
      },
    },
    {
      that: 'an alias with the name of what the argument comes from does not stand in for it',
      ask: '{ guests { language: id tours { id: title } } groups { tongue: id name: tongue tours { title } } }',
      data: {
        guests: [
          { language: 'a', tours: [{ id: 't en' }] },
          { language: 'b', tours: [{ id: 't de' }] },
        ],
        groups: [{ tongue: 'g', name: 'fr', tours: [{ title: 't fr' }] }],
      },
    },
  ],
});
