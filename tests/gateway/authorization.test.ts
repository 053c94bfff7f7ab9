import { expect, test } from '@jest/globals';
import { parse, print, stripIgnoredCharacters } from 'graphql';
import { authorize } from '../../gateway/execute/authorization.ts';
import { readGuards, type Rights } from '../../gateway/execute/guards.ts';
import { compose } from '../../schema/composition/compose.ts';

const STAFF = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", { name: "@authenticated", as: "@signedIn" }, "@requiresScopes", "@policy"])
  type Query {
    people: [Person!]! person(id: ID!): Person vault: Vault keeper: Keeper holders: [Holder!]! grid: [[Cell!]!]!
    motto: String mood: Mood payroll(year: Int): Int @requiresScopes(scopes: [["pay:read", "pay:list"], ["pay:all"]])
  }
  type Mutation { hire(name: String!): Person @signedIn }
  interface Keeper { name: String! }
  type Person implements Keeper @key(fields: "id") { id: ID! name: String! income: Int @policy(policies: [["boss"]]) boss: Person }
  type Vault implements Keeper @signedIn { name: String! gold: Int }
  union Holder = Person | Vault
  type Cell { x: Int! secret: Int @signedIn }
  enum Mood @signedIn { CALM }`;
const BADGES = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
  type Person @key(fields: "id") { id: ID! badge: String @requiresScopes(scopes: [["badge"]]) }`;

const composed = compose([
  { name: 'staff', url: '', sdl: STAFF },
  { name: 'badges', url: '', sdl: BADGES },
]);
if (!composed.composes) throw new Error(JSON.stringify(composed.errors));
const guards = readGuards(parse(composed.sdl))!;

function rights(...held: string[]): Rights {
  const holds = (right: string): boolean => held.includes(right);
  return { authenticated: holds('signed in'), holdsScope: holds, holdsPolicy: holds };
}

function allowed(query: string, held: Rights, variables: Record<string, unknown> = {}): [string, string[]] {
  const { document, errors } = authorize(guards, parse(query), { operationName: null, rights: held });
  const paths = errors(variables).map(({ path, extensions }) => {
    expect(extensions).toEqual({ code: 'UNAUTHORIZED_FIELD_OR_TYPE' });
    return path!.join('.');
  });
  return [stripIgnoredCharacters(print(document)), paths];
}

test.each<[string, string, string, string[], string[]?]>([
  ['what nobody guards is anyone’s', '{ motto people { name } }', '{motto people{name}}', []],
  ['a guarded field is left out', '{ people { name income } }', '{people{name}}', ['people.@.income']],
  [
    'an object with nothing left stays',
    '{ person(id: 1) { income } }',
    '{person(id:1){__typename}}',
    ['person.income'],
  ],
  ['so does an operation', '{ payroll }', '{__typename}', ['payroll']],
  ['another subgraph may guard its own', '{ people { badge name } }', '{people{name}}', ['people.@.badge']],
  ['a field of a guarded type is guarded', '{ motto vault { gold } }', '{motto}', ['vault']],
  ['a guarded enum guards its fields', '{ motto mood }', '{motto}', ['mood']],
  ['a mutation may be guarded', 'mutation { hire(name: "x") { name } }', 'mutation{__typename}', ['hire']],
  ['each list is a step of the path', '{ grid { x secret } }', '{grid{x}}', ['grid.@.@.secret']],
  [
    'an interface tells nothing of a member that is guarded',
    '{ keeper { __typename name ... on Person { id } ... on Vault { gold } } }',
    '{keeper{__typename ...on Person{id}}}',
    ['keeper.name', 'keeper.gold'],
  ],
  [
    'a union neither',
    '{ holders { ... on Keeper { name } ... on Person { first: name } } }',
    '{holders{...on Person{first:name}}}',
    ['holders.@.name'],
  ],
  [
    'within a type that is allowed, so is what an interface says of it',
    '{ holders { ... on Person { ... on Keeper { name } } } }',
    '{holders{...on Person{...on Keeper{name}}}}',
    [],
  ],
  [
    'fragments and aliases hide nothing',
    'query A { ...P ...P person(id: 1) { boss { pay: income } } } fragment P on Query { people { ...Q } } fragment Q on Person { income id }',
    '{...on Query{people{...on Person{id}}}...on Query{people{...on Person{id}}}person(id:1){boss{__typename}}}',
    ['people.@.income', 'person.boss.pay'],
  ],
  ['one of several lists of scopes is enough', '{ payroll }', '{payroll}', [], ['pay:all']],
  ['of one list all are needed', '{ payroll }', '{__typename}', ['payroll'], ['pay:read']],
  ['all of one list are enough', '{ payroll }', '{payroll}', [], ['pay:read', 'pay:list']],
  [
    'being known opens what asks for it alone',
    '{ vault { gold } mood payroll }',
    '{vault{gold}mood}',
    ['payroll'],
    ['signed in'],
  ],
  ['a policy that holds', '{ people { income } }', '{people{income}}', [], ['boss']],
])('%s', (_that, query, left, denied, held = []) => {
  const [document, paths] = allowed(query, rights(...held));
  expect([document.replace(/^query A/, ''), paths]).toEqual([left, denied]);
});

test('a variable that is needed no more is no more declared', () => {
  const query = 'query ($year: Int, $id: ID!) { payroll(year: $year) person(id: $id) { name } }';
  expect(allowed(query, rights())[0]).toBe('query($id:ID!){person(id:$id){name}}');
});

test('of what is skipped nothing is said, and it is left out all the same', () => {
  const query =
    'query ($yes: Boolean!) { motto payroll @include(if: $yes) ... @skip(if: $yes) { mood } vault @skip(if: true) { gold } }';
  expect(allowed(query, rights(), { yes: true })).toEqual(['{motto}', ['payroll']]);
  expect(allowed(query, rights(), { yes: false })).toEqual(['{motto}', ['mood']]);
});

test('an operation that is allowed is the very document that was given', () => {
  const document = parse('{ people { name } }');
  expect(authorize(guards, document, { operationName: null, rights: rights() }).document).toBe(document);
});

test('only the operation that is asked for is judged', () => {
  const document = parse('query A { motto } query B { payroll }');
  const denied = (operationName: string): number =>
    authorize(guards, document, { operationName, rights: rights() }).errors({}).length;
  expect([denied('A'), denied('B')]).toEqual([0, 1]);
});

test('a graph that guards nothing has no guards', () => {
  const open = compose([{ name: 'a', url: '', sdl: 'type Query { a: Int }' }]);
  expect(open.composes && readGuards(parse(open.sdl))).toBeNull();
});
