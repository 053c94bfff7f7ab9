import { expect, test } from '@jest/globals';
import { conforms } from './conforms.ts';
import { federation } from './subgraph-service.ts';

const failure = (message: string) => (): never => {
  throw new Error(message);
};

conforms({
  feature: 'errors and nulls',
  services: {
    ships: {
      sdl: `${federation('@key')}
        type Query { ships: [Ship!]! fleet: [Ship]! flagship: Ship lost: Ship strict: Ship! bare: [Ship!] }
        type Ship @key(fields: "id") { id: ID! name: String! flag: String bad: String captain: Captain! }
        type Captain { name: String! rank: String! }`,
      resolvers: {
        Query: {
          ships: () => [
            { id: '1', name: 'Ada' },
            { id: '2', name: 'Bea' },
          ],
          fleet: () => [{ id: '1', name: 'Ada' }, { id: '9', name: 'Ida' }, null],
          bare: () => [
            { id: '1', name: 'Ada' },
            { id: '9', name: 'Ida' },
          ],
          flagship: () => ({ id: '9', name: 'Ida' }),
          lost: failure('no such ship'),
          strict: () => ({ id: '9', name: 'Ida' }),
        },
        Ship: {
          __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Ada' }),
          flag: ({ id }: { id: string }) => (id === '2' ? failure('torn')() : 'white'),
          bad: failure('bad'),
          captain: () => ({ name: 'Eve', rank: null }),
        },
      },
    },
    cargo: {
      sdl: `${federation('@key')}
        type Ship @key(fields: "id") { id: ID! tons: Int! weight: Int crates: [Crate!] opened: [[Crate!]]! }
        type Crate { id: ID! seal: String! mark: String }`,
      resolvers: {
        Ship: {
          __resolveReference: ({ id }: { id: string }) => (id === '9' ? null : { id }),
          tons: ({ id }: { id: string }) => (id === '2' ? failure('scales broken')() : 5),
          weight: ({ id }: { id: string }) => (id === '2' ? failure('scales broken')() : 5),
          crates: () => [
            { id: 'c', seal: 'ok' },
            { id: 'd', seal: () => failure('seal broken')() },
          ],
          opened: () => [[{ id: 'e', mark: failure('smudged') }], null],
        },
      },
    },
  },
  cases: [
    {
      that: 'an error of a root field has its place, and the others are answered',
      ask: '{ gone: lost { name } flagship { name } }',
      data: { gone: null, flagship: { name: 'Ida' } },
      errors: [{ message: 'no such ship', path: ['gone'] }],
    },
    {
      that: 'an error of a service further on has its place in the whole answer',
      ask: '{ ships { name w: weight } }',
      data: {
        ships: [
          { name: 'Ada', w: 5 },
          { name: 'Bea', w: null },
        ],
      },
      errors: [{ message: 'scales broken', path: ['ships', 1, 'w'], extensions: { serviceName: 'elsewhere/cargo' } }],
    },
    {
      that: 'so has one within lists of lists',
      ask: '{ ships { opened { id smudge: mark } } }',
      data: {
        ships: [{ opened: [[{ id: 'e', smudge: null }], null] }, { opened: [[{ id: 'e', smudge: null }], null] }],
      },
      errors: [
        { message: 'smudged', path: ['ships', 0, 'opened', 0, 0, 'smudge'] },
        { message: 'smudged', path: ['ships', 1, 'opened', 0, 0, 'smudge'] },
      ],
    },
    {
      that: 'a null that may not be takes its parent with it, and a service’s error is the one that is told',
      ask: '{ ships { crates { id seal } } }',
      data: { ships: [{ crates: null }, { crates: null }] },
      errors: [
        { message: 'seal broken', path: ['ships', 0, 'crates', 1, 'seal'] },
        { message: 'seal broken', path: ['ships', 1, 'crates', 1, 'seal'] },
      ],
    },
    {
      that: 'up to where null may be: an element of a list',
      ask: '{ fleet { name tons } }',
      data: { fleet: [{ name: 'Ada', tons: 5 }, null, null] },
      errors: [{ path: ['fleet', 1, 'tons'], message: /non-null/ }],
    },
    {
      that: 'the list itself',
      ask: '{ bare { tons } flagship { id } }',
      data: { bare: null, flagship: { id: '9' } },
      errors: [{ path: ['bare', 1, 'tons'], message: /non-null/ }],
    },
    {
      that: 'an object',
      ask: '{ flagship { name tons } }',
      data: { flagship: null },
      errors: [{ path: ['flagship', 'tons'], message: /non-null/ }],
    },
    {
      that: 'all there is',
      ask: '{ strict { name tons } flagship { name } }',
      data: null,
      errors: [{ path: ['strict', 'tons'], message: /non-null/ }],
    },
    {
      that: 'where the entity is nobody’s what may be null is, without an error',
      ask: '{ flagship { name weight crates { id } } }',
      data: { flagship: { name: 'Ida', weight: null, crates: null } },
    },
    {
      that: 'an error at one place leaves the others of the same entity alone',
      ask: '{ ships { flag tons: weight } }',
      data: {
        ships: [
          { flag: 'white', tons: 5 },
          { flag: null, tons: null },
        ],
      },
      errors: [
        { message: 'torn', path: ['ships', 1, 'flag'] },
        { message: 'scales broken', path: ['ships', 1, 'tons'] },
      ],
    },
    {
      that: 'what breaks its own service’s promise is told once',
      ask: '{ flagship { name captain { name rank } } }',
      data: { flagship: null },
      errors: [{ path: ['flagship', 'captain', 'rank'], message: /non-null/ }],
    },
  ],
  more: (here) => {
    test('an error says which service it is of, and nothing of what that was asked', async () => {
      const { errors } = await here().gateway.ask('{ ships { weight } }');
      expect(errors).toHaveLength(1);
      expect(errors![0]!.extensions['serviceName']).toBe('elsewhere/cargo');
      expect(JSON.stringify(errors)).not.toContain('_entities');
      expect(errors![0]).not.toHaveProperty('locations');
    });
  },
});
