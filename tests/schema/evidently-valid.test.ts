import { buildSchema, type DocumentNode, parse, validate } from 'graphql';
import { evidentlyValid } from '../../schema/evidently-valid.ts';
import { propertyConfig } from '../properties/config.ts';

const SCHEMA = buildSchema(`
  type Query {
    one(id: ID!): Airport
    airports(where: Where, orderBy: [Order!], first: Int = 50, after: String): [Airport!]!
    nodes: [Node!]
    any(of: Kind = PLANE, either: Either, deep: [[Int!]], rate: Float, any: Anything): Any
  }
  type Mutation { name(id: ID!, to: String!): Airport }
  type Subscription { named: Airport }
  interface Node { id: ID! name: String }
  type Airport implements Node { id: ID! name: String size(unit: Unit! = FEET): Int near(first: Int!): [Airport!] kind: Kind }
  type Plane implements Node { id: ID! name: String! size: String }
  union Any = Airport | Plane
  scalar Anything
  enum Kind { PLANE AIRPORT }
  enum Unit { FEET METRES }
  input Where { and: [Where!] id: ID name: String! = "x" kind: Kind must: Int! }
  input Order { name: Unit size: Unit }
  input Either @oneOf { id: ID name: String }
`);

/** Operations that are valid, most of them evidently. */
const OPERATIONS = [
  'query One($id: ID!) { one(id: $id) { id name __typename near(first: 3) { id near(first: 1) { name } } } }',
  'query Page($where: Where, $n: Int = 3, $by: [Order!]) { airports(where: $where, first: $n, orderBy: $by) { id size(unit: METRES) } }',
  'query ($id: ID, $kind: Kind, $yes: Boolean!) { airports(where: { and: [{ id: $id, must: 1 }], kind: $kind, must: 3 }, orderBy: { name: FEET }) { id @include(if: $yes) name @skip(if: false) } }',
  '{ nodes { id ...A ... on Plane { size } ... @include(if: true) { name } } } fragment A on Airport { kind near(first: 2) { ...B } } fragment B on Node { id name }',
  '{ any(of: AIRPORT, deep: [[1, 2], [3]], rate: 1) { __typename ... on Airport { feet: size } ... on Plane { size } } }',
  '{ any(either: { id: 1 }, deep: 3, any: { a: [1, "x"] }) { ... on Node { id } } a: any(rate: 1.5, any: "x") { ... on Plane { id } } }',
  'query ($n: Int! = 3, $deep: [[Int!]]) { any(deep: $deep) { ... on Airport { near(first: $n) { id } } } b: any(deep: [[$n]]) { __typename } }',
  'mutation ($to: String!) { name(id: 3, to: $to) { id name } again: name(id: "4", to: "x") { id } }',
  'query A { nodes { name } } query B { nodes { id } }',
  'subscription { named { id } }',
  '{ __schema { queryType { name } } one(id: 1) { id id name name } }',
  'query ($s: String = "a", $o: Order) { airports(after: $s, orderBy: [$o, { size: METRES }]) { id } }',
];

const TOKEN = /\.\.\.|"[^"]*"|\$?\w+(\.\w+)?|[^\s\w]/g;
const VOCABULARY = [...new Set(OPERATIONS.flatMap((text) => text.match(TOKEN)!)), 'null', '"x"', '-1', '3000000000'];

/** A generator of numbers below a bound, the same for the same seed (Park and Miller). */
function drawing(seed: number): (below: number) => number {
  let state = 1 + (seed % 2_147_483_646);
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** An operation of which a few tokens were taken away, doubled, moved or replaced. */
function mutated(draw: (below: number) => number): string {
  const tokens = [...OPERATIONS[draw(OPERATIONS.length)]!.match(TOKEN)!];
  for (let times = draw(4); times > 0; times -= 1) {
    const [at, from, length] = [draw(tokens.length), draw(tokens.length), draw(6)];
    const change = draw(5);
    if (change === 0) tokens.splice(at, 1 + draw(2));
    else if (change === 1) tokens.splice(at, 0, ...tokens.slice(from, from + length));
    else if (change === 2) tokens.splice(at, 0, VOCABULARY[draw(VOCABULARY.length)]!);
    else tokens[at] = VOCABULARY[draw(VOCABULARY.length)]!;
  }
  return tokens.join(' ');
}

function parsed(text: string): DocumentNode | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

const { cases, seed } = propertyConfig();

test(`what is evidently valid is valid by every rule of graphql-js (WEFT_PROPERTY_SEED=${seed})`, () => {
  const draw = drawing(seed);
  const counts = { evident: 0, valid: 0, wrong: 0 };
  for (let index = 0; index < cases; index += 1) {
    const text = mutated(draw);
    const document = parsed(text);
    if (document === null) continue;
    const evident = evidentlyValid(SCHEMA, document);
    const errors = validate(SCHEMA, document);
    if (evident && errors.length > 0) throw new Error(`${text}\n${errors.map(String).join('\n')}`);
    counts.evident += Number(evident);
    counts[errors.length === 0 ? 'valid' : 'wrong'] += 1;
  }
  // The test says nothing where hardly anything is evident, or hardly anything wrong.
  expect(counts.evident).toBeGreaterThan(counts.valid / 2);
  expect(counts.wrong).toBeGreaterThan(cases / 20);
});

test.each([
  ['evident: a lookup by variable', OPERATIONS[0]!, true],
  ['evident: filters, orders and defaults', OPERATIONS[1]!, true],
  ['evident: conditions and variables within input objects', OPERATIONS[2]!, true],
  ['evident: fragments on interfaces and objects', OPERATIONS[3]!, true],
  ['evident: a mutation', OPERATIONS[7]!, true],
  ['evident: the same plain field twice', '{ one(id: 1) { id ... on Node { name } id } }', true],
  ['not evident: two operations', OPERATIONS[8]!, false],
  ['not evident: a subscription', OPERATIONS[9]!, false],
  ['not evident: introspection', OPERATIONS[10]!, false],
  ['not evident: an input object of which one field is given', OPERATIONS[5]!, false],
  [
    'not evident: fields that are to be merged',
    '{ one(id: 1) { near(first: 1) { id } near(first: 1) { name } } }',
    false,
  ],
])('%s', (_name, text, evident) => {
  const document = parse(text);
  expect(validate(SCHEMA, document)).toEqual([]);
  expect(evidentlyValid(SCHEMA, document)).toBe(evident);
});

test('fragments that spread one another many times over end the walk', () => {
  const levels = Array.from({ length: 40 }, (_, at) => `fragment F${at} on Airport { id ...F${at + 1} ...F${at + 1} }`);
  const document = parse(`{ one(id: 1) { ...F0 } } ${levels.join(' ')} fragment F40 on Airport { name }`);
  expect(evidentlyValid(SCHEMA, document)).toBe(false);
});
