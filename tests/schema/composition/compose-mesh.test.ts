import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, print } from 'graphql';
import { compose } from '../../../schema/composition/compose.ts';
import { composeByParts, composeMesh, type MeshSubgraph } from '../../../schema/composition/compose-mesh.ts';
import { linkMesh } from '../../../schema/contract/link.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { productOf, type Sketch } from '../contract/product-files.ts';

const composeHere: typeof composeMesh extends (subgraphs: never, compose: infer Compose) => unknown
  ? Compose
  : never = (subgraphs) => Promise.resolve(compose(subgraphs));

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@inaccessible", "@tag", "@interfaceObject"])`;
const OWN_KEY = '{ name: id, logicalType: integer, primaryKey: true }';

/** Products `d<domain>/thing<number>`, each perhaps with a reference to an earlier one, an enum, a date or tags. */
const things = fc.array(
  fc.record({
    domain: fc.integer({ min: 0, max: 3 }),
    refersTo: fc.option(fc.nat(20), { nil: null }),
    hasEnum: fc.boolean(),
    hasDate: fc.boolean(),
    tag: fc.constantFrom(null, 'internal', 'public'),
    note: fc.constantFrom('', 'A note.', 'Two\\n\\nlines with """ in them'),
  }),
  { minLength: 1, maxLength: 9 },
);
type Thing = typeof things extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function sketchOf(thing: Thing, at: number, all: readonly Thing[]): Sketch {
  const target = thing.refersTo === null || at === 0 ? null : thing.refersTo % at;
  const tags = thing.tag === null ? '' : `, tags: [${thing.tag}]`;
  return {
    id: `d${thing.domain}/thing${at}`,
    object: `thing${at}`,
    properties: [
      OWN_KEY,
      ...(target === null
        ? []
        : [
            `{ name: otherId, logicalType: integer, relationships: [{ to: thing${target}.id, customProperties: [{ property: product, value: d${all[target]!.domain}/thing${target} }] }] }`,
          ]),
      ...(thing.hasEnum
        ? [`{ name: color${at}, logicalType: string, logicalTypeOptions: { enum: [red, green] } }`]
        : []),
      ...(thing.hasDate ? [`{ name: day, logicalType: date${tags}, description: ${JSON.stringify(thing.note)} }`] : []),
    ],
    transform: 'select 1 as id',
  };
}

/** Services elsewhere, good and bad: what they do to types of managed products. */
const SERVICES: Readonly<Record<string, string>> = {
  nothing: `${LINK} type Query { weatherNow: String }`,
  extends: `${LINK} type Query { best: Thing0 } type Thing0 @key(fields: "id") { id: ID! rating: Int }`,
  requires: `${LINK} type Query { a: Int } type Thing0 @key(fields: "id") { id: ID! day: Date @external age: Int @requires(fields: "day") } scalar Date`,
  redefines: `${LINK} type Query { b: Int } type Thing0 @key(fields: "id") { id: ID! day: String }`,
  otherKey: `${LINK} type Query { c: Thing0 } type Thing0 @key(fields: "code") { code: String! }`,
  sortsToo: `${LINK} type Query { d(sort: SortDirection): Int } enum SortDirection { ASC DESC }`,
  sortsElse: `${LINK} type Query { d(sort: SortDirection): SortDirection } enum SortDirection { ASC DESC NONE }`,
  hidesInput: `${LINK} type Query { e(by: DateFilter): Int } input DateFilter @inaccessible { eq: Date } scalar Date`,
  hidesType: `${LINK} type Query { f: Int } type Thing0 @key(fields: "id") @inaccessible { id: ID! }`,
  pages: `${LINK} type Query { g: PageInfo } type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }`,
  pagesLess: `${LINK} type Query { g: PageInfo } type PageInfo @shareable { hasNextPage: Boolean! }`,
  takesRoot: `${LINK} type Query { thing0: Int }`,
  renamesRoot: `${LINK} schema { query: Root } type Root { thing0: Int }`,
  takesConnection: `${LINK} type Query { h: Thing0Connection } type Thing0Connection { totalCount: Int }`,
  anotherKind: `${LINK} type Query { i: Int } interface Thing0 { id: ID! }`,
  refers: `${LINK} type Query { j: Visit } type Visit @key(fields: "no") { no: ID! thing: Thing0 } type Thing0 @key(fields: "id", resolvable: false) { id: ID! }`,
};

