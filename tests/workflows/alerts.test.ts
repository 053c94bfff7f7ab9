import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';

import type { AlertMessage, Channel } from '../../schema/alert.ts';
import type { ProductId, RunId } from '../../schema/ids.ts';
import {
  acknowledgeAlert,
  alertHistory,
  type AlertRow,
  cleanAlerts,
  cleanTellings,
} from '../../schema/ledger/alerts.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import type { LedgerEvent } from '../../schema/ledger/events.ts';
import { saveQuality } from '../../schema/ledger/quality.ts';
import { type AlertDeps, escalate, followAlerts } from '../../workflows/notify/alerts.ts';
import { readOperators } from '../../workflows/notify/operators.ts';
import { openAlertSender } from '../../workflows/notify/alert-sender.ts';
import { openPost, type Post } from '../../workflows/notify/post.ts';
import { Undeliverable } from '../../workflows/notify/sender.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { plainPublish } from './plain-publish.ts';
import { smallProduct } from './small-product.ts';

let database: TestDatabase;
const operators = readOperators('slack=http://127.0.0.1:9/operators');
const deps: AlertDeps = {
  operators: operators.channels,
  escalateAfterMs: 60_000,
  runLink: (id) => `http://127.0.0.1:8233/refresh:${id}`,
};

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

/** A product with a channel of its own, or of the domain. */
async function owned(name: string, reads?: string): Promise<ProductId> {
  const folder = await smallProduct({
    name,
    content: 'id\n1\n',
    source: ['{ name: id, logicalType: integer, required: true }'],
    output: ['{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }'],
    sla: ['{ property: freshness, value: 1, unit: h }'],
    support: [
      `{ channel: us, tool: slack, scope: issues, url: 'https://chat.example/${name}' }`,
      `{ channel: people, tool: slack, scope: interactive, url: 'https://chat.example/people' }`,
    ],
    ...(reads === undefined ? {} : { transform: `select id from ${reads}` }),
  });
  const reading = `inputPorts:\n  - { name: up, version: 1.0.0, contractId: trial/${reads}/output }\n`;
  const { product } = await plainPublish(database.pool, folder, {
    refresh: false,
    change: (files) => {
      if (reads === undefined) return files;
      const others = files.filter(({ path }) => path !== 'source.odcs.yaml');
      return others.map((file) => ({ ...file, text: file.text.replace(/inputPorts:\n.*\n/, reading) }));
    },
  });
  return product.id;
}

/** What the relay does with an event of a product. */
function happens(id: ProductId, event: Omit<LedgerEvent, 'subject'>): Promise<AlertRow | null> {
  const stored = { ...event, subject: id, id: 1, attempts: 0 } as Parameters<typeof followAlerts>[2];
  return transaction(database.pool, (trx) => followAlerts(trx, deps, stored));
}

const fails = (id: ProductId, code = 'SOURCE_MISSING') =>
  happens(id, { type: 'refresh.failed', payload: { runId: randomUUID(), code } });
const publishes = (id: ProductId) =>
  happens(id, { type: 'dataset.published', payload: { version: 1, runId: randomUUID() } });

/** The promise of freshness is not kept any more. */
async function isLate(id: ProductId): Promise<AlertRow | null> {
  await database.pool.query(
    `insert into weft.slos (product_id, property, promised) values ('${id}', 'freshness', '1 h') on conflict do nothing;
     insert into weft.slo_breaches (product_id, property, began_at) values ('${id}', 'freshness', now())`,
  );
  return happens(id, { type: 'slo.missed', payload: { property: 'freshness', since: '' } });
}

interface Told {
  readonly url: string;
  readonly message: AlertMessage;
}

async function toldOf(id: ProductId): Promise<Told[]> {
  const { rows } = await database.pool.query<Told>(
    `select destination as url, body -> 'message' as message from weft.deliveries
      where channel = 'alert' and body -> 'message' ->> 'product' = $1 order by nth`,
    [id],
  );
  return rows;
}

const said = (told: readonly Told[]) => told.map(({ url, message }) => [url, message.title]);

async function standing(id: ProductId): Promise<AlertRow> {
  const [alert] = await alertHistory(database.pool, { products: [id], ended: true, limit: 1, before: null });
  return alert!;
}

/** Time passes: what is to be escalated is due. */
async function due({ id }: AlertRow): Promise<number | null> {
  await database.pool.query('update weft.alerts set escalates_at = now() where id = $1 and escalates_at is not null', [
    id,
  ]);
  return transaction(database.pool, (trx) => escalate(trx, deps, id));
}

