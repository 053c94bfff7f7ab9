import { expect, test } from '@jest/globals';

import { fairPlaces, type Places } from '../../workflows/engines/places.ts';

const { signal } = new AbortController();

/** Asks for a place; what it got of it, once it did. */
function ask(places: Places, domain: string, begun: string[], name = domain): Promise<() => void> {
  return places.take(domain, signal).then((leave) => {
    begun.push(name);
    return leave;
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a domain that has none gets a place though another has taken all', async () => {
  const places = fairPlaces(2);
  const begun: string[] = [];
  for (const name of ['heavy1', 'heavy2', 'heavy3']) void ask(places, 'heavy', begun, name);
  await turn();
  expect(begun).toEqual(['heavy1', 'heavy2']);
  const leave = await ask(places, 'light', begun);
  expect(begun).toEqual(['heavy1', 'heavy2', 'light']);
  leave();
  await turn();
  expect(begun).toHaveLength(3);
});

test('who has fewest places comes next, before those who came first', async () => {
  const places = fairPlaces(2);
  const begun: string[] = [];
  const first = await ask(places, 'a', begun, 'a1');
  await ask(places, 'a', begun, 'a2');
  await ask(places, 'b', begun, 'b1');
  void ask(places, 'a', begun, 'a3');
  void ask(places, 'c', begun, 'c1');
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  first();
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1']);
});

test('who is called off while waiting takes no place', async () => {
  const places = fairPlaces(1);
  const begun: string[] = [];
  const leave = await ask(places, 'a', begun, 'a1');
  const calling = new AbortController();
  const off = places.take('a', calling.signal);
  void ask(places, 'a', begun, 'a3');
  calling.abort(new Error('CANCELLED'));
  await expect(off).rejects.toThrow('CANCELLED');
  leave();
  await turn();
  expect(begun).toEqual(['a1', 'a3']);
});
