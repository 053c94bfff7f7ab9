import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const ITEMS = [
  { id: '1', label: 'lamp', colour: 'red', maker: { id: 'm', town: 'Ulm', founded: 1890 } },
  { id: '2', label: 'rug', colour: 'blue', maker: { id: 'n', town: 'Bonn', founded: 1950 } },
];
const byId =
  (items: readonly { id: string }[]) =>
  ({ id }: { id: string }): unknown =>
    items.find((item) => item.id === id) ?? null;

conforms({
  feature: '@provides: what a path can answer is not asked of others',
  services: {
    stock: {
      sdl: `${federation('@key', '@shareable')}
        type Query { items: [Item!]! }
        type Item @key(fields: "id") { id: ID! label: String! @shareable colour: String! maker: Maker! @shareable }
        type Maker @key(fields: "id") { id: ID! town: String! @shareable founded: Int! }`,
      resolvers: {
        Query: { items: () => ITEMS },
        Item: { __resolveReference: byId(ITEMS) },
        Maker: { __resolveReference: byId(ITEMS.map(({ maker }) => maker)) },
      },
    },
    shop: {
      sdl: `${federation('@key', '@external', '@provides')}
        type Query {
          bestseller: Item @provides(fields: "label")
          newest: Item
          window: [Item!]! @provides(fields: "label maker { town }")
        }
        type Item @key(fields: "id") { id: ID! label: String! @external maker: Maker! @external price: Int! }
        type Maker @key(fields: "id") { id: ID! town: String! @external }`,
      resolvers: {
        Query: { bestseller: () => ITEMS[0], newest: () => ({ id: '2' }), window: () => ITEMS },
        Item: { __resolveReference: (item: object) => item, price: ({ id }: { id: string }) => Number(id) * 100 },
        Maker: { __resolveReference: byId(ITEMS.map(({ maker }) => maker)) },
      },
    },
  },
  cases: [
    {
      that: 'a provided field comes with its path',
      ask: '{ bestseller { label price } }',
      data: { bestseller: { label: 'lamp', price: 100 } },
      asked: { stock: 0, shop: 1 },
    },
    {
      that: 'on another path it is fetched',
      ask: '{ newest { label price } }',
      data: { newest: { label: 'rug', price: 200 } },
      asked: { stock: 1, shop: 1 },
    },
    {
      that: 'a provided field within another comes too',
      ask: '{ window { label maker { town } } }',
      data: {
        window: [
          { label: 'lamp', maker: { town: 'Ulm' } },
          { label: 'rug', maker: { town: 'Bonn' } },
        ],
      },
      asked: { stock: 0, shop: 1 },
    },
    {
      that: 'what is not provided beside it is fetched',
      ask: '{ window { maker { town founded } colour } }',
      data: {
        window: [
          { maker: { town: 'Ulm', founded: 1890 }, colour: 'red' },
          { maker: { town: 'Bonn', founded: 1950 }, colour: 'blue' },
        ],
      },
    },
    {
      that: 'an external field leads back to those that have it',
      ask: '{ items { price maker { town } } bestseller { maker { founded } } }',
      data: {
        items: [
          { price: 100, maker: { town: 'Ulm' } },
          { price: 200, maker: { town: 'Bonn' } },
        ],
        bestseller: { maker: { founded: 1890 } },
      },
    },
  ],
});

const MEDIA = [
  { __typename: 'Film', id: 'f', title: 'Stalker', minutes: 161 },
  { __typename: 'Song', id: 's', title: 'Gloria', beats: 104 },
];

conforms({
  feature: '@provides on interfaces and unions',
  services: {
    archive: {
      sdl: `${federation('@key', '@shareable')}
        interface Medium { id: ID! title: String! }
        type Film implements Medium @key(fields: "id") { id: ID! title: String! @shareable minutes: Int! @shareable }
        type Song implements Medium @key(fields: "id") { id: ID! title: String! @shareable beats: Int! }
        type Query { archive: [Medium!]! }`,
      resolvers: {
        Query: { archive: () => MEDIA },
        Film: { __resolveReference: byId(MEDIA) },
        Song: { __resolveReference: byId(MEDIA) },
      },
    },
    tonight: {
      sdl: `${federation('@key', '@external', '@provides')}
        interface Medium { id: ID! title: String! }
        union Show = Film | Song
        type Film implements Medium @key(fields: "id") { id: ID! title: String! @external minutes: Int! @external }
        type Song implements Medium @key(fields: "id") { id: ID! title: String! @external }
        type Query {
          tonight: [Medium!]! @provides(fields: "... on Film { title } ... on Song { title }")
          shows: [Show!]! @provides(fields: "... on Film { title minutes }")
        }`,
      resolvers: {
        Query: { tonight: () => MEDIA, shows: () => MEDIA },
        Film: { __resolveReference: byId(MEDIA) },
        Song: { __resolveReference: byId(MEDIA) },
      },
    },
  },
  cases: [
    {
      that: 'a field that is provided for all types of an interface is not fetched for any',
      ask: '{ tonight { __typename id title } }',
      data: {
        tonight: [
          { __typename: 'Film', id: 'f', title: 'Stalker' },
          { __typename: 'Song', id: 's', title: 'Gloria' },
        ],
      },
      asked: { archive: 0 },
    },
    {
      that: 'fields of one member are provided for it alone',
      ask: '{ shows { ... on Film { title minutes } } }',
      data: { shows: [{ title: 'Stalker', minutes: 161 }, {}] },
      asked: { archive: 0 },
    },
    {
      that: 'those of the other are fetched',
      ask: '{ shows { ... on Medium { title } ... on Song { beats } } tonight { ... on Song { beats } } }',
      data: {
        shows: [{ title: 'Stalker' }, { title: 'Gloria', beats: 104 }],
        tonight: [{}, { beats: 104 }],
      },
    },
  ],
});
