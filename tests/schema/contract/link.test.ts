import { describe, expect, test } from '@jest/globals';
import { linkMesh } from '../../../schema/contract/link.ts';
import { type DirectiveNode, Kind, parse, type StringValueNode, visit } from 'graphql';
import { compose } from '../../../schema/composition/compose.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { createTable, tableConstraints, tableIndexes } from '../../../schema/contract/tables.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { type DomainId, sqlName } from '../../../schema/ids.ts';
import { meshOf, productOf, sketch, type Sketch } from './product-files.ts';

const airports: Sketch = {
  id: 'network/airports',
  properties: ['{ name: iata, logicalType: string, primaryKey: true }', '{ name: name, logicalType: string }'],
};
const flightsTo = (to: string, more = ''): Sketch => ({
  id: 'operations/flights',
  properties: [
    '{ name: id, logicalType: integer, primaryKey: true }',
    `{ name: originIata, logicalType: string, required: true, relationships: [{ to: '${to}'${more} }] }`,
  ],
});
const found = (...wanted: readonly Sketch[]): string[] =>
  linkMesh(wanted.map(productOf)).findings.map(({ code, severity }) => `${severity} ${code}`);
const edges = (...wanted: readonly Sketch[]): string[] =>
  [...linkMesh(wanted.map(productOf)).mesh.domains.values()]
    .flatMap(({ references }) => references)
    .map(({ from, field, to, reverseField }) => `${from.type}.${field} -> ${to.type}.${reverseField}`);

describe('a relationship finds its target', () => {
  test.each([
    ['by the only object of its name', 'airports.iata', ''],
    [
      'by the product that is named',
      'airports.iata',
      ', customProperties: [{ property: product, value: network/airports }]',
    ],
    ['by the full form', 'network/airports/out.odcs.yaml#/schema/airports/properties/iata', ''],
    ['by the file alone', 'out.odcs.yaml#/schema/airports/properties/iata', ''],
  ])('%s', (_, to, more) => {
    expect(edges(airports, flightsTo(to, more))).toEqual(['Flight.origin -> Airport.flightsByOrigin']);
  });

  test.each([
    ['nothing of that name', [flightsTo('airports.iata')], 'error RELATIONSHIP_DANGLING'],
    ['not the key', [airports, flightsTo('airports.name')], 'error RELATIONSHIP_NOT_KEY'],
    [
      'a product without it',
      [airports, flightsTo('airports.iata', ', customProperties: [{ property: product, value: network/other }]')],
      'error RELATIONSHIP_DANGLING',
    ],
    [
      'a key of another type',
      [
        { ...airports, properties: ['{ name: iata, logicalType: integer, primaryKey: true }'] },
        flightsTo('airports.iata'),
      ],
      'error RELATIONSHIP_TYPE',
    ],
    [
      'a field that is taken',
      [
        airports,
        {
          ...flightsTo('airports.iata'),
          properties: [...(flightsTo('airports.iata').properties ?? []), '{ name: origin, logicalType: string }'],
        },
      ],
      'error REFERENCE_NAME',
    ],
    [
      'a field that is a word of filters',
      [
        {
          id: 'network/airports',
          properties: [
            '{ name: iata, logicalType: string, primaryKey: true }',
            "{ name: notIata, logicalType: string, relationships: [{ to: 'airports.iata' }] }",
          ],
        },
      ],
      'error REFERENCE_NAME',
    ],
    [
      'a field that is taken, beside the reverse connection',
      [
        {
          ...airports,
          properties: [...(airports.properties ?? []), '{ name: flightAggregateByOrigin, logicalType: string }'],
        },
        flightsTo('airports.iata'),
      ],
      'error REFERENCE_NAME',
    ],
  ])('%s is refused', (_, sketches, code) => {
    expect(found(...sketches)).toEqual([code]);
  });

  test('reading only warns of a target that is not there', () => {
    const { findings } = linkMesh([productOf(flightsTo('airports.iata'))], { dangling: 'warning' });
    expect(findings).toMatchObject([
      {
        code: 'RELATIONSHIP_DANGLING',
        severity: 'warning',
        file: 'out.odcs.yaml',
        path: 'schema[0].properties[1].relationships[0]',
      },
    ]);
  });

  test('the nearest of two objects is meant: first those of the contract, then of the domain', () => {
    const twin: Sketch = {
      ...airports,
      id: 'operations/airports',
      extra: 'customProperties: [{ property: graphqlName, value: Airfield }]',
    };
    const { mesh } = linkMesh([airports, twin, flightsTo('airports.iata')].map(productOf));
    expect(mesh.domains.get(productOf(twin).domain)?.references.map(({ toProduct }) => toProduct)).toEqual([
      'operations/airports',
    ]);
  });

  test('two objects elsewhere are ambiguous', () => {
    const twin: Sketch = {
      ...airports,
      id: 'harbors/airports',
      extra: 'customProperties: [{ property: graphqlName, value: Airfield }]',
    };
    expect(found(airports, twin, flightsTo('airports.iata'))).toEqual(['error RELATIONSHIP_AMBIGUOUS']);
  });

  test('a composite key is met by a relationship of the object', () => {
    const lines: Sketch = {
      id: 'shop/lines',
      properties: [
        '{ name: orderId, logicalType: integer, primaryKey: true, primaryKeyPosition: 2 }',
        '{ name: shop, logicalType: string, primaryKey: true, primaryKeyPosition: 1 }',
      ],
    };
    const parcels: Sketch = {
      id: 'shop/parcels',
      properties: [
        '{ name: id, logicalType: integer, primaryKey: true }',
        '{ name: ord, logicalType: integer }',
        '{ name: store, logicalType: string }',
      ],
      extra: 'relationships: [{ from: [parcels.ord, parcels.store], to: [lines.orderId, lines.shop] }]',
    };
    const reference = linkMesh([lines, parcels].map(productOf)).mesh.domains.get(productOf(lines).domain)
      ?.references[0];
    expect(reference?.columns.map(({ from, to }) => `${from.name}=${to.name}`)).toEqual(['store=shop', 'ord=orderId']);
    expect([reference?.field, reference?.reverseField]).toEqual(['line', 'parcels']);
  });
});