test('a failed run is told once to the channel for issues as long as it lasts, and that it is well again', async () => {
  const id = await owned('failing');
  await fails(id);
  await fails(id, 'SOURCE_INCOMPLETE');
  await publishes(id);
  await publishes(id);
  const told = await toldOf(id);
  expect(said(told)).toEqual([
    ['https://chat.example/failing', 'trial/failing: a run failed'],
    ['https://chat.example/failing', 'trial/failing: well again: a run failed'],
  ]);
  expect(told[0]!.message).toMatchObject({ type: 'alert.opened', severity: 'error', product: id });
  expect(told[0]!.message.text).toContain('SOURCE_MISSING: The source cannot be found');
  expect(told[0]!.message.links).toEqual([{ title: 'Temporal', url: 'http://127.0.0.1:8233/refresh:trial/failing' }]);
  expect(await standing(id)).toMatchObject({
    state: 'resolved',
    message: expect.stringContaining('SOURCE_INCOMPLETE'),
  });
});

test('nobody sees to it: its owners are told, then the operators, and nobody more', async () => {
  const id = await owned('escalating');
  const alert = await fails(id);
  expect(await due(alert!)).toBe(60_000);
  expect(await due(alert!)).toBeNull();
  expect(said(await toldOf(id))).toEqual([
    ['https://chat.example/escalating', 'trial/escalating: a run failed'],
    ['mailto:trial@example.org', 'trial/escalating: still: a run failed'],
    ['operators:0', 'trial/escalating: still: a run failed'],
  ]);
  await publishes(id);
  expect((await toldOf(id)).slice(3).map(({ message }) => message.type)).toEqual(Array(3).fill('alert.resolved'));
});

test('what somebody sees to does not escalate', async () => {
  const id = await owned('seen');
  const alert = (await fails(id))!;
  expect(await transaction(database.pool, (trx) => acknowledgeAlert(trx, alert.id, 'ann'))).toMatchObject({
    state: 'acknowledged',
    acknowledgedBy: 'ann',
  });
  expect(await due(alert)).toBeNull();
  expect(await toldOf(id)).toHaveLength(1);
});

test('a product that flaps is told of once, and again only where it lasts', async () => {
  const id = await owned('flapping');
  for (let times = 0; times < 5; times++) {
    await fails(id);
    await publishes(id);
  }
  expect(await toldOf(id)).toHaveLength(2);
  await fails(id);
  expect(await standing(id)).toMatchObject({ returned: 5, state: 'open', told: false });
  await due(await standing(id));
  expect((await toldOf(id)).at(-1)!.message.title).toBe('trial/flapping: still: a run failed');
});

test('what comes back and lasts is told to each level anew, though all were told before', async () => {
  const id = await owned('back');
  const alert = (await fails(id))!;
  for (let level = 0; level < 2; level++) await due(alert);
  await publishes(id);
  const before = (await toldOf(id)).length;
  await fails(id);
  for (let level = 0; level < 4; level++) await due(await standing(id));
  expect((await toldOf(id)).slice(before).map(({ url }) => url)).toEqual([
    'https://chat.example/back',
    'mailto:trial@example.org',
    'operators:0',
  ]);
});

test('a warning that comes back and lasts is told to the first level, and to nobody else', async () => {
  const id = await owned('doubtful');
  const failed = { object: 'doubtful', property: null, outcome: 'failed', measured: '1', expected: '0' } as const;
  const warns = async () => {
    const { rows } = await database.pool.query<{ id: RunId }>(
      `insert into weft.runs (id, product_id, revision, trigger, phase, requested_by)
       values (gen_random_uuid(), $1, 1, 'manual', 'succeeded', 'test') returning id`,
      [id],
    );
    const runId = rows[0]!.id;
    await saveQuality(database.pool, runId, [
      { ...failed, rule: 'few', severity: 'warning', description: null, samples: [] },
    ]);
    return happens(id, { type: 'dataset.published', payload: { version: 1, runId } });
  };
  await warns();
  await publishes(id);
  const before = (await toldOf(id)).length;
  await warns();
  for (let level = 0; level < 3; level++) await due(await standing(id));
  expect((await toldOf(id)).slice(before).map(({ url }) => url)).toEqual(['https://chat.example/doubtful']);
  expect(await standing(id)).toMatchObject({ severity: 'warning', state: 'open', escalatesAt: null });
});

