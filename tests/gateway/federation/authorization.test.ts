import { expect, test } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const DENIED = { code: 'UNAUTHORIZED_FIELD_OR_TYPE' };

conforms({
  feature: '@authenticated, @requiresScopes and @policy: fields that not everyone may read',
  services: {
    clinic: {
      sdl: `${federation('@key', '@authenticated', '@requiresScopes', '@policy')}
        type Query { patients: [Patient!]! ward: Ward vault: Vault found: [Found!]! open: String }
        type Mutation { discharge(id: ID!): Patient @authenticated }
        type Patient @key(fields: "id") {
          id: ID! name: String! blood: String @authenticated
          notes: [String!] @requiresScopes(scopes: [["notes:read", "ward:read"], ["all"]])
          bill: Int! @policy(policies: [["treasurer"]])
        }
        type Ward { beds: Int! key: String! @authenticated }
        type Vault @authenticated { code: String! }
        union Found = Patient | Vault`,
      resolvers: {
        Query: {
          patients: () => [{ id: '1', name: 'Ann', blood: 'A', notes: ['x'], bill: 5 }],
          ward: () => ({ beds: 8, key: 'k' }),
          vault: () => ({ code: '0000' }),
          found: () => [
            { __typename: 'Vault', code: '0000' },
            { __typename: 'Patient', id: '1', name: 'Ann' },
          ],
          open: () => 'yes',
        },
        Mutation: { discharge: (_: unknown, { id }: { id: string }) => ({ id, name: 'gone' }) },
        Patient: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Ann', blood: 'A' }) },
      },
    },
    laboratory: {
      sdl: `${federation('@key', '@authenticated', '@external', '@requires')}
        type Patient @key(fields: "id") {
          id: ID! blood: String @external
          match: String @requires(fields: "blood") @authenticated
        }`,
      resolvers: {
        Patient: {
          __resolveReference: (patient: object) => patient,
          match: ({ blood }: { blood: string }) => `${blood}+`,
        },
      },
    },
  },
  cases: [
    {
      that: 'who is not known gets null and an error for each, and all else',
      ask: '{ open patients { name blood notes match } ward { beds } }',
      data: { open: 'yes', patients: [{ name: 'Ann', blood: null, notes: null, match: null }], ward: { beds: 8 } },
      errors: [
        { path: ['patients', '@', 'blood'], extensions: DENIED },
        { path: ['patients', '@', 'notes'], extensions: DENIED },
        { path: ['patients', '@', 'match'], extensions: DENIED },
      ],
      asked: { laboratory: 0 },
    },
    {
      that: 'where null may not be, its parent is null, and one error says so',
      ask: '{ open ward { beds key } vault { code } }',
      data: { open: 'yes', ward: null, vault: null },
      errors: [
        { path: ['ward', 'key'], extensions: DENIED },
        { path: ['vault'], extensions: DENIED },
      ],
    },
    {
      that: 'a member of a union that may not be seen is told of by its type alone',
      ask: '{ found { __typename ... on Patient { name } ... on Vault { id: __typename } } }',
      data: {
        found: [
          { __typename: 'Vault', id: 'Vault' },
          { __typename: 'Patient', name: 'Ann' },
        ],
      },
    },
    {
      that: 'aliases, fragments and variables are no way around',
      ask: 'query ($yes: Boolean!) { patients { ...P } } fragment P on Patient { name: blood ... @include(if: $yes) { b: blood } }',
      variables: { yes: true },
      data: { patients: [{ name: null, b: null }] },
      errors: [
        { path: ['patients', '@', 'name'], extensions: DENIED },
        { path: ['patients', '@', 'b'], extensions: DENIED },
      ],
      asked: { laboratory: 0 },
    },
    {
      that: 'a mutation that is not allowed does not run',
      ask: 'mutation { discharge(id: 1) { name } }',
      data: { discharge: null },
      errors: [{ path: ['discharge'], extensions: DENIED }],
      asked: { clinic: 0 },
    },
    {
      that: 'the admin key has every right',
      ask: '{ patients { blood notes bill match } ward { key } vault { code } found { ... on Vault { code } } }',
      by: 'admin',
      data: {
        patients: [{ blood: 'A', notes: ['x'], bill: 5, match: 'A+' }],
        ward: { key: 'k' },
        vault: { code: '0000' },
        found: [{ code: '0000' }, {}],
      },
    },
  ],
  more: (here) => {
    test('what one who may asks is not given to the next who may not', async () => {
      const { ask, order } = here().gateway;
      expect((await order('{ patients { blood } }')).data).toEqual({ patients: [{ blood: 'A' }] });
      expect((await ask('{ patients { blood } }')).data).toEqual({ patients: [{ blood: null }] });
      expect((await order('{ patients { blood } }')).data).toEqual({ patients: [{ blood: 'A' }] });
    });
  },
});
