import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const BOATS = [
  { __typename: 'Ferry', id: 'f', name: 'Freya', berth: 3, seats: 400, sister: null as unknown },
  { __typename: 'Tug', id: 't', name: 'Thor', berth: 4, pull: 90, tows: null as unknown },
];
BOATS[0]!.sister = BOATS[0];
BOATS[1]!.tows = BOATS[0];
const boat = ({ id }: { id: string }): unknown => BOATS.find((one) => one.id === id) ?? null;

conforms({
  feature: 'interfaces whose types are entities',
  services: {
    boats: {
      sdl: `${federation('@key')}
        type Query { boats: [Boat!]! boat(id: ID!): Boat }
        interface Boat { id: ID! name: String! berth: Int! }
        type Ferry implements Boat @key(fields: "id") { id: ID! name: String! berth: Int! seats: Int! sister: Boat }
        type Tug implements Boat @key(fields: "id") { id: ID! name: String! berth: Int! pull: Int! tows: Boat }`,
      resolvers: {
        Query: { boats: () => BOATS, boat: (_: unknown, key: { id: string }) => boat(key) },
        Ferry: { __resolveReference: boat },
        Tug: { __resolveReference: boat },
      },
    },
    harbour: {
      sdl: `${federation('@key')}
        type Query { arrived: [Arrival!]! }
        interface Moored { fee: Int! crew: [Hand!]! }
        type Hand { name: String! }
        union Arrival = Ferry | Tug
        type Ferry implements Moored @key(fields: "id") { id: ID! fee: Int! crew: [Hand!]! cars: Int! }
        type Tug implements Moored @key(fields: "id") { id: ID! fee: Int! crew: [Hand!]! hours: String! }`,
      resolvers: {
        Query: {
          arrived: () => [
            { __typename: 'Tug', id: 't' },
            { __typename: 'Ferry', id: 'f' },
          ],
        },
        Ferry: {
          __resolveReference: (ferry: object) => ferry,
          fee: () => 50,
          crew: () => [{ name: 'Ann' }, { name: 'Bo' }],
          cars: () => 60,
        },
        Tug: { __resolveReference: (tug: object) => tug, fee: () => 9, crew: () => [], hours: () => 'night' },
      },
    },
  },
  cases: [
    {
      that: 'each type gets its own fields from another service',
      ask: '{ boats { name ... on Ferry { cars seats } ... on Tug { hours pull } } }',
      data: {
        boats: [
          { name: 'Freya', cars: 60, seats: 400 },
          { name: 'Thor', hours: 'night', pull: 90 },
        ],
      },
    },
    {
      that: 'an interface that only the other service knows may be asked for',
      ask: '{ boats { ... on Moored { fee crew { name } } } }',
      data: {
        boats: [
          { fee: 50, crew: [{ name: 'Ann' }, { name: 'Bo' }] },
          { fee: 9, crew: [] },
        ],
      },
    },
    {
      that: 'fragments within fragments, named and not, narrow and widen again',
      ask: `{ arrived { ...A } }
        fragment A on Arrival { ... on Boat { ...B ... on Moored { ... on Tug { hours } } } __typename }
        fragment B on Boat { name ... on Ferry { sister { ...C } } ... on Tug { tows { ...C } } }
        fragment C on Boat { ... on Moored { fee } }`,
      data: {
        arrived: [
          { name: 'Thor', tows: { fee: 50 }, hours: 'night', __typename: 'Tug' },
          { name: 'Freya', sister: { fee: 50 }, __typename: 'Ferry' },
        ],
      },
    },
    {
      that: 'one alias may be another field on another type',
      ask: '{ boats { ... on Ferry { much: seats what: cars } ... on Tug { much: pull } } arrived { ... on Ferry { what: fee id: id } ... on Tug { what: berth } } }',
      data: {
        boats: [{ much: 400, what: 60 }, { much: 90 }],
        arrived: [{ what: 4 }, { what: 50, id: 'f' }],
      },
    },
    {
      that: 'even where their types are not the same, each under its own',
      ask: '{ boats { ... on Ferry { x: sister { name } } ... on Tug { x: tows { berth: name } } } }',
      data: { boats: [{ x: { name: 'Freya' } }, { x: { berth: 'Freya' } }] },
    },
    {
      that: 'one alias for lists of one service and objects of another',
      ask: '{ boats { ... on Ferry { y: crew { name } } ... on Tug { y: crew { z: name } } } }',
      data: { boats: [{ y: [{ name: 'Ann' }, { name: 'Bo' }] }, { y: [] }] },
    },
    {
      that: '__typename is told at every level, under any name',
      ask: '{ t: __typename boats { kind: __typename ... on Ferry { __typename sister { __typename } crew { __typename } } } }',
      data: {
        t: 'Query',
        boats: [
          {
            kind: 'Ferry',
            __typename: 'Ferry',
            sister: { __typename: 'Ferry' },
            crew: [{ __typename: 'Hand' }, { __typename: 'Hand' }],
          },
          { kind: 'Tug' },
        ],
      },
    },
    {
      that: 'a member of which nothing is asked is an empty object',
      ask: '{ arrived { ... on Ferry { cars } } boats { ... on Tug { hours } } }',
      data: { arrived: [{}, { cars: 60 }], boats: [{}, { hours: 'night' }] },
    },
  ],
});

