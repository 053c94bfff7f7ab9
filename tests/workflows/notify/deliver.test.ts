import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';

import { transaction } from '../../../schema/ledger/connect.ts';
import {
  type DeliveryAsk,
  deliveryCounts,
  requestDelivery,
  takeDeliveries,
} from '../../../schema/ledger/deliveries.ts';
import { clearSent, type Deliveries, openDeliveries } from '../../../workflows/notify/deliver.ts';
import { openPost, type Post } from '../../../workflows/notify/post.ts';
import type { Sender } from '../../../workflows/notify/sender.ts';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { openReceiver, type Receiver } from './receiver.ts';

let database: TestDatabase;
let receiver: Receiver;
let post: Post;
let opened: Deliveries[] = [];
let count = 0;

beforeAll(async () => {
  database = await cloneDatabase();
  post = openPost({ loopbackOnly: true, allowedHosts: [] });
});
beforeEach(async () => {
  receiver = await openReceiver();
});
afterEach(async () => {
  await Promise.all(opened.map((deliveries) => deliveries.stop()));
  opened = [];
  await receiver.close();
  await database.pool.query('delete from weft.deliveries');
});
afterAll(async () => {
  await post.close();
  await database.drop();
});

/** Posts a delivery's body to its destination, as a webhook would. */
const toUrl: Sender = ({ destination, body, id }, signal) =>
  post.send({ url: destination, headers: { 'webhook-id': id }, body: JSON.stringify(body) }, signal);

function deliver(sender = toUrl): Deliveries {
  const deliveries = openDeliveries({
    pool: database.pool,
    senders: { trial: sender },
    log: pino({ level: 'silent' }),
  });
  opened.push(deliveries);
  return deliveries;
}

async function ask(more: Partial<DeliveryAsk> = {}): Promise<boolean> {
  const nth = (count += 1);
  const delivery = { effect: `effect ${nth}`, channel: 'trial', destination: receiver.url, body: { nth }, ...more };
  return transaction(database.pool, (trx) => requestDelivery(trx, delivery));
}

/** Sends all that is due, and what is due again because of waits after failures. */
async function settle(deliveries: Deliveries): Promise<void> {
  await deliveries.look();
  await deliveries.idle();
}

async function allDue(): Promise<void> {
  await database.pool.query('update weft.deliveries set due_at = now() where ended_at is null');
}

async function states(): Promise<unknown[]> {
  const { rows } = await database.pool.query('select outcome, attempts, reason from weft.deliveries order by nth');
  return rows;
}

const heard = (): unknown[] => receiver.received.map(({ body }) => body);

