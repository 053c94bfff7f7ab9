import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const STATIONS = [
  { code: 'KGX', number: 6121, name: "King's Cross", at: { zone: 1, grid: 'TQ3083' } },
  { code: 'YRK', number: 8263, name: 'York', at: { zone: 9, grid: 'SE5951' } },
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
      failing: true,
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
      failing: true,
    },
  ],
});
