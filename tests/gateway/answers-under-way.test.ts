import { expect, test } from '@jest/globals';
import { type Answered, AnswersUnderWay } from '../../gateway/answers/answers-under-way.ts';
import type { GoneSignal } from '../../schema/reading.ts';
import type { Serving } from '../../gateway/serving/serving.ts';

const [before, now] = [{} as Serving, {} as Serving];
const here = new AbortController().signal;

/** Answers by hand, and what was begun. */
function byHand(): { begun: GoneSignal[]; make: (gone: GoneSignal) => Promise<Answered>; end: () => void } {
  const begun: GoneSignal[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    make: (gone) => {
      const body = `${begun.push(gone)}`;
      return new Promise((resolve) => ends.push(() => resolve({ status: 200, body, outcome: 'ok' })));
    },
    end: () => ends.forEach((end) => end()),
  };
}

test('who asks for the same waits for the same; other keys, none, other data and what was written before begin anew', async () => {
  const underWay = new AnswersUnderWay();
  const { begun, make, end } = byHand();
  const asked = [
    underWay.ask({ serving: before, key: 'a' }, here, make),
    underWay.ask({ serving: before, key: 'a' }, here, make),
    underWay.ask({ serving: before, key: 'b' }, here, make),
    underWay.ask({ serving: before, key: null }, here, make),
    underWay.ask({ serving: before, key: null }, here, make),
    underWay.ask({ serving: now, key: 'a' }, here, make),
    underWay.ask({ serving: now, key: 'a' }, here, make),
  ];
  underWay.forget();
  asked.push(underWay.ask({ serving: now, key: 'a' }, here, make));
  end();
  expect((await Promise.all(asked)).map(({ body }) => String(body))).toEqual(['1', '1', '2', '3', '4', '5', '5', '6']);
  void underWay.ask({ serving: now, key: 'a' }, here, make);
  expect(begun).toHaveLength(7);
});

test('it goes on as long as somebody waits', async () => {
  const underWay = new AnswersUnderWay();
  const { begun, make, end } = byHand();
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [first, second].map(({ signal }) => underWay.ask({ serving: now, key: 'a' }, signal, make));
  first.abort();
  expect(await asked[0]).toMatchObject({ outcome: 'error', body: '' });
  expect(begun[0]!.aborted).toBe(false);
  second.abort();
  expect(begun[0]!.aborted).toBe(true);
  expect(await asked[1]).toMatchObject({ outcome: 'error', body: '' });
  end();
});

test('what fails, fails for all who wait', async () => {
  const underWay = new AnswersUnderWay();
  const fails = (): Promise<Answered> => Promise.reject(new Error('no'));
  const asked = [1, 2].map(() => underWay.ask({ serving: now, key: 'a' }, here, fails));
  for (const one of asked) await expect(one).rejects.toThrow('no');
});
