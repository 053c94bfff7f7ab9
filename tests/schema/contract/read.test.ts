import { describe, expect, test } from '@jest/globals';
import type { ProductFile } from '../../../schema/contract/model.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { productOf, sketch, type Sketch } from './product-files.ts';

const KEY = '{ name: id, logicalType: integer, primaryKey: true }';

function found(files: readonly ProductFile[]): string[] {
  return readProduct(files, { folder: 'things' }).findings.map(
    ({ code, file, line }) => `${code} ${file ?? '-'}:${line ?? '-'}`,
  );
}
const edited = (path: string, from: string, to: string): ProductFile[] =>
  sketch({ id: 'shop/things' }).map((file) =>
    file.path === path ? { path, text: file.text.replace(from, to) } : file,
  );

test('a product is named by its documents, and by its folder where they name none', () => {
  expect(productOf({ id: 'shop/bird-strikes' })).toMatchObject({
    id: 'shop/bird-strikes',
    domain: 'shop',
    name: 'Bird strikes',
    kind: 'managed',
  });
  const titled = edited('product.odps.yaml', 'name: things\n', 'name: All Things\n');
  expect(readProduct(titled, { folder: 'things' }).product).toMatchObject({ id: 'shop/things', name: 'All Things' });
});

describe('what is wrong is found in its place', () => {
  test.each<[string, readonly ProductFile[], string[]]>([
    ['no product document', [], ['PRODUCT_MISSING -:-']],
    [
      'a domain that is none',
      edited('product.odps.yaml', 'domain: shop', 'domain: pg-shop'),
      ['PRODUCT_DOMAIN product.odps.yaml:4'],
    ],
    ['an old apiVersion', edited('out.odcs.yaml', 'v3.2.0', 'v2.2.2'), ['CONTRACT_API_VERSION out.odcs.yaml:1']],
    ['a newer apiVersion', edited('out.odcs.yaml', 'v3.2.0', 'v3.9.0'), ['CONTRACT_VALUE out.odcs.yaml:1']],
    [
      'a key that no standard knows',
      edited('out.odcs.yaml', 'status:', 'stauts:'),
      ['CONTRACT_UNKNOWN_KEY out.odcs.yaml:5'],
    ],
    ['a type that is misspelt', edited('out.odcs.yaml', 'integer', 'integr'), ['CONTRACT_VALUE out.odcs.yaml:10']],
    [
      'a version that is a number',
      edited('source.odcs.yaml', 'version: 1.0.0', 'version: 1.0'),
      ['CONTRACT_TYPE source.odcs.yaml:4'],
    ],
    [
      'no primary key',
      sketch({ id: 'shop/things', properties: ['{ name: id, logicalType: integer }'] }),
      ['KEY_MISSING out.odcs.yaml:7'],
    ],
    [
      'an object that Postgres would read its own catalog for',
      sketch({ id: 'shop/things', object: 'pgClass' }).map((file) => ({
        ...file,
        text: file.text.replace('name: pgClass', 'name: pg_class'),
      })),
      ['TABLE_RESERVED out.odcs.yaml:7'],
    ],
    [
      'a source of such a name',
      edited('source.odcs.yaml', 'name: rows', 'name: pg stats'),
      ['TABLE_RESERVED source.odcs.yaml:7'],
    ],
    [
      'a list as key',
      sketch({
        id: 'shop/things',
        properties: ['{ name: id, logicalType: array, items: { logicalType: string }, primaryKey: true }'],
      }),
      ['KEY_TYPE out.odcs.yaml:10'],
    ],
    [
      'two properties of one field',
      sketch({
        id: 'shop/things',
        properties: [KEY, '{ name: aB, logicalType: string }', '{ name: a_b, logicalType: string }'],
      }),
      ['NAME_TAKEN out.odcs.yaml:10', 'NAME_TAKEN out.odcs.yaml:10', 'NAME_TAKEN source.odcs.yaml:9'],
    ],
    [
      'a field that filters have',
      sketch({ id: 'shop/things', properties: [KEY, '{ name: or, logicalType: string }'] }),
      ['FIELD_RESERVED out.odcs.yaml:11'],
    ],
    [
      'a column that Postgres has',
      sketch({ id: 'shop/things', properties: [KEY, '{ name: xmin, logicalType: string }'] }),
      ['COLUMN_RESERVED out.odcs.yaml:11', 'COLUMN_RESERVED source.odcs.yaml:10'],
    ],
    ['a type of the catalog', sketch({ id: 'shop/things', object: 'runs' }), ['TYPE_RESERVED out.odcs.yaml:7']],
    [
      'an enum on a list',
      sketch({
        id: 'shop/things',
        properties: [KEY, '{ name: a, logicalType: array, items: { logicalType: string }, enum: [{ value: x }] }'],
      }),
      ['ENUM_IGNORED out.odcs.yaml:11'],
    ],
    [
      'an enum value twice',
      sketch({
        id: 'shop/things',
        properties: [KEY, '{ name: a, logicalType: string, enum: [{ value: x }, { value: x }] }'],
      }),
      ['ENUM_DUPLICATE out.odcs.yaml:11'],
    ],
    [
      'a column of nowhere',
      sketch({ id: 'shop/things', properties: [KEY, '{ name: a, logicalType: string, transformLogic: nowhere }'] }),
      ['TRANSFORM_COLUMN out.odcs.yaml:11'],
    ],
    [
      'a schedule that is none',
      sketch({
        id: 'shop/things',
        contract: 'slaProperties: [{ property: frequency, value: 1, unit: d, schedule: often }]',
      }),
      ['SLA_SCHEDULE out.odcs.yaml:11'],
    ],
    [
      'SQL of no object',
      [...sketch({ id: 'shop/things' }), { path: 'other.transform.sql', text: 'select 1' }],
      ['TRANSFORM_UNKNOWN other.transform.sql:-'],
    ],
    [
      'a contract of no port',
      [
        ...sketch({ id: 'shop/things' }),
        { path: 'b.odcs.yaml', text: 'apiVersion: v3.1.0\nkind: DataContract\nid: b\nversion: 1.0.0\n' },
      ],
      ['CONTRACT_UNUSED b.odcs.yaml:3'],
    ],
  ])('%s', (_, files, expected) => {
    expect(found(files)).toEqual(expected);
  });

  test('a misspelt word is answered with the one that was meant', () => {
    const { findings } = readProduct(
      edited('out.odcs.yaml', 'logicalType: integer, primaryKey', 'logicalType: integr, primaryKye'),
      { folder: 'things' },
    );
    expect(findings.map(({ message }) => message).join('\n')).toMatch(
      /Did you mean primaryKey\?[^]*Did you mean integer\?|Did you mean integer\?[^]*Did you mean primaryKey\?/,
    );
  });

  test('all faults of all files are found at once', () => {
    const files = [
      ...sketch({ id: 'shop/things', properties: ['{ name: a, logicalType: nope }'], version: '1' }),
      { path: 'broken.odcs.yaml', text: 'a: [' },
    ];
    expect(new Set(found(files).map((code) => code.split(' ')[1]?.split(':')[0]))).toEqual(
      new Set(['out.odcs.yaml', 'broken.odcs.yaml', 'product.odps.yaml']),
    );
  });
});

