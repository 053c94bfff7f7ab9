import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { cloneDatabase } from '../testkit/database.ts';
import { gatewayHere } from './gateway-here.ts';
import { folderOf } from './product-text.ts';

test('a gateway that ends under load fails no request of clients behind a balancer that asks whether it is ready', async () => {
  const database = await cloneDatabase();
  const gateway = await gatewayHere({ database });
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
  const outcomes = new Map<string, number>();
  let ready = true;
  const balancer = async (): Promise<void> => {
    while (ready) {
      await sleep(50);
      const readiness = await fetch(`${gateway.url}/readyz`).catch(() => null);
      if (readiness?.status !== 200) ready = false;
    }
  };
  const client = async (): Promise<void> => {
    while (ready) {
      const outcome = await gateway.ask('{ airports { totalCount nodes { id } } }').then(
        ({ status, errors }) => errors?.[0]?.message ?? String(status),
        (error: unknown) => String((error as Error).cause ?? error),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 16 }, client);
  const closing = async (): Promise<void> => {
    while ((outcomes.get('200') ?? 0) <= 50) await sleep(10);
    await gateway.close();
  };
  await Promise.all([...clients, balancer(), closing()]);
  await database.drop();
  expect([...outcomes.keys()]).toEqual(['200']);
});

test('the last answers say that their connections end', async () => {
  const database = await cloneDatabase();
  const gateway = await gatewayHere({ database });
  const closing = gateway.close();
  const readiness = await fetch(`${gateway.url}/readyz`);
  expect([readiness.status, readiness.headers.get('connection')]).toEqual([503, 'close']);
  expect(await readiness.json()).toMatchObject({ ready: false });
  await closing;
  await database.drop();
});
