import { expect, test } from '@jest/globals';
import { subgraphChanges } from '../../../../schema/contract/changes/subgraph-changes.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag", "@inaccessible", "@requiresScopes", "@authenticated", "@external", "@override"])
type Query { order(id: ID!): Order  orders(first: Int = 50, state: State, where: OrderWhere): [Order!]!  search(text: String!): [Found!]!  node(id: ID!): Node }
type Mutation { cancel(input: Cancel!): Order }
interface Node { id: ID! }
type Order implements Node @key(fields: "id") { id: ID!  total: Float!  note: String  lines: [Line!]  state: State  risk: Risk  owner: Customer }
type Line { sku: String }
type Gift { sku: String }
type Customer @key(fields: "email", resolvable: false) { email: ID! }
union Found = Order | Line
enum State { OPEN SHIPPED }
enum Risk { LOW HIGH }
enum Sort { UP DOWN }
input OrderWhere { state: State  sort: Sort  text: String  least: Int = 0 }
input Cancel { id: ID!  reason: String }
directive @cached on QUERY
`;

interface Row {
  readonly what: string;
  readonly edit: readonly [from: string, to: string];
  /** `CODE | weight | bump | coordinates` */
  readonly found: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    what: 'a field removed',
    edit: ['  note: String', ''],
    found: ['FIELD_REMOVED | breaking | major | Order.note'],
  },
  {
    what: 'a field added',
    edit: ['  note: String', '  note: String  gift: Boolean'],
    found: ['FIELD_ADDED | safe | minor | Order.gift'],
  },
  {
    what: 'an answer that may be null now',
    edit: ['total: Float!', 'total: Float'],
    found: ['FIELD_NULLABLE | breaking | major | Order.total'],
  },
  {
    what: 'an answer that is never null now',
    edit: ['note: String', 'note: String!'],
    found: ['FIELD_NON_NULL | safe | minor | Order.note'],
  },
  {
    what: 'items that may be null now',
    edit: ['[Order!]!  search', '[Order]!  search'],
    found: ['FIELD_NULLABLE | breaking | major | Query.orders'],
  },
  {
    what: 'a list that is never null now',
    edit: ['lines: [Line!]', 'lines: [Line!]!'],
    found: ['FIELD_NON_NULL | safe | minor | Order.lines'],
  },
  {
    what: 'an answer of another type',
    edit: ['total: Float!', 'total: Int!'],
    found: ['FIELD_TYPE_CHANGED | breaking | major | Order.total'],
  },
  {
    what: 'an answer that is a list now',
    edit: ['note: String', 'note: [String]'],
    found: ['FIELD_TYPE_CHANGED | breaking | major | Order.note'],
  },
  {
    what: 'an answer narrowed to one type of an interface',
    edit: ['node(id: ID!): Node', 'node(id: ID!): Order'],
    found: ['FIELD_TYPE_NARROWED | risky | minor | Query.node'],
  },
  {
    what: 'an answer widened to an interface',
    edit: ['order(id: ID!): Order', 'order(id: ID!): Node'],
    found: ['FIELD_TYPE_CHANGED | breaking | major | Query.order'],
  },
  {
    what: 'an optional argument added',
    edit: ['order(id: ID!)', 'order(id: ID!, at: String)'],
    found: ['ARGUMENT_ADDED | safe | minor | Query.order(at:)'],
  },
  {
    what: 'a required argument added',
    edit: ['order(id: ID!)', 'order(id: ID!, at: String!)'],
    found: ['ARGUMENT_ADDED_REQUIRED | breaking | major | Query.order Query.order(at:)'],
  },
  {
    what: 'a required argument with a default added',
    edit: ['order(id: ID!)', 'order(id: ID!, at: String! = "now")'],
    found: ['ARGUMENT_ADDED | safe | minor | Query.order(at:)'],
  },
  {
    what: 'an argument removed',
    edit: [', state: State, where', ', where'],
    found: ['ARGUMENT_REMOVED | breaking | major | Query.orders(state:)'],
  },
  {
    what: 'an argument that must be given now',
    edit: ['state: State, where', 'state: State!, where'],
    found: ['ARGUMENT_REQUIRED | breaking | major | Query.orders Query.orders(state:)'],
  },
  {
    what: 'an argument that may be left out now',
    edit: ['search(text: String!)', 'search(text: String)'],
    found: ['ARGUMENT_OPTIONAL | safe | minor | Query.search(text:)'],
  },
  {
    what: 'an argument of another type',
    edit: ['search(text: String!)', 'search(text: ID!)'],
    found: ['ARGUMENT_TYPE_CHANGED | breaking | major | Query.search(text:)'],
  },
  {
    what: 'a smaller page where none is asked for',
    edit: ['first: Int = 50', 'first: Int = 20'],
    found: ['ARGUMENT_DEFAULT_CHANGED | risky | minor | Query.orders Query.orders(first:)'],
  },
  {
    what: 'no page size where none is asked for',
    edit: ['first: Int = 50', 'first: Int'],
    found: ['ARGUMENT_DEFAULT_CHANGED | risky | minor | Query.orders Query.orders(first:)'],
  },
  {
    what: 'an argument with a default that may not be null now',
    edit: ['first: Int = 50', 'first: Int! = 50'],
    found: ['ARGUMENT_NON_NULL | breaking | major | Query.orders(first:)'],
  },
  {
    what: 'an enum value added that answers have',
    edit: ['LOW HIGH', 'LOW HIGH UNKNOWN'],
    found: ['ENUM_VALUE_ADDED | risky | minor | Order.risk Risk.UNKNOWN'],
  },
  {
    what: 'an enum value added that is only asked with',
    edit: ['UP DOWN', 'UP DOWN RANDOM'],
    found: ['ENUM_VALUE_ACCEPTED | safe | minor | Sort.RANDOM'],
  },
  {
    what: 'an enum value added of both',
    edit: ['OPEN SHIPPED', 'OPEN SHIPPED LOST'],
    found: ['ENUM_VALUE_ADDED | risky | minor | Order.state State.LOST'],
  },
  {
    what: 'an enum value removed that only answers have',
    edit: ['LOW HIGH', 'LOW'],
    found: ['ENUM_VALUE_NEVER_ANSWERED | risky | minor | Order.risk Risk.HIGH'],
  },
  {
    what: 'an enum value removed that is only asked with',
    edit: ['UP DOWN', 'UP'],
    found: ['ENUM_VALUE_REMOVED | breaking | major | Sort.DOWN'],
  },
  {
    what: 'an enum value removed of both',
    edit: ['OPEN SHIPPED', 'OPEN'],
    found: ['ENUM_VALUE_REMOVED | breaking | major | State.SHIPPED'],
  },
  {
    what: 'a union with a type more',
    edit: ['Order | Line', 'Order | Line | Gift'],
    found: ['UNION_MEMBER_ADDED | risky | minor | Query.search Gift'],
  },
  {
    what: 'a union with a type less',
    edit: ['Order | Line', 'Order'],
    found: ['UNION_MEMBER_REMOVED | breaking | major | Line'],
  },
  {
    what: 'an interface added',
    edit: ['type Line {', 'type Line implements Node { id: ID!'],
    found: ['FIELD_ADDED | safe | minor | Line.id', 'INTERFACE_ADDED | risky | minor | Query.node Line'],
  },
  {
    what: 'an interface dropped',
    edit: ['type Order implements Node @key', 'type Order @key'],
    found: ['INTERFACE_REMOVED | breaking | major | Node Order'],
  },
  {
    what: 'a type removed',
    edit: ['type Gift { sku: String }\n', ''],
    found: ['TYPE_REMOVED | breaking | major | Gift Gift.sku'],
  },
  {
    what: 'a type added',
    edit: ['type Gift', 'type Box { size: Int }\ntype Gift'],
    found: ['TYPE_ADDED | safe | minor | Box Box.size'],
  },
  {
    what: 'a type of another kind',
    edit: ['type Gift {', 'interface Gift {'],
    found: ['TYPE_KIND_CHANGED | breaking | major | Gift Gift.sku'],
  },
  {
    what: 'an input field added',
    edit: ['reason: String', 'reason: String  by: ID'],
    found: ['INPUT_FIELD_ADDED | safe | minor | Cancel.by'],
  },
  {
    what: 'a required input field added',
    edit: ['reason: String', 'reason: String  by: ID!'],
    found: [
      'INPUT_FIELD_ADDED_REQUIRED | breaking | major | Cancel Cancel.id Cancel.reason Mutation.cancel(input:) Cancel.by',
    ],
  },
  {
    what: 'an input field removed',
    edit: ['  reason: String', ''],
    found: ['INPUT_FIELD_REMOVED | breaking | major | Cancel.reason'],
  },
  {
    what: 'an input field that must be given now',
    edit: ['reason: String', 'reason: String!'],
    found: ['INPUT_FIELD_REQUIRED | breaking | major | Cancel Cancel.id Cancel.reason Mutation.cancel(input:)'],
  },
  {
    what: 'an input field that may be left out now',
    edit: ['input Cancel { id: ID!', 'input Cancel { id: ID'],
    found: ['INPUT_FIELD_OPTIONAL | safe | minor | Cancel.id'],
  },
  {
    what: 'an input field of another type',
    edit: ['text: String  least', 'text: ID  least'],
    found: ['INPUT_FIELD_TYPE_CHANGED | breaking | major | OrderWhere.text'],
  },
  {
    what: 'an input field with another default',
    edit: ['least: Int = 0', 'least: Int = 1'],
    found: [
      'INPUT_FIELD_DEFAULT_CHANGED | risky | minor | OrderWhere OrderWhere.state OrderWhere.sort OrderWhere.text OrderWhere.least Query.orders(where:)',
    ],
  },
  {
    what: 'an input of which one field is taken now',
    edit: ['input OrderWhere {', 'input OrderWhere @oneOf {'],
    found: [
      'ONE_OF_ADDED | breaking | major | OrderWhere OrderWhere.state OrderWhere.sort OrderWhere.text OrderWhere.least',
    ],
  },
  {
    what: 'a field deprecated',
    edit: ['note: String', 'note: String @deprecated(reason: "Use lines.")'],
    found: ['DEPRECATED | safe | minor | Order.note'],
  },
  {
    what: 'an entity by another key',
    edit: ['@key(fields: "id")', '@key(fields: "id total")'],
    found: ['ENTITY_KEY_REMOVED | risky | major | Order', 'ENTITY_KEY_ADDED | safe | minor | Order'],
  },
  {
    what: 'an entity by one key more',
    edit: ['@key(fields: "id")', '@key(fields: "id") @key(fields: "note")'],
    found: ['ENTITY_KEY_ADDED | safe | minor | Order'],
  },
  {
    what: 'a field with a tag',
    edit: ['note: String', 'note: String @tag(name: "internal")'],
    found: ['TAG_ADDED | risky | minor | Order.note'],
  },
  {
    what: 'a field out of sight',
    edit: ['note: String', 'note: String @inaccessible'],
    found: ['HIDDEN | breaking | major | Order.note'],
  },
  {
    what: 'a field that asks for a scope',
    edit: ['note: String', 'note: String @requiresScopes(scopes: [["read"]])'],
    found: ['ACCESS_TIGHTENED | breaking | major | Order.note'],
  },
  {
    what: 'a type that asks for a key',
    edit: ['type Line {', 'type Line @authenticated {'],
    found: ['ACCESS_TIGHTENED | breaking | major | Line Line.sku'],
  },
  {
    what: 'a field that others may serve',
    edit: ['note: String', 'note: String @shareable'],
    found: ['DIRECTIVE_CHANGED | risky | patch | Order.note'],
  },
  {
    what: 'a field taken over',
    edit: ['note: String', 'note: String @override(from: "crm")'],
    found: ['DIRECTIVE_CHANGED | risky | patch | Order.note'],
  },
  {
    what: 'a description',
    edit: ['type Gift', '"For free." type Gift'],
    found: ['DESCRIPTION_CHANGED | safe | patch | Gift'],
  },
  {
    what: 'a directive of operations removed',
    edit: ['directive @cached on QUERY\n', ''],
    found: ['EXECUTABLE_DIRECTIVE_REMOVED | breaking | major | @cached'],
  },
  {
    what: 'the root type under another name',
    edit: ['type Query {', 'schema { query: Root mutation: Mutation }\ntype Root {'],
    found: [],
  },
  {
    what: 'a type written as an extension',
    edit: ['type Gift {', 'extend type Gift {'],
    found: [],
  },
  {
    what: 'a directive under another name',
    edit: ['"@tag"', '{ name: "@tag", as: "@label" }'],
    found: ['SCHEMA_CHANGED | risky | patch | schema', 'SCHEMA_CHANGED | risky | patch | schema'],
  },
  {
    what: 'an older federation',
    edit: ['v2.9', 'v2.8'],
    found: ['SCHEMA_CHANGED | risky | patch | schema', 'SCHEMA_CHANGED | risky | patch | schema'],
  },
];

test.each(ROWS)('of a service: $what', ({ edit: [from, to], found }) => {
  expect(SDL).toContain(from);
  const named = subgraphChanges(SDL, SDL.replace(from, to));
  expect(
    named.map(({ code, weight, bump, coordinates }) => [code, weight, bump, coordinates.join(' ')].join(' | ')),
  ).toEqual(found);
});

test('what clients do not see breaks none of them', () => {
  const hidden = 'type Order @key(fields: "id") { id: ID!  note: String @inaccessible  total: Float @external }';
  const found = subgraphChanges(
    `type Query { order: Order } ${hidden}`,
    'type Query { order: Order } type Order @key(fields: "id") { id: ID! }',
  );
  expect(found.map(({ code, weight }) => `${code} ${weight}`)).toEqual(['HIDDEN_CHANGED safe', 'HIDDEN_CHANGED safe']);
});

test('scopes are loosened where whoever could read it still can', () => {
  const guarded = (scopes: string) => `type Query { note: String @requiresScopes(scopes: ${scopes}) }`;
  const codes = (was: string, is: string) => subgraphChanges(guarded(was), guarded(is)).map(({ code }) => code);
  expect(codes('[["a", "b"]]', '[["a"]]')).toEqual(['ACCESS_LOOSENED']);
  expect(codes('[["a"]]', '[["a"], ["c"]]')).toEqual(['ACCESS_LOOSENED']);
  expect(codes('[["a"], ["c"]]', '[["a"]]')).toEqual(['ACCESS_TIGHTENED']);
  expect(codes('[["a"]]', '[["a", "b"]]')).toEqual(['ACCESS_TIGHTENED']);
});