describe('inputs', () => {
  const reads = (id: string, ...ids: string[]): Sketch => ({ id, reads: ids.map((other) => `${other}/out`) });
  test.each([
    ['of nothing', [reads('a/one', 'a/two')], ['error INPUT_DANGLING']],
    ['in a circle', [reads('a/one', 'a/two'), reads('a/two', 'a/one')], ['error INPUT_CYCLE']],
    [
      'of another major version',
      [reads('a/one', 'a/two'), { id: 'a/two', version: '2.0.0' }],
      ['warning INPUT_VERSION'],
    ],
    [
      'of two objects of one name',
      [
        reads('a/one', 'a/two', 'b/two'),
        { id: 'a/two' },
        { id: 'b/two', extra: 'customProperties: [{ property: graphqlName, value: Second }]' },
      ],
      ['error INPUT_NAME'],
    ],
  ])('%s are told', (_, sketches, expected) => {
    expect(found(...sketches)).toEqual(expected);
  });
  test('give the objects that SQL sees', () => {
    const { mesh } = linkMesh([reads('a/one', 'a/two'), { id: 'a/two' }].map(productOf));
    expect(mesh.inputs.get(productOf({ id: 'a/one' }).id)).toMatchObject([
      { port: 'in0', product: 'a/two', objects: [{ name: 'two' }] },
    ]);
  });
});

test('types and root fields are unique in the mesh', () => {
  expect(found({ id: 'a/flights' }, { id: 'b/flights' })).toEqual(['error TYPE_TAKEN']);
  expect(found({ id: 'a/flights' }, { id: 'b/flight_aggregates'.replace('_', '-') })).toEqual(['error TYPE_TAKEN']);
  const id = '{ name: id, logicalType: integer, primaryKey: true }';
  const ofEnum = (name: string): string => `{ name: ${name}, logicalType: string, enum: [{ value: a }] }`;
  expect(found({ id: 'a/flights', properties: [id, ofEnum('whereList')] })).toEqual(['error TYPE_TAKEN']);
  expect(found({ id: 'a/flights', properties: [id, ofEnum('phase')] })).toEqual([]);
  expect(found({ id: 'a/weather' }, { id: 'b/weather-lists' })).toEqual(['error FIELD_TAKEN']);
});

test('two products cannot have one contract id', () => {
  const [one, two] = [productOf({ id: 'a/one' }), productOf({ id: 'b/two' })];
  const contracts = one.documents.contracts;
  expect(
    linkMesh([one, { ...two, documents: { ...two.documents, contracts } }]).findings.map(({ code }) => code),
  ).toContain('CONTRACT_ID_TAKEN');
});

test('the mesh does not depend on the order of its products', () => {
  const products = [airports, flightsTo('airports.iata'), { id: 'a/one', reads: ['operations/flights/out'] }].map(
    productOf,
  );
  expect(linkMesh(products)).toEqual(linkMesh(products.toReversed()));
});