test('products that are late because of one upstream are told to each channel once', async () => {
  const up = await owned('upstream');
  const downs = [await owned('down-one', 'upstream'), await owned('down-two', 'upstream')];
  await database.pool.query(
    `update weft.product_revisions set files = replace(files::text, 'chat.example/down-two', 'chat.example/down-one')::jsonb,
            digest = digest || '2' where product_id = 'trial/down-two'`,
  );
  await fails(up);
  for (const down of downs) expect(await isLate(down)).toBeNull();
  const root = await standing(up);
  expect(said(await toldOf(downs[0]!))).toEqual([['https://chat.example/down-one', 'trial/down-one: late']]);
  expect((await toldOf(downs[0]!))[0]!.message.text).toContain(`It follows from alert ${root.id} upstream.`);
  expect(await toldOf(downs[1]!)).toEqual([]);
  expect(await standing(downs[1]!)).toMatchObject({ state: 'open', follows: root.id });
});

test('alerts that were over a quarter ago are forgotten, unless one that stands follows from them', async () => {
  const [forgotten, followed] = [await owned('forgotten'), await owned('followed')];
  const follower = await owned('follower', 'followed');
  for (const id of [forgotten, followed]) {
    await fails(id);
    await publishes(id);
  }
  await isLate(follower);
  await database.pool.query(
    `update weft.alerts set follows = (select id from weft.alerts where product_id = $1) where product_id = $2`,
    [followed, follower],
  );
  const past = `update weft.alerts set resolved_at = resolved_at - interval '100 days' where product_id = any($1);`;
  await database.pool.query(past, [[forgotten, followed]]);
  await database.pool.query(`update weft.alert_tellings set told_at = told_at - interval '100 days'`);
  await cleanTellings(database.pool);
  await cleanAlerts(database.pool);
  expect(await standing(forgotten)).toBeUndefined();
  expect(await standing(followed)).toMatchObject({ state: 'resolved' });
  expect(await standing(follower)).toMatchObject({ state: 'open' });
});

test('a channel is told no more than twenty times an hour, and that it is told no more', async () => {
  const ids = await Promise.all(Array.from({ length: 12 }, (_, at) => owned(`flood-${at}`)));
  await database.pool.query(
    `update weft.product_revisions set files = regexp_replace(files::text, 'chat.example/flood-\\d+', 'chat.example/flood', 'g')::jsonb,
            digest = digest || '2' where product_id like 'trial/flood-%'`,
  );
  for (const id of ids) await fails(id);
  for (const id of ids) await publishes(id);
  const told = (await Promise.all(ids.map(toldOf))).flat().filter(({ url }) => url.endsWith('flood'));
  expect(told).toHaveLength(20);
  expect(told.filter(({ message }) => message.text.includes('told enough for an hour'))).toHaveLength(1);
});