const LICENCES = [
  { __typename: 'Pilot', id: 'p', name: 'Pia', hours: 900 },
  { __typename: 'Student', id: 's', name: 'Sam', year: 2 },
];
const licence = ({ id }: { id: string }): unknown => LICENCES.find((one) => one.id === id) ?? null;

conforms({
  feature: '@interfaceObject: fields for all types of an interface, from a service that knows none of them',
  services: {
    people: {
      sdl: `${federation('@key')}
        type Query { flyers: [Flyer!]! }
        interface Flyer @key(fields: "id") { id: ID! name: String! }
        type Pilot implements Flyer @key(fields: "id") { id: ID! name: String! hours: Int! }
        type Student implements Flyer @key(fields: "id") { id: ID! name: String! year: Int! }`,
      resolvers: {
        Query: { flyers: () => LICENCES },
        Flyer: { __resolveReference: licence, __resolveType: ({ __typename }: { __typename: string }) => __typename },
        Pilot: { __resolveReference: licence },
        Student: { __resolveReference: licence },
      },
    },
    lounge: {
      sdl: `${federation('@key', '@interfaceObject', '@external', '@requires')}
        type Query { lastSeen: Flyer seats: [Seat!]! }
        type Flyer @key(fields: "id") @interfaceObject {
          id: ID! name: String! @external miles: Int! sign: String! @requires(fields: "name")
        }
        type Seat { row: Int! taken: Flyer }`,
      resolvers: {
        Query: {
          lastSeen: () => ({ id: 's' }),
          seats: () => [
            { row: 1, taken: { id: 'p' } },
            { row: 2, taken: null },
          ],
        },
        Flyer: {
          __resolveReference: (flyer: object) => flyer,
          miles: ({ id }: { id: string }) => (id === 'p' ? 1000 : 10),
          sign: ({ name }: { name: string }) => name.toUpperCase(),
        },
      },
    },
  },
  cases: [
    {
      that: 'a field that it adds is one of the interface',
      ask: '{ flyers { name miles } }',
      data: {
        flyers: [
          { name: 'Pia', miles: 1000 },
          { name: 'Sam', miles: 10 },
        ],
      },
    },
    {
      that: 'and of each of its types',
      ask: '{ flyers { ... on Pilot { hours miles } ... on Student { year sign } } }',
      data: {
        flyers: [
          { hours: 900, miles: 1000 },
          { year: 2, sign: 'SAM' },
        ],
      },
    },
    {
      that: 'of which type its own objects are, the other service knows',
      ask: '{ lastSeen { __typename miles name ... on Student { year } } }',
      data: { lastSeen: { __typename: 'Student', miles: 10, name: 'Sam', year: 2 } },
    },
    {
      that: 'a fragment on one type picks among them',
      ask: '{ seats { row taken { ... on Pilot { hours sign } } } lastSeen { ... on Pilot { hours } } }',
      data: {
        seats: [
          { row: 1, taken: { hours: 900, sign: 'PIA' } },
          { row: 2, taken: null },
        ],
        lastSeen: {},
      },
    },
    {
      that: 'where its own fields are enough nobody else is asked',
      ask: '{ lastSeen { id miles } }',
      data: { lastSeen: { id: 's', miles: 10 } },
      asked: { people: 0, lounge: 1 },
    },
    {
      that: 'what it requires of the interface is fetched',
      ask: '{ flyers { sign } lastSeen { sign } }',
      data: { flyers: [{ sign: 'PIA' }, { sign: 'SAM' }], lastSeen: { sign: 'SAM' } },
    },
  ],
});

