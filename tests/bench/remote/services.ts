const HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n';

/** A festival, told by four services. */
export const SERVICE_NAMES = ['programme', 'people', 'venues', 'voices'] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

interface FestivalService {
  readonly sdl: string;
  /** As @apollo/subgraph takes them. */
  readonly resolvers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Ref {
  readonly id: string;
}

const CONCERTS = 50;
const ARTISTS = 40;
const VENUES = 8;
const LISTENERS = 120;

/** What each of them knows. Rows are made of their ids: every one that is asked the same answers the same. */
export const SERVICES: Readonly<Record<ServiceName, FestivalService>> = {
  programme: {
    sdl: `${HEAD}
type Query { concerts: [Concert!]! }
type Concert @key(fields: "id") { id: ID! title: String! startsAt: String! minutes: Int! venue: Venue! artists: [Artist!]! }
type Venue @key(fields: "id", resolvable: false) { id: ID! }
type Artist @key(fields: "id") { id: ID! concerts: [Concert!]! }`,
    resolvers: {
      Query: { concerts: () => range(CONCERTS).map((at) => concert(`${at}`)) },
      Concert: { __resolveReference: ({ id }: Ref) => concert(id) },
      Artist: {
        concerts: ({ id }: Ref) => [0, 1].map((at) => concert(`${(Number(id) + at * 17) % CONCERTS}`)),
      },
    },
  },
  people: {
    sdl: `${HEAD}
type Artist @key(fields: "id") { id: ID! name: String! genre: String! country: String! members: [String!]! }
type Listener @key(fields: "id") { id: ID! name: String! town: String }`,
    resolvers: {
      Artist: {
        __resolveReference: ({ id }: Ref) => ({
          ...{ id, name: `The ${NAMES[Number(id) % 7]} of ${id}`, genre: GENRES[Number(id) % 4], country: 'Freedonia' },
          members: range(3).map((at) => `${NAMES[(Number(id) + at) % 7]} ${NAMES[(Number(id) * at) % 7]}`),
        }),
      },
      Listener: {
        __resolveReference: ({ id }: Ref) => ({
          ...{ id, name: `${NAMES[Number(id) % 7]} ${id}` },
          town: Number(id) % 5 === 0 ? null : `Town ${Number(id) % 11}`,
        }),
      },
    },
  },
  venues: {
    sdl: `${HEAD}
type Venue @key(fields: "id") { id: ID! name: String! capacity: Int! covered: Boolean! position: Position! }
type Position { latitude: Float! longitude: Float! }`,
    resolvers: {
      Venue: {
        __resolveReference: ({ id }: Ref) => ({
          ...{ id, name: `Venue ${id}`, capacity: 900 + 100 * Number(id), covered: Number(id) % 2 === 0 },
          position: { latitude: 52.1 + Number(id) / 7, longitude: 4.9 + Number(id) / 3 },
        }),
      },
    },
  },
  voices: {
    sdl: `${HEAD}
type Concert @key(fields: "id") { id: ID! reviews: [Review!]! stars: Float }
type Review @key(fields: "id") { id: ID! stars: Int! text: String! author: Listener! }
type Artist @key(fields: "id") { id: ID! fans: Int! }
type Listener @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Concert: {
        stars: ({ id }: Ref) => (Number(id) % 50) / 10,
        reviews: ({ id }: Ref) => range(5).map((at) => review(Number(id) * 5 + at)),
      },
      Artist: { fans: ({ id }: Ref) => Number(id) * 1_000 },
    },
  },
};

/** About 90 KB of answer, in three steps one after another, with entities of all four. */
export const HEAVY = `query Festival {
  concerts {
    id title startsAt minutes stars
    venue { id name capacity covered position { latitude longitude } }
    artists { id name genre country fans members concerts { id title stars } }
    reviews { id stars text author { id name town } }
  }
}`;

const NAMES = ['Heron', 'Anvil', 'Lantern', 'Meadow', 'Cinder', 'Harbour', 'Thistle'];
const GENRES = ['folk', 'jazz', 'noise', 'choir'];
const WORDS = 'a bright long evening with brass in the rain and a second encore that nobody had hoped for any more';

function concert(id: string): object {
  const at = Number(id);
  return {
    ...{
      id,
      title: `${NAMES[at % 7]} night, part ${id}`,
      startsAt: `2027-07-${10 + (at % 15)}T20:00:00Z`,
      minutes: 45 + at,
    },
    venue: { id: `${at % VENUES}` },
    artists: range(3).map((one) => ({ id: `${(at * 3 + one * 7) % ARTISTS}` })),
  };
}

function review(at: number): object {
  const text = `${WORDS.slice(at % 20)}, says number ${at}`;
  return { id: `${at}`, stars: at % 6, text, author: { id: `${(at * 13) % LISTENERS}` } };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at);
}