test('names of every object of JavaScript are ordinary names', () => {
  for (const object of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
    const product = productOf({
      id: 'shop/things',
      object,
      properties: [KEY, '{ name: constructor, logicalType: string }', '{ name: __proto__, logicalType: string }'],
    });
    expect(product.transforms[object]).toBeUndefined();
    expect(product.objects[0]?.properties.map(({ field }) => field)).toEqual(['id', 'constructor', 'proto']);
  }
});

test('enum members are named for their values, and names stay apart', () => {
  const property =
    "{ name: state, logicalType: string, enum: [{ value: on hold, description: Waits. }, { value: On-Hold }, { value: '+' }] }";
  expect(productOf({ id: 'shop/things', properties: [KEY, property] }).objects[0]?.properties[1]?.enum).toEqual({
    type: 'ThingState',
    members: [
      { value: 'on hold', name: 'ON_HOLD', description: 'Waits.' },
      { value: 'On-Hold', name: 'ON_HOLD_2', description: null },
      { value: '+', name: 'VALUE_3', description: null },
    ],
  });
});

test('quality rules are brought to one form', () => {
  const extra = `quality:
      - { metric: rowCount, mustBeBetween: [1, 5], severity: info }
      - { name: adds up, type: sql, query: select 1, mustBe: 1, unit: '%' }
      - { type: text, description: Looks right. }
      - { rule: duplicateCount, mustBe: 0, arguments: { properties: [id] } }
      - { type: custom, engine: soda, implementation: { checks: 1 } }`;
  const rules = productOf({
    id: 'shop/things',
    extra,
    properties: [
      '{ name: id, logicalType: integer, primaryKey: true, quality: [{ metric: nullValues, mustBe: 0 }, { metric: nullValues, mustBeLessThan: 5, unit: percent }] }',
    ],
  }).objects[0]?.quality;
  expect(
    rules?.map(({ id, type, metric, unit, severity, expectation }) => [
      id,
      type,
      metric,
      unit,
      severity,
      expectation?.operator ?? null,
    ]),
  ).toEqual([
    ['things.id.nullValues', 'library', 'nullValues', 'rows', 'error', 'mustBe'],
    ['things.id.nullValues.2', 'library', 'nullValues', 'percent', 'error', 'mustBeLessThan'],
    ['things.rowCount', 'library', 'rowCount', 'rows', 'warning', 'mustBeBetween'],
    ['adds up', 'sql', null, 'percent', 'error', 'mustBe'],
    ['things.text', 'text', null, 'rows', 'error', null],
    ['things.duplicateValues', 'library', 'duplicateValues', 'rows', 'error', 'mustBe'],
    ['things.custom', 'custom', null, 'rows', 'error', null],
  ]);
});