conforms({
  feature: 'an interface object whose key leads nowhere',
  services: {
    margin: {
      sdl: `${federation('@key', '@interfaceObject')}
        type Query { scribble: Note }
        type Note @key(fields: "id", resolvable: false) @interfaceObject { id: ID! text: String }`,
      resolvers: { Query: { scribble: () => ({ id: 'n', text: 'milk' }) } },
    },
    board: {
      sdl: `${federation('@key')}
        type Query { pinned: Note count: Int }
        interface Note @key(fields: "id") { id: ID! }`,
      resolvers: {
        Query: { pinned: () => null, count: () => 3 },
        Note: { __resolveReference: () => null, __resolveType: () => null },
      },
    },
  },
  cases: [
    {
      that: 'what a service has of it itself is answered',
      ask: '{ scribble { id text } count }',
      data: { scribble: { id: 'n', text: 'milk' }, count: 3 },
    },
    {
      that: 'what nobody can be asked for is an error, not null',
      ask: '{ pinned { text } }',
      data: null,
      errors: [{}],
    },
  ],
});

conforms({
  feature:
    'interfaces that lead further: to types of a third service, to themselves, and from roots that several share',
  services: {
    works: {
      sdl: `${federation('@key', '@shareable', '@external', '@provides')}
        type Query { work: Work thing(id: ID!): Thing @shareable }
        interface Thing { id: ID! }
        interface Work @key(fields: "id") { id: ID! title: String sequel: Work }
        type Film implements Work & Thing @key(fields: "id") {
          id: ID! title: String sequel: Film @provides(fields: "rating") rating: Int @external
        }
        type Play implements Work @key(fields: "id") { id: ID! title: String sequel: Work }`,
      resolvers: {
        Query: { work: () => film('1'), thing: (_: unknown, { id }: { id: string }) => (id === '1' ? film(id) : null) },
        Work: { __resolveReference: ({ id }: { id: string }) => film(id) },
        Film: {
          __resolveReference: ({ id }: { id: string }) => film(id),
          sequel: ({ id }: { id: string }) => ({ ...film(`${id}${id}`), rating: 2 * id.length }),
        },
      },
    },
    festival: {
      sdl: `${federation('@key', '@interfaceObject')}
        type Query { opening: Evening }
        type Evening @key(fields: "id") { id: ID! shown: Work }
        type Work @key(fields: "id") @interfaceObject { id: ID! }`,
      resolvers: { Query: { opening: () => ({ id: 'e', shown: { id: '1' } }) } },
    },
    critics: {
      sdl: `${federation('@key', '@shareable')}
        type Query { thing(id: ID!): Thing @shareable }
        interface Thing { id: ID! }
        type Film implements Thing @key(fields: "id") { id: ID! rating: Int @shareable verdict: String }`,
      resolvers: {
        Query: {
          thing: (_: unknown, { id }: { id: string }) =>
            id === '1' ? { __typename: 'Film', id, verdict: 'good' } : null,
        },
        Film: { __resolveReference: ({ id }: { id: string }) => ({ id, rating: id.length, verdict: `see ${id}` }) },
      },
    },
  },
  cases: [
    {
      that: 'from an interface object to a type’s field of a third service the way leads through the one that knows the type',
      ask: '{ opening { id shown { id title ... on Film { verdict } } } }',
      data: { opening: { id: 'e', shown: { id: '1', title: 'Film 1', verdict: 'see 1' } } },
    },
    {
      that: 'an interface’s field that is the interface again may be narrower in a type, which may provide more of it',
      ask: '{ work { sequel { title sequel { id ... on Film { rating } } ... on Film { rating verdict } } } }',
      data: {
        work: {
          sequel: { title: 'Film 11', sequel: { id: '1111', rating: 4 }, rating: 2, verdict: 'see 11' },
        },
      },
    },
    {
      that: 'a root that several have is answered by one of them, and what the other has of it is fetched',
      ask: '{ thing(id: "1") { __typename id ... on Film { title verdict } } gone: thing(id: "2") { id } }',
      data: {
        thing: { __typename: 'Film', id: '1', title: 'Film 1', verdict: expect.stringMatching(/good|see 1/) },
        gone: null,
      },
    },
  ],
});

function film(id: string): object {
  return { __typename: 'Film', id, title: `Film ${id}` };
}
