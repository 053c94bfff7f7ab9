import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { distinctEntities, spreadEntities } from '../../../gateway/execute/remote/distinct-entities.ts';

test('whatever is asked for, each stands where it was asked for, and none is asked for twice', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 1, null) })), (representations) => {
      const { json, count, positions } = distinctEntities(representations);
      const asked = JSON.parse(json) as unknown[];
      expect(asked).toHaveLength(count);
      expect(new Set(asked.map((one) => JSON.stringify(one))).size).toBe(count);
      if (positions === null) expect(asked).toEqual(representations);
      else {
        expect(count).toBeLessThan(representations.length);
        expect(spreadEntities({ data: { _entities: asked } }, positions, 100).data).toEqual({
          _entities: representations,
        });
      }
    }),
  );
});

test('an error of an entity stands at each of its places, as many as are told; another where it stands', () => {
  const errors = [
    { message: 'second', path: ['_entities', 1, 'x'] },
    { message: 'all', path: ['_entities'] },
    { message: 'nowhere' },
  ];
  const spread = spreadEntities({ data: null, errors }, [1, 0, 1], 100);
  expect(spread).toEqual({
    data: null,
    errors: [
      { message: 'second', path: ['_entities', 0, 'x'] },
      { message: 'second', path: ['_entities', 2, 'x'] },
      ...errors.slice(1),
    ],
  });
  expect(spreadEntities({ data: null, errors }, [1, 0, 1], 1).errors).toHaveLength(1);
});