test('measures and dimensions are no columns', () => {
  const [object] = productOf({
    id: 'shop/things',
    properties: [
      KEY,
      '{ name: price, logicalType: number }',
      '{ name: total, semanticType: measure, logicalType: number, transformLogic: sum(price) }',
    ],
  }).objects;
  expect(object?.properties.map(({ name }) => name)).toEqual(['id', 'price']);
  expect(object?.measures).toMatchObject([
    { name: 'total', field: 'total', expression: 'sum(price)', scalar: 'Float', pgType: 'double precision' },
  ]);
});

describe('the data digest', () => {
  const digest = (change: Partial<Sketch>): string =>
    productOf({ id: 'shop/things', properties: [KEY, '{ name: a, logicalType: string }'], ...change }).dataDigest;
  const base = digest({});
  test.each<[string, Partial<Sketch>]>([
    ['another type', { properties: [KEY, '{ name: a, logicalType: integer }'] }],
    ['a required column', { properties: [KEY, '{ name: a, logicalType: string, required: true }'] }],
    ['one column more', { properties: [KEY, '{ name: a, logicalType: string }', '{ name: b, logicalType: string }'] }],
    ['a transformation', { transform: 'select 1 as id' }],
    ['another input', { reads: ['shop/other/out'] }],
  ])('differs by %s', (_, change) => {
    expect(digest(change)).not.toBe(base);
  });
  test.each<[string, Partial<Sketch>]>([
    ['a description', { properties: [KEY, '{ name: a, logicalType: string, description: The a. }'] }],
    ['a quality rule', { extra: 'quality: [{ metric: rowCount, mustBeGreaterThan: 0 }]' }],
    ['a promise', { contract: 'slaProperties: [{ property: freshness, value: 1, unit: d }]' }],
  ])('is the same with %s more', (_, change) => {
    expect(digest(change)).toBe(base);
  });
});

describe('a remote product', () => {
  const remote = (sdl: string | null, location = 'http://127.0.0.1:4101/graphql'): ProductFile[] => [
    {
      path: 'product.odps.yaml',
      text: 'apiVersion: v1.0.0\nkind: DataProduct\nid: geo/things\ndomain: geo\nname: things\nversion: 1.0.0\nstatus: active\noutputPorts: [{ name: g, version: 1.0.0, type: graphql, contractId: geo/things/out }]\n',
    },
    {
      path: 'out.odcs.yaml',
      text: `apiVersion: v3.2.0\nkind: DataContract\nid: geo/things/out\nversion: 1.0.0\nservers: [{ server: s, type: api, location: '${location}' }]\nschema:\n  - name: places\n    properties: [{ name: code, logicalType: string, primaryKey: true }]\n`,
    },
    ...(sdl === null ? [] : [{ path: 'schema.graphql', text: sdl }]),
  ];
  test('is its SDL and its address', () => {
    const { product, findings } = readProduct(remote('type Place @key(fields: "code") { code: ID! }'), {
      folder: 'things',
    });
    expect(findings).toEqual([]);
    expect(product).toMatchObject({ kind: 'remote', remote: { url: 'http://127.0.0.1:4101/graphql' } });
    expect(product?.objects[0]).toMatchObject({ type: 'Place', key: [{ field: 'code', scalar: 'ID' }] });
  });
  test.each([
    ['no SDL', remote(null), ['SDL_MISSING product.odps.yaml:-']],
    ['SDL that does not parse', remote('type Place {'), ['SDL_SYNTAX schema.graphql:1']],
    ['SDL that nests without end', remote(`type Place { a: ${'['.repeat(50_000)} }`), ['SDL_SYNTAX schema.graphql:1']],
    ['a key in braces', remote('type Place @key(fields: "{ code }") { code: ID! }'), ['SDL_SYNTAX schema.graphql:-']],
    [
      'a key that nests without end',
      remote(`type Place @key(fields: "${'a {'.repeat(40)} code ${'}'.repeat(40)}") { code: ID! a: Place }`),
      ['SDL_SYNTAX schema.graphql:-'],
    ],
    ['SDL without the type', remote('type Other { a: ID }'), ['REMOTE_TYPE out.odcs.yaml:-']],
    ['SDL without the key', remote('type Place { code: ID! }'), ['REMOTE_KEY out.odcs.yaml:-']],
    [
      'an address that is none',
      remote('type Place @key(fields: "code") { code: ID! }', 'file:///etc/passwd'),
      ['REMOTE_URL product.odps.yaml:-'],
    ],
  ])('with %s is told so', (_, files, expected) => {
    expect(found(files)).toEqual(expected);
  });
});
