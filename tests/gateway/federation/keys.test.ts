import { expect } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const STATIONS = [
  { code: 'KGX', number: 6121, name: "King's Cross", at: { zone: 1, grid: 'TQ3083' } },
  { code: 'YRK', number: 8263, name: 'York', at: { zone: 9, grid: 'SE5951' } },
];

const SHIPS = [
  { id: '1', name: 'Fram', call: 'LXYZ' },
  { id: '2', name: null, call: null },
];

conforms({
  feature: '@key: several keys, and services that know different ones',
  services: {
    // Knows both keys, so it is the bridge between the others.
    stations: {
      sdl: `${federation('@key')}
        type Query { stations: [Station!]! }
        type Station @key(fields: "code") @key(fields: "number") { code: ID! number: Int! name: String! }`,
      resolvers: {
        Query: { stations: () => STATIONS },
        Station: {
          __resolveReference: (key: { code?: string; number?: number }) =>
            STATIONS.find(({ code, number }) => code === key.code || number === key.number),
        },
      },
    },
    tickets: {
      sdl: `${federation('@key')}
        type Query { soldAt: [Station!]! }
        type Station @key(fields: "number") { number: Int! sold: Int! }`,
      resolvers: {
        Query: { soldAt: () => [{ number: 8263 }, { number: 6121 }] },
        Station: {
          __resolveReference: ({ number }: { number: number }) => ({ number }),
          sold: ({ number }: { number: number }) => number * 10,
        },
      },
    },
    weather: {
      sdl: `${federation('@key')}
        type Query { rainiest: Station }
        type Station @key(fields: "code") { code: ID! rain: Float! }`,
      resolvers: {
        Query: { rainiest: () => ({ code: 'YRK' }) },
        Station: {
          __resolveReference: ({ code }: { code: string }) => ({ code }),
          rain: ({ code }: { code: string }) => (code === 'YRK' ? 61.5 : 40),
        },
      },
    },
  },
  cases: [
    {
      that: 'each service is asked by the key that it knows',
      ask: '{ stations { name sold rain } }',
      data: {
        stations: [
          { name: "King's Cross", sold: 61210, rain: 40 },
          { name: 'York', sold: 82630, rain: 61.5 },
        ],
      },
    },
    {
      that: 'from one key to another the way leads through a service that knows both',
      ask: '{ soldAt { rain } rainiest { sold } }',
      data: { soldAt: [{ rain: 61.5 }, { rain: 40 }], rainiest: { sold: 82630 } },
    },
    {
      that: 'a key that the service has already given is not asked for again',
      ask: '{ soldAt { number } rainiest { code } }',
      data: { soldAt: [{ number: 8263 }, { number: 6121 }], rainiest: { code: 'YRK' } },
      asked: { stations: 0, tickets: 1, weather: 1 },
    },
    {
      that: 'an alias with the name of a key field does not stand in for the key',
      ask: '{ stations { code: name number: name sold rain } }',
      data: {
        stations: [
          { code: "King's Cross", number: "King's Cross", sold: 61210, rain: 40 },
          { code: 'York', number: 'York', sold: 82630, rain: 61.5 },
        ],
      },
    },
    {
      that: 'a key field under an alias is still the key',
      ask: '{ stations { id: code nr: number sold rain } }',
      data: {
        stations: [
          { id: 'KGX', nr: 6121, sold: 61210, rain: 40 },
          { id: 'YRK', nr: 8263, sold: 82630, rain: 61.5 },
        ],
      },
    },
  ],
});

