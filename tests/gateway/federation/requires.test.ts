import { expect } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const PARCELS = [
  { id: 'p1', grams: 200, size: { width: 3, height: 4 } },
  { id: 'p2', grams: null, size: { width: 10, height: 2 } },
];
interface Parcel {
  id: string;
  grams: number | null;
  size: { width: number };
  postage: number;
}

conforms({
  feature: '@requires and @external: fields that need those of others',
  services: {
    parcels: {
      sdl: `${federation('@key', '@shareable')}
        type Query { parcels: [Parcel!]! parcel(id: ID!): Parcel shelves: [[Parcel!]!]! }
        type Parcel @key(fields: "id") { id: ID! grams: Int size: Size! }
        type Size @shareable { width: Int! height: Int! }`,
      resolvers: {
        Query: {
          parcels: () => PARCELS,
          parcel: (_: unknown, { id }: { id: string }) => PARCELS.find((one) => one.id === id),
          shelves: () => [[PARCELS[1], PARCELS[0]], [], [PARCELS[0]]],
        },
        Parcel: { __resolveReference: ({ id }: { id: string }) => PARCELS.find((one) => one.id === id) },
      },
    },
    postage: {
      sdl: `${federation('@key', '@external', '@requires', '@shareable')}
        type Parcel @key(fields: "id") {
          id: ID! grams: Int @external size: Size! @external
          postage: Int! @requires(fields: "grams size { width }")
        }
        type Size @shareable { width: Int! height: Int! }`,
      resolvers: {
        Parcel: {
          __resolveReference: (parcel: object) => parcel,
          postage: ({ grams, size }: Parcel) => (grams ?? 1000) + size.width,
        },
      },
    },
    insurance: {
      sdl: `${federation('@key', '@external', '@requires')}
        type Query { dearest: Parcel }
        type Parcel @key(fields: "id") { id: ID! postage: Int! @external premium: String! @requires(fields: "postage") }`,
      resolvers: {
        Query: { dearest: () => ({ id: 'p2' }) },
        Parcel: {
          __resolveReference: (parcel: object) => parcel,
          premium: ({ postage }: Parcel) => `${postage} + 1`,
        },
      },
    },
  },
  cases: [
    {
      that: 'what is required is fetched, and shown only to who asks for it; null is handed on as null',
      ask: '{ parcels { postage } }',
      data: { parcels: [{ postage: 203 }, { postage: 1010 }] },
    },
    {
      that: 'what is required may require something itself',
      ask: '{ parcel(id: "p1") { premium } dearest { premium } }',
      data: { parcel: { premium: '203 + 1' }, dearest: { premium: '1010 + 1' } },
    },
    {
      that: 'in lists of lists each entity has its own',
      ask: '{ shelves { id postage premium } }',
      data: {
        shelves: [
          [
            { id: 'p2', postage: 1010, premium: '1010 + 1' },
            { id: 'p1', postage: 203, premium: '203 + 1' },
          ],
          [],
          [{ id: 'p1', postage: 203, premium: '203 + 1' }],
        ],
      },
    },
    {
      that: 'each entity is asked for once, however often it stands in the answer',
      ask: '{ shelves { postage } }',
      data: { shelves: [[{ postage: 1010 }, { postage: 203 }], [], [{ postage: 203 }]] },
      asked: { parcels: 1, postage: 1, insurance: 0 },
    },
    {
      that: 'an alias with the name of a required field does not stand in for it',
      ask: '{ parcels { grams: id size { width: height } postage premium } }',
      data: {
        parcels: [
          { grams: 'p1', size: { width: 4 }, postage: 203, premium: '203 + 1' },
          { grams: 'p2', size: { width: 2 }, postage: 1010, premium: '1010 + 1' },
        ],
      },
    },
    {
      that: 'two aliases of a field that requires have the same value',
      ask: '{ parcel(id: "p1") { a: postage b: postage premium: premium } }',
      data: { parcel: { a: 203, b: 203, premium: '203 + 1' } },
    },
  ],
});

const CHAPTERS = [{ pages: 10 }, { pages: 20 }, { pages: 40 }];
const pages = (book: { chapters: { pages: number }[] }): number =>
  book.chapters.reduce((sum, chapter) => sum + chapter.pages, 0);

