import { Supergraph } from '@apollo/federation-internals';
import { expect, test } from '@jest/globals';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { apiSchema } from '../../../schema/composition/api-schema.ts';
import { compose } from '../../../schema/composition/compose.ts';

const LINK = (version: string, names: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/${version}", import: [${names}])`;

const SUPERGRAPHS: Readonly<Record<string, readonly string[]>> = {
  'keys, interfaces, unions and defaults': [
    `${LINK('v2.3', '"@key"')} type Query { node(id: ID! = "x", by: By = { a: [1] }): Node any: Any } input By { a: [Int!] = [2] }
     interface Node { id: ID! } type A implements Node @key(fields: "id") { id: ID! "told" old: Int @deprecated(reason: "no") } type B implements Node { id: ID! } union Any = A | B
     directive @mine(a: Int) on FIELD | QUERY scalar Url @specifiedBy(url: "https://a.example")`,
    `${LINK('v2.3', '"@key"')} type Query { b: Int } type A @key(fields: "id") { id: ID! more: Color } enum Color { RED GREEN } type Mutation { go: Int }`,
  ],
  'what is inaccessible, under another name too': [
    `${LINK('v2.3', '{ name: "@inaccessible", as: "@hidden" }, "@tag"')} type Query { a: A b(x: Int, y: Int @hidden): Int @tag(name: "t") c: C @hidden u: U e: E i(i: I): Int }
     type A { id: ID! secret: Int @hidden } type C @hidden { id: ID! } union U = A | C enum E { ONE TWO @hidden } input I { a: Int b: Int @hidden } interface H @hidden { id: ID! } type D implements H { id: ID! }`,
  ],
  'what only some may see': [
    `${LINK('v2.9', '"@authenticated", "@requiresScopes", "@policy", "@cost", "@listSize"')} type Query { a: Int @authenticated b: [Int] @requiresScopes(scopes: [["x"]]) @listSize(assumedSize: 3) c: Int @policy(policies: [["p"]]) @cost(weight: 3) }`,
  ],
};

test.each(Object.entries(SUPERGRAPHS))(
  "of %s clients may ask what Apollo's own gateway would let them",
  (_name, sdls) => {
    const composed = compose(sdls.map((sdl, at) => ({ name: `s${at}`, sdl, url: 'http://x/' })));
    if (!composed.composes) throw new Error(composed.errors.map(({ message }) => message).join('\n'));
    const theirs = Supergraph.build(composed.sdl, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
    expect(printSchema(lexicographicSortSchema(apiSchema(composed.sdl)))).toBe(
      printSchema(lexicographicSortSchema(theirs)),
    );
  },
);

test('a supergraph that needs a feature which is not served is not loaded, nor one without Query', () => {
  const link = '@link(url: "https://specs.apollo.dev/unheard/v1.0", for: SECURITY)';
  expect(() => apiSchema(`schema ${link} { query: Query } type Query { a: Int }`)).toThrow('unheard');
  expect(() => apiSchema('type Other { a: Int }')).toThrow('no type Query');
});