conforms({
  feature: '@key: composite and nested',
  services: {
    timetable: {
      sdl: `${federation('@key')}
        type Query { departures: [Departure!]! }
        type Departure @key(fields: "train { line number } on") { train: Train! on: String! platform: Int }
        type Train @key(fields: "line number") { line: String! number: Int! }`,
      resolvers: {
        Query: {
          departures: () => [
            { train: { line: 'east', number: 1 }, on: 'mon', platform: 4 },
            { train: { line: 'east', number: 2 }, on: 'tue', platform: null },
          ],
        },
      },
    },
    delays: {
      sdl: `${federation('@key')}
        type Departure @key(fields: "on train { number line }") { on: String! train: Train! minutesLate: Int! }
        type Train @key(fields: "number line") { number: Int! line: String! nickname: String! }`,
      resolvers: {
        Departure: {
          __resolveReference: (key: object) => key,
          minutesLate: ({ on, train }: { on: string; train: { number: number; line: string } }) =>
            (on === 'mon' ? 10 : 20) + train.number + (train.line === 'east' ? 0.0 : 1000),
        },
        Train: {
          __resolveReference: (key: object) => key,
          nickname: ({ line, number }: { line: string; number: number }) => `${line}-${number}`,
        },
      },
    },
  },
  cases: [
    {
      that: 'a key of several fields, one of them an object, finds its entity whatever its order',
      ask: '{ departures { platform minutesLate } }',
      data: {
        departures: [
          { platform: 4, minutesLate: 11 },
          { platform: null, minutesLate: 22 },
        ],
      },
    },
    {
      that: 'an entity within the key of another is one too',
      ask: '{ departures { minutesLate train { nickname } on } }',
      data: {
        departures: [
          { minutesLate: 11, train: { nickname: 'east-1' }, on: 'mon' },
          { minutesLate: 22, train: { nickname: 'east-2' }, on: 'tue' },
        ],
      },
    },
    {
      that: 'an alias within a nested key does not stand in for it',
      ask: '{ departures { train { number: line } minutesLate } }',
      data: {
        departures: [
          { train: { number: 'east' }, minutesLate: 11 },
          { train: { number: 'east' }, minutesLate: 22 },
        ],
      },
    },
  ],
});

conforms({
  feature: '@key(resolvable: false), and keys that only some services share',
  services: {
    // Refers to gates by a key by which it cannot be asked.
    flights: {
      sdl: `${federation('@key')}
        type Query { boarding: [Gate!]! }
        type Gate @key(fields: "code", resolvable: false) { code: ID! }`,
      resolvers: { Query: { boarding: () => [{ code: 'A1' }, { code: 'A2' }] } },
    },
    terminal: {
      sdl: `${federation('@key', '@shareable')}
        type Query { gates: [Gate!]! }
        type Gate @key(fields: "pier { name } number", resolvable: false) @key(fields: "code") {
          code: ID! pier: Pier! @shareable number: Int! @shareable
        }
        type Pier @shareable { name: String! }`,
      resolvers: {
        Query: { gates: () => [{ code: 'A1', pier: { name: 'A' }, number: 1 }] },
        Gate: {
          __resolveReference: ({ code }: { code: string }) => ({
            code,
            pier: { name: code.slice(0, 1) },
            number: Number(code.slice(1)),
          }),
        },
      },
    },
    seating: {
      sdl: `${federation('@key', '@shareable')}
        type Gate @key(fields: "pier { name } number") { pier: Pier! @shareable number: Int! @shareable chairs: Int! }
        type Pier @shareable { name: String! }`,
      resolvers: {
        Gate: {
          __resolveReference: (gate: object) => gate,
          chairs: ({ pier, number }: { pier: { name: string }; number: number }) =>
            number * 100 + pier.name.charCodeAt(0),
        },
      },
    },
  },
  cases: [
    {
      that: 'a service that only refers to an entity is not asked to resolve it',
      ask: '{ boarding { code number pier { name } } gates { code } }',
      data: {
        boarding: [
          { code: 'A1', number: 1, pier: { name: 'A' } },
          { code: 'A2', number: 2, pier: { name: 'A' } },
        ],
        gates: [{ code: 'A1' }],
      },
      asked: { flights: 1, terminal: 2, seating: 0 },
    },
    {
      that: 'by way of the key that resolves, the other is found',
      ask: '{ boarding { chairs } gates { number: code chairs } }',
      data: { boarding: [{ chairs: 165 }, { chairs: 265 }], gates: [{ number: 'A1', chairs: 165 }] },
    },
  ],
});