conforms({
  feature: '@requires with arguments',
  services: {
    books: {
      sdl: `${federation('@key', '@shareable')}
        type Query { books: [Book!]! }
        type Book @key(fields: "id") { id: ID! chapters(first: Int!, skip: Int = 0): [Chapter!]! }
        type Chapter @shareable { pages: Int! }`,
      resolvers: {
        Query: { books: () => [{ id: 'b' }] },
        Book: {
          __resolveReference: (book: object) => book,
          chapters: (_: unknown, { first, skip }: { first: number; skip: number }) =>
            CHAPTERS.slice(skip, skip + first),
        },
      },
    },
    readers: {
      sdl: `${federation('@key', '@external', '@requires', '@shareable')}
        type Book @key(fields: "id") {
          id: ID! chapters(first: Int!, skip: Int = 0): [Chapter!]! @external
          minutes: Int! @requires(fields: "chapters(first: 2) { pages }")
          teaser: Int! @requires(fields: "chapters(first: 1) { pages }")
          ending: Int! @requires(fields: "chapters(first: 1, skip: 2) { pages }")
        }
        type Chapter @shareable { pages: Int! }`,
      resolvers: {
        Book: { __resolveReference: (book: object) => book, minutes: pages, teaser: pages, ending: pages },
      },
    },
  },
  cases: [
    {
      that: 'the required field gets the arguments of its directive',
      ask: '{ books { minutes } }',
      data: { books: [{ minutes: 30 }] },
    },
    {
      that: 'the arguments of who asks stay their own',
      ask: '{ books { chapters(first: 3) { pages } minutes } }',
      data: { books: [{ chapters: [{ pages: 10 }, { pages: 20 }, { pages: 40 }], minutes: 30 }] },
    },
    {
      that: 'they may be variables',
      ask: 'query ($n: Int!) { books { minutes chapters(first: $n, skip: 1) { pages } } }',
      variables: { n: 1 },
      data: { books: [{ minutes: 30, chapters: [{ pages: 20 }] }] },
    },
    {
      that: 'an alias with the name of the required field does not stand in for it',
      ask: '{ books { chapters: id first: chapters(first: 1) { pages } minutes } }',
      data: { books: [{ chapters: 'b', first: [{ pages: 10 }], minutes: 30 }] },
    },
    {
      that: 'two fields may require one with different arguments',
      ask: '{ books { minutes teaser ending } }',
      data: { books: [{ minutes: 30, teaser: 10, ending: 40 }] },
    },
    {
      that: 'and who asks may do so with further ones',
      ask: '{ books { ending chapters(first: 9) { n: pages } teaser minutes } }',
      data: { books: [{ ending: 40, chapters: [{ n: 10 }, { n: 20 }, { n: 40 }], teaser: 10, minutes: 30 }] },
    },
  ],
});

const CROPS = `interface Crop { sort: String! }
  type Root implements Crop @shareable { sort: String! depth: Int! soil: Soil! }
  type Leaf implements Crop @shareable { sort: String! height: Int! }
  union Soil = Sand | Clay
  type Sand @shareable { grain: Int! }
  type Clay @shareable { water: Int! }`;

conforms({
  feature: '@requires with fragments',
  services: {
    beds: {
      sdl: `${federation('@key', '@shareable')}
        type Query { beds: [Bed!]! }
        type Bed @key(fields: "id") { id: ID! crop: Crop } ${CROPS}`,
      resolvers: {
        Query: {
          beds: () => [
            { id: '1', crop: { __typename: 'Root', sort: 'beet', depth: 30, soil: { __typename: 'Clay', water: 5 } } },
            { id: '2', crop: { __typename: 'Leaf', sort: 'chard', height: 7 } },
            { id: '3', crop: null },
            { id: '4', crop: { __typename: 'Root', sort: 'yam', depth: 40, soil: { __typename: 'Sand', grain: 1 } } },
          ],
        },
      },
    },
    water: {
      sdl: `${federation('@key', '@external', '@requires', '@shareable')}
        type Bed @key(fields: "id") {
          id: ID! crop: Crop @external
          litres: String! @requires(fields: "crop { sort ... on Root { depth soil { ... on Clay { water } ... on Sand { grain } } } ... on Leaf { height } }")
        } ${CROPS}`,
      resolvers: {
        Bed: {
          __resolveReference: (bed: object) => bed,
          litres: ({ crop }: { crop: unknown }) => JSON.stringify(crop),
        },
      },
    },
  },
  cases: [
    {
      that: 'what is required of each type is told with its type',
      ask: '{ beds { litres } }',
      data: {
        beds: [
          '{"sort":"beet","depth":30,"soil":{"water":5}}',
          '{"sort":"chard","height":7}',
          'null',
          '{"sort":"yam","depth":40,"soil":{"grain":1}}',
        ].map((litres) => ({ litres: expect.stringMatching(loosely(litres)) })),
      },
    },
    {
      that: 'beside what is asked of the same object under other names',
      ask: '{ beds { crop { __typename ... on Root { height: sort } ... on Leaf { depth: sort } } litres } }',
      data: {
        beds: [
          { crop: { __typename: 'Root', height: 'beet' }, litres: expect.stringContaining('"depth":30') },
          { crop: { __typename: 'Leaf', depth: 'chard' }, litres: expect.stringContaining('"height":7') },
          { crop: null, litres: 'null' },
          { crop: { __typename: 'Root', height: 'yam' }, litres: expect.stringContaining('"depth":40') },
        ],
      },
    },
  ],
});