describe('sending', () => {
  let hook: Server;
  let received: { headers: Record<string, unknown>; body: string }[] = [];
  let status = 200;
  let mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('nobody@') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
    onData: (stream, _session, done) => {
      let mail = '';
      stream.on('data', (chunk: Buffer) => (mail += chunk.toString()));
      stream.on('end', () => {
        mails.push(mail);
        done();
      });
    },
  });
  let post: Post;
  let send: (channel: Channel, message: AlertMessage) => Promise<void>;
  const operators = () => readOperators(`teams=${url} mailto:ops@example.org`);
  let url: string;

  beforeAll(async () => {
    hook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(status, status === 307 ? { location: url } : {}).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
    const secrets: Readonly<Record<string, string>> = {
      HOOK: url,
      SIGN: `whsec_${Buffer.from('sesame').toString('base64')}`,
    };
    post = openPost({ loopbackOnly: true, allowedHosts: [] });
    const sender = openAlertSender({
      hosts: { loopbackOnly: true, allowedHosts: [] },
      post,
      secrets: (name) => secrets[name] ?? null,
      operators: operators(),
      operatorsSecret: null,
      mail: {
        url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
        from: 'weft@example.org',
      },
    });
    send = ({ tool, url: destination, secret }, told) => {
      const body = { tool, secret, message: told };
      const delivery = { id: DELIVERY, channel: 'alert', destination, body, askedAt: new Date(), attempts: 1 };
      return sender(delivery, AbortSignal.timeout(10_000));
    };
  });
  afterAll(async () => {
    await post.close();
    await new Promise((resolve) => smtp.close(() => resolve(null)));
    await new Promise((resolve) => hook.close(resolve));
  });
  beforeEach(() => {
    received = [];
    mails = [];
    status = 200;
  });

  const DELIVERY = 'b9a5ff0c-0000-4000-8000-000000000000';
  const message: AlertMessage = {
    type: 'alert.opened',
    alert: 'b9a5ff0c-1111-4000-8000-000000000000',
    product: 'trial/things' as ProductId,
    cause: 'run_failed',
    severity: 'error',
    title: 'trial/things: a run failed',
    text: 'SOURCE_MISSING: <it> & more',
    run: null,
    links: [{ title: 'Temporal', url: 'http://127.0.0.1:8233/x' }],
    at: '2026-01-31T09:30:00.000Z',
  };
  const to = (tool: Channel['tool'], address = '${secret:HOOK}', secret: string | null = null): Channel => ({
    tool,
    url: address,
    secret,
  });

  test.each(['slack', 'mattermost', 'googlechat'] as const)(
    '%s gets one text, in which nothing mentions anybody',
    async (tool) => {
      await send(to(tool), message);
      expect(JSON.parse(received[0]!.body)).toEqual({
        text: '🔴 *trial/things: a run failed*\nSOURCE_MISSING: &lt;it&gt; &amp; more\n<http://127.0.0.1:8233/x|Temporal>',
      });
      expect(received[0]!.headers).not.toHaveProperty('webhook-signature');
    },
  );

  test('Teams gets an adaptive card, also by the operators’ own address', async () => {
    await send(operators().channels[0]!, message);
    const [attachment] = JSON.parse(received[0]!.body).attachments;
    expect(attachment.contentType).toBe('application/vnd.microsoft.card.adaptive');
    expect(attachment.content).toMatchObject({
      type: 'AdaptiveCard',
      body: [{ text: message.title, color: 'Attention' }, { text: message.text }],
      actions: [{ type: 'Action.OpenUrl', title: 'Temporal' }],
    });
  });

  test('any other gets a webhook that is signed as Standard Webhooks has it', async () => {
    await send(to('webhook', url, '${secret:SIGN}'), message);
    const [{ headers, body }] = received as [{ headers: Record<string, string>; body: string }];
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-id']).toBe(DELIVERY);
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'sesame').update(signed).digest('base64')}`);
    expect(JSON.parse(body)).toMatchObject({
      type: 'alert.opened',
      data: { product: 'trial/things', severity: 'error' },
    });
  });

  test('an address of e-mail gets a mail', async () => {
    await send(to('email', 'mailto:owner@example.org'), message);
    await send(operators().channels[1]!, message);
    expect(mails).toHaveLength(2);
    expect(mails[0]).toMatch(/^To: owner@example.org$/m);
    expect(mails[0]).toMatch(/^From: weft@example.org$/m);
    expect(mails[0]).toMatch(/^Subject: trial\/things: a run failed$/m);
    expect(mails[0]).toContain(message.text);
    expect(mails[1]).toMatch(/^To: ops@example.org$/m);
  });

  test.each<[string, () => Channel]>([
    ['at a host that is not allowed', () => to('slack', 'https://hooks.example/T1/secret')],
    ['with a secret that there is not', () => to('slack', '${secret:NONE}')],
    ['that is signed with a secret that there is not', () => to('webhook', url, '${secret:NONE}')],
    ['that answers 404', () => ((status = 404), to('slack'))],
    ['that sends elsewhere', () => ((status = 307), to('slack'))],
    ['of somebody whom the mail server does not know', () => to('email', 'mailto:nobody@example.org')],
  ])('a channel %s is given up, without a word of its address', async (_what, channel) => {
    const sent = send(channel(), message);
    await expect(sent).rejects.toThrow(Undeliverable);
    await expect(sent).rejects.not.toThrow(/T1|\/hook|nobody/);
  });

  test.each<[string, () => Channel]>([
    ['answers 503', () => ((status = 503), to('slack'))],
    ['has had too much', () => ((status = 429), to('slack'))],
    ['does not answer', () => to('slack', 'http://127.0.0.1:9/hook')],
  ])('a channel that %s is tried again', async (_what, channel) => {
    const sent = send(channel(), message);
    await expect(sent).rejects.toThrow(/answered|reached/);
    await expect(sent).rejects.not.toThrow(Undeliverable);
  });
});