conforms({
  feature: 'keys that are null',
  services: {
    orders: {
      sdl: `${federation('@key')}
        type Query { orders: [Order!]! maybe: [Order]! }
        type Order { number: Int! buyer: Buyer }
        type Buyer @key(fields: "email") { email: String }`,
      resolvers: {
        Query: {
          orders: () => [
            { number: 1, buyer: { email: null } },
            { number: 2, buyer: { email: 'ada@example.org' } },
            { number: 3, buyer: null },
            { number: 4, buyer: { email: 'lost@example.org' } },
          ],
          maybe: () => [null, { number: 5, buyer: { email: 'ada@example.org' } }],
        },
      },
    },
    accounts: {
      sdl: `${federation('@key')}
        type Buyer @key(fields: "email") @key(fields: "id") { email: String id: ID nick: String }`,
      resolvers: {
        Buyer: {
          __resolveReference: ({ email }: { email: string | null }) =>
            email?.startsWith('ada') ? { email, id: '7', nick: 'ada' } : null,
        },
      },
    },
    letters: {
      sdl: `${federation('@key')}
        type Buyer @key(fields: "id") { id: ID letters: Int }`,
      resolvers: {
        Buyer: { __resolveReference: (buyer: object) => buyer, letters: ({ id }: { id: string }) => Number(id) * 2 },
      },
    },
  },
  cases: [
    {
      that: 'what hangs on a key that is null, or that nobody knows, is null; the others are answered',
      ask: '{ orders { number buyer { email nick letters } } maybe { buyer { letters } } }',
      data: {
        orders: [
          { number: 1, buyer: { email: null, nick: null, letters: null } },
          { number: 2, buyer: { email: 'ada@example.org', nick: 'ada', letters: 14 } },
          { number: 3, buyer: null },
          { number: 4, buyer: { email: 'lost@example.org', nick: null, letters: null } },
        ],
        maybe: [null, { buyer: { letters: 14 } }],
      },
    },
    {
      that: 'where there are no entities nobody is asked for them',
      ask: '{ maybe { number } orders @skip(if: true) { buyer { letters } } }',
      data: { maybe: [null, { number: 5 }] },
      asked: { orders: 1, accounts: 0, letters: 0 },
    },
  ],
});

conforms({
  feature: 'types that one service has and another extends, as the first federation wrote it',
  services: {
    origin: {
      sdl: `type Query { ship: Ship fleet: [Ship!]! }
        type Ship @key(fields: "id") { id: ID! name: String call: ID crew: [Sailor!]! }
        type Sailor { id: ID nick: String }`,
      resolvers: {
        Query: { ship: () => SHIPS[0], fleet: () => SHIPS },
        Ship: {
          __resolveReference: ({ id }: { id: string }) => SHIPS.find((ship) => ship.id === id) ?? null,
          crew: () => [{ id: 's', nick: 'Sea' }],
        },
      },
    },
    harbour: {
      sdl: `type Query { berthed: Ship }
        extend type Ship @key(fields: "id name") @key(fields: "call") {
          id: ID! @external name: String @external call: ID @external berth: String!
        }`,
      resolvers: {
        Query: { berthed: () => ({ id: '1', name: 'Fram', call: 'LXYZ', berth: 'B1' }) },
        Ship: {
          __resolveReference: (ship: { call?: string | null; id?: string; name?: string | null }) => ({
            ...ship,
            berth: ship.call ?? `${ship.id} ${ship.name}`,
          }),
        },
      },
    },
    registry: {
      sdl: `${federation('@key', '@external')}
        extend type Ship @key(fields: "id") { id: ID! @external built: Int }
        type Query { oldest: Ship }`,
      resolvers: {
        Query: { oldest: () => ({ id: '2', built: 1892 }) },
        Ship: { __resolveReference: ({ id }: { id: string }) => ({ id, built: 1890 + Number(id) }) },
      },
    },
  },
  cases: [
    {
      that: 'each is reached from each, by whichever key it has',
      ask: '{ ship { name berth built } oldest { name built } berthed { berth built crew { id nick } } }',
      data: {
        ship: { name: 'Fram', berth: expect.stringMatching(/^LXYZ$|^1 Fram$/), built: 1891 },
        oldest: { name: null, built: 1892 },
        berthed: { berth: 'B1', built: 1891, crew: [{ id: 's', nick: 'Sea' }] },
      },
    },
    {
      that: 'under names that trade places',
      ask: '{ fleet { name: id id: name call: built } }',
      data: {
        fleet: [
          { name: '1', id: 'Fram', call: 1891 },
          { name: '2', id: null, call: 1892 },
        ],
      },
    },
  ],
});