describe('the SDL', () => {
  const strikes: Sketch = {
    id: 'safety/bird-strikes',
    properties: [
      '{ name: day, logicalType: date, primaryKey: true, primaryKeyPosition: 1 }',
      '{ name: row, logicalType: integer, primaryKey: true, primaryKeyPosition: 2 }',
      '{ name: airport_iata, logicalType: string, relationships: [{ to: airports.iata }] }',
      '{ name: cost, logicalType: number, physicalType: \'decimal(18,2)\', description: "In \\u001b[31mdollars \\"\\"\\" <script>", deprecated: true }',
      '{ name: size, logicalType: string, enum: [{ value: very large }, { value: small, description: A wren. }] }',
      '{ name: tags, logicalType: array, items: { logicalType: string } }',
      '{ name: raw, logicalType: object }',
    ],
  };
  const cyclic: Sketch = {
    ...airports,
    properties: [
      ...(airports.properties ?? []),
      '{ name: busiestFlightId, logicalType: integer, relationships: [{ to: flights.id }] }',
      '{ name: hubIata, logicalType: string, relationships: [{ to: airports.iata }] }',
    ],
  };
  const mesh = meshOf(cyclic, flightsTo('airports.iata'), strikes);
  const subgraphs = [...mesh.domains.values()].map((model) => ({
    name: model.domain,
    url: `http://${model.domain}.example`,
    sdl: subgraphSdl(model),
  }));

  test.each(subgraphs.map(({ name, sdl }) => [name, sdl]))('of %s is as it was', (_, sdl) => {
    expect(sdl).toMatchSnapshot();
  });

  test('of domains that refer to one another, and to themselves, composes', () => {
    const composition = compose(subgraphs);
    expect(composition).toMatchObject({ composes: true, hints: [] });
  });

  test('of a remote target has the key as the remote service has it', () => {
    const remote = {
      ...productOf(airports),
      kind: 'remote' as const,
      remote: { url: 'http://x', sdl: 'type Airport @key(fields: "iata") { iata: ID! }' },
    };
    const { mesh: mixed, findings } = linkMesh([remote, productOf(flightsTo('airports.iata'))]);
    expect(findings).toEqual([]);
    const model = mixed.domains.get(productOf(flightsTo('airports.iata')).domain)!;
    const sdl = subgraphSdl(model);
    expect(sdl).toContain(
      'type Airport @key(fields: "iata") {\n  iata: ID!\n  """The flights whose `origin` this is."""\n  flightsByOrigin(',
    );
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
    expect(
      compose([
        { name: 'operations', url: 'http://a', sdl },
        { name: 'network', url: 'http://b', sdl: link + remote.remote.sdl },
      ]),
    ).toMatchObject({ composes: true });
  });
});

describe('what is unique and required is a further key', () => {
  const id = 'name: id, logicalType: integer, primaryKey: true, unique: true';
  test.each<[string, string, string]>([
    [id, 'name: code, logicalType: string, required: true, unique: true', '@key(fields: "id") @key(fields: "code") {'],
    [id, 'name: code, logicalType: string, unique: true', '@key(fields: "id") {'],
    [id, 'name: code, logicalType: string, required: true', '@key(fields: "id") {'],
    [id, 'name: code, logicalType: object, required: true, unique: true', '@key(fields: "id") {'],
    [
      'name: id, logicalType: integer, primaryKey: true',
      'name: code, logicalType: string, primaryKey: true, unique: true',
      '@key(fields: "id code") @key(fields: "code") {',
    ],
  ])('%s; %s', (first, second, keys) => {
    const mesh = meshOf({ id: 'a/things', properties: [`{ ${first} }`, `{ ${second} }`] });
    expect(subgraphSdl([...mesh.domains.values()][0]!)).toContain(`type Thing ${keys}`);
  });
});