describe('a delivery', () => {
  test('that is asked for twice is sent once, with an id', async () => {
    expect([await ask({ effect: 'once', body: { a: 1 } }), await ask({ effect: 'once', body: { a: 2 } })]).toEqual([
      true,
      false,
    ]);
    await settle(deliver());
    expect(heard()).toEqual([{ a: 1 }]);
    expect(receiver.received[0]?.headers['webhook-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(await states()).toEqual([{ outcome: 'sent', attempts: 1, reason: null }]);
  });

  test('is not sent where the transaction of what happened is rolled back', async () => {
    await expect(
      transaction(database.pool, async (trx) => {
        await requestDelivery(trx, { effect: 'undone', channel: 'trial', destination: receiver.url, body: {} });
        throw new Error('it did not happen');
      }),
    ).rejects.toThrow('it did not happen');
    await settle(deliver());
    expect(heard()).toEqual([]);
  });

  test('is sent again after a failure, under the same id, and the reason is kept', async () => {
    await ask();
    receiver.answer = (response) => response.writeHead(500).end('out of\n  order');
    const deliveries = deliver();
    await settle(deliveries);
    expect(await states()).toEqual([
      { outcome: null, attempts: 1, reason: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 500: out of order$/) },
    ]);
    receiver.answer = (response) => response.end();
    await allDue();
    await settle(deliveries);
    expect(await states()).toEqual([{ outcome: 'sent', attempts: 2, reason: null }]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test.each([
    ['the receiver wants it not', (): Partial<DeliveryAsk> => ({}), / answered 410$/],
    ['its host is not allowed', () => ({ destination: 'http://169.254.169.254/' }), /is not allowed/],
    ['its address is none, which may be a secret', () => ({ destination: 'hush-hush' }), /^Its address is no URL\.$/],
    ['its address is of another kind', () => ({ destination: 'file:///hush' }), /^Its address is no http or https/],
  ])('is given up at once where %s', async (_why, more, reason) => {
    await ask(more());
    receiver.answer = (response) => response.writeHead(410).end();
    await settle(deliver());
    expect(await states()).toEqual([{ outcome: 'given_up', attempts: 1, reason: expect.stringMatching(reason) }]);
  });

  test('is given up once its time is over', async () => {
    await ask({ giveUpAfterSeconds: 0.1 });
    receiver.answer = (response) => response.writeHead(500).end();
    await settle(deliver());
    expect(await states()).toMatchObject([{ outcome: 'given_up', attempts: 1 }]);
  });

  test('waits as long as the receiver asks for', async () => {
    await ask();
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': '120' }).end();
    await settle(deliver());
    const { rows } = await database.pool.query(
      'select due_at - now() between $1 and $2 as waits from weft.deliveries',
      ['110 s', '121 s'],
    );
    expect(rows).toEqual([{ waits: true }]);
  });

  test('that is due later is not sent yet', async () => {
    await ask({ dueAt: new Date(Date.now() + 60_000) });
    await settle(deliver());
    expect(heard()).toEqual([]);
  });

  test('that is too large is refused in the transaction that asks for it', async () => {
    await expect(ask({ body: { text: 'x'.repeat(300_000) } })).rejects.toThrow('deliveries_body_check');
  });

  test('of a worker that died is sent by another once its lease is over', async () => {
    await ask();
    const take = { channels: ['trial'], busy: [], each: 4, limit: 4, leaseSeconds: 60 };
    expect(await takeDeliveries(database.pool, take)).toHaveLength(1);
    const other = deliver();
    await settle(other);
    expect(heard()).toEqual([]);
    await allDue();
    await settle(other);
    expect(heard()).toHaveLength(1);
  });

  test('of a worker that stops is another one’s at once', async () => {
    await ask();
    let isAsked: () => void;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    receiver.answer = () => isAsked();
    const first = deliver();
    await first.look();
    await asked;
    await first.stop();
    expect(await states()).toEqual([{ outcome: null, attempts: 0, reason: null }]);
    receiver.answer = (response) => response.end();
    await settle(deliver());
    expect(heard()).toHaveLength(2);
  });
});

test('those of a line are sent in order, one waiting for the other, and others pass by', async () => {
  for (const nth of [1, 2, 3]) await ask({ line: 'run 1', body: { nth } });
  await ask({ line: 'run 2', body: { nth: 4 } });
  receiver.answer = (response, { body }) => response.writeHead((body as { nth: number }).nth === 1 ? 500 : 200).end();
  const deliveries = deliver();
  await settle(deliveries);
  expect(heard()).toEqual(expect.arrayContaining([{ nth: 1 }, { nth: 4 }]));
  expect(heard()).toHaveLength(2);
  receiver.answer = (response) => response.end();
  await allDue();
  await settle(deliveries);
  expect(heard().slice(2)).toEqual([{ nth: 1 }, { nth: 2 }, { nth: 3 }]);
});

test('an endpoint that hangs holds up no other', async () => {
  const slow = await openReceiver();
  slow.answer = () => undefined;
  try {
    for (let nth = 0; nth < 40; nth += 1) await ask({ destination: slow.url });
    for (let nth = 0; nth < 40; nth += 1) await ask();
    const deliveries = deliver();
    await deliveries.look();
    while (receiver.received.length < 40) await sleep(10);
    expect(slow.received.length).toBeLessThanOrEqual(4);
  } finally {
    await Promise.all(opened.map((deliveries) => deliveries.stop()));
    await slow.close();
  }
});

test('several workers at once send each delivery once', async () => {
  for (let nth = 0; nth < 100; nth += 1) await ask(nth % 2 === 0 ? {} : { line: `line ${nth % 7}` });
  await Promise.all(Array.from({ length: 4 }, () => settle(deliver())));
  while (receiver.received.length < 100) await Promise.all(opened.map((deliveries) => settle(deliveries)));
  expect(new Set(heard().map((body) => (body as { nth: number }).nth)).size).toBe(100);
  expect(receiver.received).toHaveLength(100);
}, 20_000);

test('what was sent long ago is removed, and what waits is counted', async () => {
  await ask();
  await settle(deliver());
  await ask({ dueAt: new Date(Date.now() + 60_000) });
  expect(await deliveryCounts(database.pool)).toEqual([
    { channel: 'trial', destination: receiver.url, pending: 1, sent: 1, givenUp: 0, waitingSince: expect.any(Date) },
  ]);
  await clearSent(database.pool);
  expect(await states()).toHaveLength(2);
  await database.pool.query(`update weft.deliveries set ended_at = ended_at - interval '8 days'`);
  await clearSent(database.pool);
  expect(await states()).toMatchObject([{ outcome: null }]);
});
