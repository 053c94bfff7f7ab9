import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const TREES = [
  { id: 'o', kind: 'oak', rows: [[{ n: 1 }, null], null, []] },
  { id: 'e', kind: 'elm', rows: [] },
];

conforms({
  feature: 'operations over several services',
  services: {
    forest: {
      sdl: `${federation('@key')}
        type Query { trees: [Tree!]! tree(id: ID, like: TreeLike): Tree echo(text: String = "quiet", list: [[Int]]): String! }
        input TreeLike { kind: String! nested: TreeLike }
        type Tree @key(fields: "id") { id: ID! kind: String! rows: [[Cell]]! }
        type Cell { n: Int! }`,
      resolvers: {
        Query: {
          trees: () => TREES,
          tree: (_: unknown, { id, like }: { id?: string; like?: { kind: string } }) =>
            TREES.find((tree) => tree.id === id || tree.kind === like?.kind),
          echo: (_: unknown, args: object) => JSON.stringify(args),
        },
        Tree: { __resolveReference: ({ id }: { id: string }) => TREES.find((tree) => tree.id === id) },
      },
    },
    birds: {
      sdl: `${federation('@key')}
        type Query { nests: [[Tree]!]! }
        type Tree @key(fields: "id") { id: ID! birds(first: Int = 1, named: [String!]): [Bird!]! oldest: Bird }
        type Bird { name: String! tree: Tree! }`,
      resolvers: {
        Query: { nests: () => [[{ id: 'e' }, null], [], [{ id: 'o' }]] },
        Tree: {
          __resolveReference: (tree: object) => tree,
          birds: ({ id }: { id: string }, { first, named }: { first: number; named?: string[] }) =>
            Array.from({ length: first }, (_, at) => ({ name: named?.[at] ?? `${id}${at}`, tree: { id } })),
          oldest: ({ id }: { id: string }) => (id === 'o' ? { name: 'owl', tree: { id: 'e' } } : null),
        },
      },
    },
  },
  cases: [
    {
      that: '@skip and @include at the root, on entities, on fields of others and on fragments, by literals and variables',
      ask: `query ($yes: Boolean!, $no: Boolean = false) {
        trees @include(if: $yes) {
          id @skip(if: $yes)
          kind @include(if: true)
          birds @skip(if: $no) { name @include(if: $no) tree @include(if: $yes) { kind @skip(if: $no) } }
          ... on Tree @include(if: $no) { oldest { name } }
          ...T @skip(if: $no)
        }
        tree(id: "o") @skip(if: $yes) { kind }
      }
      fragment T on Tree { oldest @include(if: $yes) { name } }`,
      variables: { yes: true },
      data: {
        trees: [
          { kind: 'oak', birds: [{ tree: { kind: 'oak' } }], oldest: { name: 'owl' } },
          { kind: 'elm', birds: [{ tree: { kind: 'elm' } }], oldest: null },
        ],
      },
    },
    {
      that: 'the other way round',
      ask: `query ($yes: Boolean!) {
        trees { id @skip(if: $yes) birds @include(if: $yes) { name } ... @skip(if: $yes) { oldest { tree { kind } } } }
      }`,
      variables: { yes: false },
      data: {
        trees: [
          { id: 'o', oldest: { tree: { kind: 'elm' } } },
          { id: 'e', oldest: null },
        ],
      },
    },
    {
      that: 'both on one field need both',
      ask: 'query ($a: Boolean!, $b: Boolean!) { trees { kind oldest @include(if: $a) @skip(if: $b) { name } } tree(id: "e") @skip(if: $b) @include(if: $a) { birds { name } } }',
      variables: { a: true, b: true },
      data: { trees: [{ kind: 'oak' }, { kind: 'elm' }] },
      asked: { birds: 0 },
    },
    {
      that: 'a field that stands twice is there where one of its places is',
      ask: 'query ($no: Boolean!) { trees { birds @include(if: $no) { name } ... on Tree { birds { tree { id } } } kind @include(if: $no) kind } }',
      variables: { no: false },
      data: {
        trees: [
          { birds: [{ tree: { id: 'o' } }], kind: 'oak' },
          { birds: [{ tree: { id: 'e' } }], kind: 'elm' },
        ],
      },
    },
    {
      that: 'of a fragment at the root that is skipped by a variable',
      ask: 'query ($no: Boolean!) { ... on Query @skip(if: $no) { tree(id: "o") { birds { tree { kind } } } } }',
      variables: { no: false },
      data: { tree: { birds: [{ tree: { kind: 'oak' } }] } },
    },
    {
      that: 'where all is skipped the answer is empty, and nobody is asked',
      ask: '{ trees @skip(if: true) { birds { name } } }',
      data: {},
      asked: { forest: 0, birds: 0 },
    },
    {
      that: 'lists of lists keep their shape, and what is null in them',
      ask: '{ trees { rows { n __typename } } nests { id kind birds { name } } }',
      data: {
        trees: [{ rows: [[{ n: 1, __typename: 'Cell' }, null], null, []] }, { rows: [] }],
        nests: [
          [{ id: 'e', kind: 'elm', birds: [{ name: 'e0' }] }, null],
          [],
          [{ id: 'o', kind: 'oak', birds: [{ name: 'o0' }] }],
        ],
      },
    },
    {
      that: 'a field with several arguments under several aliases, from a service further on',
      ask: 'query ($n: Int!, $names: [String!]) { trees { one: birds { name } two: birds(first: 2, named: $names) { name } none: birds(first: 0) { name } birds(first: $n) { name } } }',
      variables: { n: 2, names: ['kea'] },
      data: {
        trees: ['o', 'e'].map((id) => ({
          one: [{ name: `${id}0` }],
          two: [{ name: 'kea' }, { name: `${id}1` }],
          none: [],
          birds: [{ name: `${id}0` }, { name: `${id}1` }],
        })),
      },
    },
    {
      that: 'aliases trade names between fields of two services',
      ask: '{ trees { id: kind kind: id oldest: birds { tree: name name: tree { birds: kind } } birds: oldest { name } } }',
      data: {
        trees: [
          { id: 'oak', kind: 'o', oldest: [{ tree: 'o0', name: { birds: 'oak' } }], birds: { name: 'owl' } },
          { id: 'elm', kind: 'e', oldest: [{ tree: 'e0', name: { birds: 'elm' } }], birds: null },
        ],
      },
    },
    {
      that: 'the fields of an answer stand in the order of the question',
      ask: '{ trees { oldest { name } kind birds { name } id } }',
      data: {
        trees: [
          { oldest: { name: 'owl' }, kind: 'oak', birds: [{ name: 'o0' }], id: 'o' },
          { oldest: null, kind: 'elm', birds: [{ name: 'e0' }], id: 'e' },
        ],
      },
    },
    {
      that: 'a variable that is null, one that is missing and a default are three things',
      ask: 'query ($null: String, $missing: String, $default: String = "d", $list: [[Int]]) { a: echo(text: $null) b: echo(text: $missing) c: echo(text: $default, list: $list) d: echo(text: null) }',
      variables: { null: null, list: [[1, null], null] },
      data: {
        a: '{"text":null}',
        b: '{"text":"quiet"}',
        c: '{"text":"d","list":[[1,null],null]}',
        d: '{"text":null}',
      },
    },
    {
      that: 'variables within inputs, and inputs within inputs',
      ask: 'query ($kind: String!, $like: TreeLike) { a: tree(like: { kind: $kind, nested: { kind: $kind } }) { id birds { name } } b: tree(like: $like) { kind } }',
      variables: { kind: 'elm', like: { kind: 'oak', nested: { kind: 'x' } } },
      data: { a: { id: 'e', birds: [{ name: 'e0' }] }, b: { kind: 'oak' } },
    },
    {
      that: 'there and back again several times',
      ask: '{ tree(id: "o") { oldest { tree { kind birds { tree { kind oldest { name } } } } } } }',
      data: {
        tree: { oldest: { tree: { kind: 'elm', birds: [{ tree: { kind: 'elm', oldest: null } }] } } },
      },
    },
    {
      that: '__typename alone asks nobody',
      ask: '{ __typename a: __typename }',
      data: { __typename: 'Query', a: 'Query' },
      asked: { forest: 0, birds: 0 },
    },
  ],
});