describe('tags', () => {
  const tags = (sdl: string): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    const note = (name: string, directives: readonly DirectiveNode[] = []): void => {
      const names = directives.flatMap((node) => (node.name.value === 'tag' ? node.arguments! : []));
      found.set(
        name,
        names.map(({ value }) => (value as StringValueNode).value),
      );
    };
    let owner = '';
    visit(parse(sdl), {
      enter: (node) => {
        if (!('name' in node && 'directives' in node)) return undefined;
        if (node.kind.endsWith('TypeDefinition')) owner = node.name.value;
        note(owner === node.name.value ? owner : `${owner}.${node.name.value}`, node.directives);
        return node.kind === Kind.FIELD_DEFINITION ? false : undefined;
      },
    });
    return found;
  };
  const birds: Sketch = {
    id: 'wild/birds',
    extra: 'tags: [nature]',
    properties: [
      '{ name: id, logicalType: integer, primaryKey: true }',
      "{ name: nest, logicalType: integer, tags: [secret, secret], relationships: [{ to: 'nests.id' }], customProperties: [{ property: graphqlName, value: nestId }] }",
      '{ name: mood, logicalType: string, tags: [inner/life-1], enum: [{ value: calm }] }',
    ],
  };
  const nests: Sketch = { id: 'trees/nests', extra: 'tags: [home]' };
  const mesh = meshOf(birds, nests);
  const [wild, trees] = ['wild', 'trees'].map((domain) => subgraphSdl(mesh.domains.get(domain as DomainId)!));

  test('of a property are of all that is made of it', () => {
    const found = [...tags(wild!)];
    const of = (pattern: RegExp): string[][] => found.filter(([name]) => pattern.test(name)).map(([, tag]) => tag);
    const moods = of(/\.mood$/);
    expect(moods.length).toBeGreaterThan(6);
    for (const names of moods) expect(names).toEqual(['inner/life-1']);
    expect(of(/^BirdMood(Filter)?$/)).toEqual([['inner/life-1'], ['inner/life-1']]);
    expect(of(/\.nestId$/).every((names) => names.join() === 'secret')).toBe(true);
    expect(of(/\.nest$|\.bird(s|Aggregate)$/)).toContainEqual(['secret', 'home']);
  });

  test('of an object are of all its types, and of what leads to them', () => {
    const found = tags(wild!);
    const types = [...found].filter(([name]) => /^Bird(?!Mood)[A-Za-z]*$/.test(name));
    expect(types.length).toBeGreaterThan(10);
    for (const [name, names] of types) expect([name, names]).toEqual([name, ['nature']]);
    for (const field of ['Query.bird', 'Query.birds', 'Query.birdAggregate'])
      expect([field, found.get(field)]).toEqual([field, ['nature']]);
    expect(found.get('Nest.birds')).toEqual(['secret', 'nature']);
    expect(found.get('Nest.birdAggregate')).toEqual(['secret', 'nature']);
    expect(tags(trees!).get('Nest.id')).toEqual([]);
  });

  test('stand in the supergraph', () => {
    const composed = compose([
      { name: 'wild', url: 'http://wild', sdl: wild! },
      { name: 'trees', url: 'http://trees', sdl: trees! },
    ]);
    if (!composed.composes) throw new Error(JSON.stringify(composed.errors));
    const found = tags(composed.sdl);
    for (const [name, names] of [...tags(wild!), ...tags(trees!)])
      expect([name, found.get(name)]).toEqual([name, expect.arrayContaining(names)]);
  });

  test('that the graph cannot have are told of, and left out', () => {
    const { product, findings } = readProduct(
      sketch({ ...birds, extra: `tags: ['two words', 'ok_1', 'naïve', '${'x'.repeat(129)}', '"']` }),
      { folder: 'birds' },
    );
    expect(product!.objects[0]!.tags).toEqual(['ok_1']);
    expect(findings.map(({ code, severity, path }) => [code, severity, path])).toEqual(
      [0, 2, 3, 4].map((index) => ['TAG_NAME', 'warning', `schema[0].tags[${index}]`]),
    );
  });
});

test('a table is made bare, and its constraints come after the rows', () => {
  const [object] = productOf({
    ...flightsTo('airports.iata'),
    properties: [
      ...(flightsTo('airports.iata').properties ?? []),
      '{ name: tailNumber, logicalType: string, unique: true }',
      "{ name: prices, logicalType: array, items: { logicalType: number, physicalType: 'numeric(9,2)' } }",
    ],
  }).objects;
  const at = {
    schema: sqlName('operations'),
    table: sqlName('flights__42').replace('_42', '__42') as ReturnType<typeof sqlName>,
  };
  expect(createTable(object!, at)).toBe(`create table "operations"."flights__42" (
  "id" integer,
  "origin_iata" text,
  "tail_number" text,
  "prices" numeric(9,2)[]
)`);
  expect(tableConstraints(object!, at)).toEqual([
    'alter table "operations"."flights__42" alter column "id" set not null, alter column "origin_iata" set not null',
    'alter table "operations"."flights__42" add constraint "flights__42__key" primary key ("id")',
    'alter table "operations"."flights__42" add constraint "flights__42__tail_number__unique" unique ("tail_number")',
  ]);
  expect(tableIndexes(object!, at)).toEqual([
    'create index if not exists "flights__42__origin_iata" on "operations"."flights__42" ("origin_iata")',
  ]);
});
