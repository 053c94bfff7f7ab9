import { expect, test } from '@jest/globals';
import { composer } from '../../../schema/composition/composer.ts';

const SMALL = [{ name: 'a', url: 'http://a/', sdl: 'type Query { a: Int }' }];

test('what is composed in a thread of its own is what is composed here', async () => {
  const here = await composer({ hereLetters: 1_000, ms: 60_000, heapMb: 500 })(SMALL);
  const apart = composer({ hereLetters: 0, ms: 60_000, heapMb: 500 });
  expect(await apart(SMALL)).toEqual(here);
  expect(await apart(SMALL)).toEqual(here);
});

test('what takes longer than it may is refused, and the next is composed', async () => {
  const late = composer({ hereLetters: 0, ms: 1, heapMb: 500 });
  expect(await late(SMALL)).toMatchObject({ composes: false, errors: [{ code: 'TOO_LARGE' }] });
});

test('what takes more memory than it may is refused', async () => {
  const fields = Array.from({ length: 40_000 }, (_, at) => `f${at}: Int`).join(' ');
  const tight = composer({ hereLetters: 0, ms: 60_000, heapMb: 60 });
  expect(await tight([{ name: 'a', url: 'http://a/', sdl: `type Query { ${fields} }` }])).toMatchObject({
    errors: [{ code: 'TOO_LARGE', message: expect.stringContaining('60 MB') }],
  });
});
