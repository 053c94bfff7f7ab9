import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, parse } from 'graphql';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readVariants } from '../../gateway/variants/read-variants.ts';
import { type GatewayHere, gatewayHere, type Tree } from './gateway-here.ts';
import { type SubgraphService, subgraphService } from './federation/subgraph-service.ts';
import { remoteFolder } from './product-text.ts';

const AIRPORTS = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
  type Query {
    spots(kind: SpotKind): [Spot!]! @tag(name: "public")
    audits: [Audit!]!
  }
  type Mutation { nameSpot(id: ID!, name: String!): Spot @tag(name: "public") }
  type Spot @key(fields: "id") @tag(name: "public") {
    id: ID!
    name: String
    kind: SpotKind
    cost: Int @tag(name: "internal")
    audit: Audit
  }
  enum SpotKind { CIVIL MILITARY @tag(name: "internal") }
  type Audit { at: String }
`;
const SPOT = { __typename: 'Spot', id: '1', name: 'Alpha', kind: 'CIVIL', cost: 3, audit: { at: 'now' } };

let gateway: GatewayHere;
let service: SubgraphService;
beforeAll(async () => {
  service = await subgraphService({
    sdl: AIRPORTS,
    resolvers: {
      // Slow enough for equal ones to be under way at once.
      Query: { spots: () => sleep(50, [SPOT]), audits: () => [{ at: 'now' }] },
      Mutation: { nameSpot: (_source: unknown, { name }: { name: string }) => ({ ...SPOT, name }) },
    },
  });
  gateway = await gatewayHere({
    config: {
      variants: {
        public: { include: ['public'], exclude: ['internal'] },
        staff: { include: [], exclude: ['internal'] },
      },
    },
  });
  expect(await gateway.publish([remoteFolder('spots', service.url, AIRPORTS)])).toMatchObject({
    __typename: 'Published',
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

async function asked(variant: string, query: string, init: RequestInit = {}): Promise<{ status: number; body: Tree }> {
  const response = await fetch(`${gateway.url}/variants/${variant}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    ...init,
  });
  return { status: response.status, body: await response.json() };
}

test('a variant answers what has its tags, and has no field that has not', async () => {
  const { body } = await asked('public', '{ spots { id name kind } }');
  expect(body).toMatchObject({ data: { spots: [{ id: '1', name: 'Alpha', kind: 'CIVIL' }] } });
  for (const hidden of [
    '{ spots { cost } }',
    '{ spots { audit { at } } }',
    '{ audits { at } }',
    '{ domains { id } }',
  ]) {
    const refused = await asked('public', hidden);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].message).toMatch(/^Cannot query field/);
  }
});

test('without tags to include, all that is not excluded is in it', async () => {
  const { body } = await asked('staff', '{ spots { id audit { at } } audits { at } domains { id } }');
  expect(body).toMatchObject({ data: { spots: [{ audit: { at: 'now' } }], domains: [{ id: 'elsewhere' }] } });
  expect((await asked('staff', '{ spots { cost } }')).status).toBe(400);
});

test('its introspection tells of nothing else', async () => {
  const { body } = await asked('public', getIntrospectionQuery());
  const schema = buildClientSchema(body.data as IntrospectionQuery);
  expect(Object.keys(schema.getQueryType()!.getFields())).toEqual(['spots']);
  expect(Object.keys(schema.getTypeMap())).not.toContain('Audit');
  expect(JSON.stringify(body)).not.toContain('MILITARY');
});

test('what is under way for the graph is not the answer of a variant, nor the other way round', async () => {
  const ask = async (part: string, at: number): Promise<Tree> => {
    const query = `{ ${part}${at}: spots { id } }`;
    return part === 'whole' ? gateway.ask(query) : (await asked('staff', query)).body;
  };
  // As many that one of the graph and one of the variant are the same in number.
  const numbers = Array.from({ length: 60 }, (_, at) => at);
  const parts = numbers.flatMap((at) => [
    { part: 'whole', at },
    { part: 'staff', at },
  ]);
  const answers = await Promise.all(parts.map(({ part, at }) => ask(part, at)));
  expect(answers.map(({ data }) => data)).toEqual(parts.map(({ part, at }) => ({ [`${part}${at}`]: [{ id: '1' }] })));
});

test('a mutation of it goes by POST alone', async () => {
  const { body } = await asked('public', 'mutation { nameSpot(id: 1, name: "Beta") { name } }');
  expect(body).toMatchObject({ data: { nameSpot: { name: 'Beta' } } });
  const query = encodeURIComponent('mutation { nameSpot(id: 1, name: "Beta") { name } }');
  const got = await fetch(`${gateway.url}/variants/public/graphql?query=${query}`, {
    headers: { 'apollo-require-preflight': '1' },
  });
  expect(got.status).toBe(405);
});

test('what is no operation is refused as elsewhere', async () => {
  expect((await asked('public', '{ spots {')).status).toBe(400);
  expect((await asked('public', '', { body: '{"query":3}' })).body.errors[0].extensions.code).toBe('BAD_INPUT');
  expect((await asked('public', 'x', { headers: { 'content-type': 'text/plain' } })).status).toBe(400);
  expect((await asked('nobody', '{ spots { id } }')).status).toBe(404);
  expect((await asked('__proto__', '{ spots { id } }')).status).toBe(404);
});

test('its supergraph is for any router: what is hidden is @inaccessible', async () => {
  const sdl = await (await fetch(`${gateway.url}/variants/public/supergraph.graphql`)).text();
  expect(() => parse(sdl)).not.toThrow();
  expect(sdl).toMatch(/cost: Int .*@inaccessible/);
  expect(sdl).toContain('https://specs.apollo.dev/inaccessible/v0.2');
});

test('a publish after which a variant would not hold together is refused, and one that changes it is served', async () => {
  const unmade = AIRPORTS.replace('kind: SpotKind', 'kind: SpotKind! @tag(name: "public")')
    .replace('spots(kind: SpotKind)', 'spots(kind: SpotKind! )')
    .replace('enum SpotKind { CIVIL MILITARY', 'enum SpotKind @tag(name: "internal") { CIVIL MILITARY');
  const outcome = await gateway.publish([remoteFolder('spots', service.url, unmade)]);
  expect(outcome).toMatchObject({ __typename: 'Rejected', code: 'DOES_NOT_COMPOSE' });
  expect((outcome.findings as Tree[]).map(({ code }) => code)).toContain('VARIANT_BROKEN');

  const more = AIRPORTS.replace('    kind: SpotKind\n', '    kind: SpotKind\n    city: String\n');
  expect(await gateway.publish([remoteFolder('spots', service.url, more)])).toMatchObject({ __typename: 'Published' });
  const { body } = await asked('public', '{ __type(name: "Spot") { fields { name } } }');
  expect(body.data.__type.fields).toContainEqual({ name: 'city' });
});

test.each([
  ['no YAML', 'public: [', /is no YAML/],
  ['a rule without tags', 'public: {}', /names no tags/],
  ['a word that is none of the two', 'public: { includes: [a] }', /public/],
  ['a name that no address can have', 'Public Part: { include: [a] }', /no name of a variant/],
  ['a tag that cannot be', 'public: { include: ["a b"] }', /no name that a tag can have/],
])('%s in the file is told at the start', (_name, text, told) => {
  const file = join(mkdtempSync(join(tmpdir(), 'weft-variants-')), 'variants.yaml');
  writeFileSync(file, text);
  expect(() => readVariants(file)).toThrow(told);
  expect(() => readVariants(`${file}.none`)).toThrow(/cannot be read/);
});