function subgraphsOf(given: readonly Thing[], services: readonly string[]): MeshSubgraph[] {
  const { mesh } = linkMesh(given.map((thing, at) => productOf(sketchOf(thing, at, given))));
  const managed = [...mesh.domains.values()].map((model) => ({
    name: model.domain,
    kind: 'managed' as const,
    sdl: subgraphSdl(model),
    url: `weft:///subgraphs/${model.domain}/1`,
    composed: false,
  }));
  const remote = services.map((name) => ({
    name: `elsewhere/${name}`,
    kind: 'remote' as const,
    sdl: SERVICES[name]!,
    url: `http://${name}/`,
    composed: false,
  }));
  return [...managed, ...remote];
}

/** Definitions in one order, fields too: their order means nothing to a router. */
function canonical(sdl: string): string[] {
  return parse(sdl, { noLocation: true })
    .definitions.map((node) =>
      'fields' in node
        ? print({
            ...node,
            fields: [...(node.fields ?? [])].sort((a, b) => (a.name.value < b.name.value ? -1 : 1)),
          } as typeof node)
        : print(node),
    )
    .sort();
}

test('composing by parts is composing all at once: the same supergraph and hints, or the same refusal', async () => {
  let byParts = 0;
  await fc.assert(
    fc.asyncProperty(things, fc.subarray(Object.keys(SERVICES), { maxLength: 2 }), async (given, services) => {
      const subgraphs = subgraphsOf(given, services);
      const whole = compose(subgraphs);
      const parts = await composeByParts(subgraphs, composeHere);
      const answer = await composeMesh(subgraphs, composeHere);
      if (!whole.composes) {
        expect(parts).toBeNull();
        expect(answer).toEqual(whole);
        return;
      }
      if (parts !== null) {
        byParts += 1;
        expect(canonical(parts.sdl)).toEqual(canonical(whole.sdl));
        const said = (hints: typeof whole.hints) => hints.map(({ message }) => message).sort();
        expect(said(parts.hints)).toEqual(said(whole.hints));
      }
      expect(answer.composes && canonical(answer.sdl)).toEqual(canonical(whole.sdl));
    }),
    { numRuns: 30 },
  );
  // Were the parts never enough, nothing would have been tested.
  expect(byParts).toBeGreaterThan(8);
});

test.each(Object.keys(SERVICES))('a service that %s is judged by parts as at once', async (service) => {
  const given = ['x', 'y'].map((_, at): Thing => ({
    domain: at,
    refersTo: 0,
    hasEnum: true,
    hasDate: true,
    tag: null,
    note: '',
  }));
  const subgraphs = subgraphsOf(given, [service]);
  const whole = compose(subgraphs);
  const parts = await composeByParts(subgraphs, composeHere);
  if (!whole.composes) expect(parts).toBeNull();
  else if (parts !== null) expect(canonical(parts.sdl)).toEqual(canonical(whole.sdl));
});

test('what is as it was is not composed again, and another URL of it is in the answer', async () => {
  const given = [0, 1, 2, 3].map((domain): Thing => ({
    domain,
    refersTo: 0,
    hasEnum: false,
    hasDate: true,
    tag: null,
    note: '',
  }));
  const asked: number[] = [];
  const counted: typeof composeHere = (subgraphs) => {
    asked.push(subgraphs.reduce((letters, { sdl }) => letters + sdl.length, 0));
    return composeHere(subgraphs);
  };
  const first = subgraphsOf(given, []).map((one) => ({ ...one, name: `again-${one.name}` }));
  await composeMesh(first, counted);
  const before = asked.splice(0);
  const moved = first.map((one, at) => (at === 1 ? { ...one, url: 'weft:///subgraphs/moved/2' } : one));
  const answer = await composeMesh(moved, counted);
  expect(before).toHaveLength(5);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeLessThan(before.at(-1)!);
  const whole = compose(moved);
  expect(answer.composes && canonical(answer.sdl)).toEqual(whole.composes && canonical(whole.sdl));
});