/** The same JSON, with or without `__typename`. */
function loosely(json: string): RegExp {
  return new RegExp(
    `^${json.replaceAll('{', String.raw`\{(?:"__typename":"\w+",)?`).replaceAll('}', String.raw`(?:,"__typename":"\w+")?\}`)}$`,
  );
}

conforms({
  feature: '@requires in circles, and through interfaces',
  services: {
    letters: {
      sdl: `${federation('@key', '@external', '@requires')}
        type Query { letters: [Letter!]! }
        type Letter @key(fields: "id") {
          id: ID!
          heavy: Boolean @external
          stamps: Int! @requires(fields: "heavy")
          sender: Sender @external
          greeting: String! @requires(fields: "sender { name ... on Firm { branch { town } } }")
        }
        type Clerk @key(fields: "id") { id: ID! strength: Int! }
        interface Sender { name: String! }
        type Firm implements Sender { name: String! @external branch: Branch @external }
        type Person implements Sender { name: String! @external }
        type Branch { town: String! @external }`,
      resolvers: {
        Query: { letters: () => ['a', 'b', 'c'].map((id) => ({ id })) },
        Letter: {
          __resolveReference: (letter: object) => letter,
          stamps: ({ heavy }: { heavy: boolean | null }) => (heavy === null ? 0 : heavy ? 2 : 1),
          greeting: ({ sender }: { sender: { name: string; branch?: { town: string } | null } | null }) =>
            sender === null ? '?' : `${sender.name}, ${sender.branch?.town ?? 'at home'}`,
        },
        Clerk: { __resolveReference: ({ id }: { id: string }) => ({ id, strength: id === 'weak' ? 1 : 9 }) },
      },
    },
    scales: {
      sdl: `${federation('@key', '@external', '@requires', '@shareable')}
        type Letter @key(fields: "id") {
          id: ID!
          clerk: Clerk
          heavy: Boolean @requires(fields: "clerk { strength }")
          sender: Sender
        }
        type Clerk @key(fields: "id") { id: ID! strength: Int! @external }
        interface Sender { name: String! }
        type Firm implements Sender { name: String! branch: Branch }
        type Person implements Sender { name: String! }
        type Branch { town: String! }`,
      resolvers: {
        Letter: {
          __resolveReference: (letter: object) => letter,
          clerk: ({ id }: { id: string }) => ({ a: { id: 'weak' }, b: { id: 'strong' } })[id] ?? null,
          heavy: ({ clerk }: { clerk: { strength: number } | null }) => clerk && clerk.strength < 5,
          sender: ({ id }: { id: string }) =>
            ({
              a: { __typename: 'Firm', name: 'Acme', branch: { town: 'Oslo' } },
              b: { __typename: 'Person', name: 'Ada' },
            })[id] ?? null,
        },
      },
    },
  },
  cases: [
    {
      that: 'a service requires what another makes of the first one’s own, to and fro',
      ask: '{ letters { id stamps } }',
      data: {
        letters: [
          { id: 'a', stamps: 2 },
          { id: 'b', stamps: 1 },
          { id: 'c', stamps: 0 },
        ],
      },
    },
    {
      that: 'of an interface what all have and what one has is told, with its type',
      ask: '{ letters { greeting } }',
      data: { letters: [{ greeting: 'Acme, Oslo' }, { greeting: 'Ada, at home' }, { greeting: '?' }] },
    },
    {
      that: 'beside what is asked of it',
      ask: '{ letters { greeting sender { __typename ... on Firm { town: branch { name: town } } } heavy stamps } }',
      data: {
        letters: [
          {
            greeting: 'Acme, Oslo',
            sender: { __typename: 'Firm', town: { name: 'Oslo' } },
            heavy: true,
            stamps: 2,
          },
          { greeting: 'Ada, at home', sender: { __typename: 'Person' }, heavy: false, stamps: 1 },
          { greeting: '?', sender: null, heavy: null, stamps: 0 },
        ],
      },
    },
  ],
});
