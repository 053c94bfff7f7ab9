import { randomUUID } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductId } from '../../schema/ids.ts';
import { raiseAlert, resolveAlert } from '../../schema/ledger/alerts.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { READ_BOUNDS_MS } from '../../schema/ledger/product-reads.ts';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { edited, folderOf, remoteFolder } from './product-text.ts';
import { answering, ended, listening, urlOf } from './remote/services-here.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { greeting: String }
type Airport @key(fields: "id") { id: ID! mood: String }`;

const PROMISES = `slaProperties:
  - { property: freshness, value: 1, unit: h }
  - { property: availability, value: 90, unit: percent }
  - { property: latency, value: 1, unit: m, customProperties: [{ property: percentile, value: 99 }] }
`;

let gateway: GatewayHere;
let service: Server;
let behave: RequestListener;

beforeAll(async () => {
  service = await listening((request, response) => behave(request, response));
  gateway = await gatewayHere({ config: { answerCacheBytes: 1e6 } });
  const promising = (text: string): string => `${text}${PROMISES}`;
  await gateway.publish([edited(folderOf({ domain: 'network', name: 'airports' }), 'output.odcs.yaml', promising)]);
  await gateway.load('network/airports', 'airports', 'id text primary key', `values ('SEA')`);
  const moods = remoteFolder('moods', `${urlOf(service)}/graphql`, SDL);
  await gateway.publish([edited(moods, 'graph.odcs.yaml', promising)]);
});
afterAll(async () => {
  await gateway.close();
  await ended(service);
});

/** Reads that the ledger knows of, once it knows of so many. */
async function reads(product: string, count: number) {
  const untilMs = Date.now() + 30_000;
  for (;;) {
    const { rows } = await gateway.database.pool.query<{
      answered: number;
      failed: number;
      slow: number;
      durations: number[];
    }>(`select answered::int, failed::int, slow::int, durations::int[] from weft.product_reads where product_id = $1`, [
      product,
    ]);
    if (rows[0] !== undefined && rows[0].answered + rows[0].failed >= count) return rows[0];
    if (Date.now() > untilMs) throw new Error(`Of ${product} there are ${JSON.stringify(rows)}.`);
    await sleep(100);
  }
}

test('reads are counted for each product: answered or failed, and how long they took', async () => {
  const entities = [{ __typename: 'Airport', mood: 'calm' }];
  behave = answering(200, JSON.stringify({ data: { _entities: entities } }));
  for (let times = 0; times < 4; times++) await gateway.ask('{ airports { nodes { id } } }');
  await gateway.ask('{ airports { nodes { id mood } } }');
  behave = answering(500, 'broken');
  await gateway.ask('{ airports { nodes { id mood } } }', {}, { 'cache-control': 'no-cache' });
  // What a client does wrong is no failure of a product.
  await gateway.ask('{ airports(first: -1) { nodes { id } } }');
  const local = await reads('network/airports', 6);
  expect(local).toMatchObject({ failed: 0, slow: 0 });
  expect(local.durations).toHaveLength(READ_BOUNDS_MS.length + 1);
  expect(local.durations.reduce((sum, times) => sum + times)).toBe(local.answered);
  expect(await reads('elsewhere/moods', 2)).toMatchObject({ answered: 1, failed: 1 });
});

const SLOS = `query ($id: ID!) { dataProduct(id: $id) { slos {
  property promised target unit measured withinObjective since dueAt measuredSince
  errorBudget { days compliance allowed spent left burnRate(hours: 1) }
  history(days: 7) { from compliance }
  breaches { from until }
} } }`;

test('a product tells of each promise how it is kept, and what is left of its budget', async () => {
  const { data, errors } = await gateway.order(SLOS, { id: 'elsewhere/moods' });
  expect(errors).toBeUndefined();
  // There is no age of data that is elsewhere.
  expect(data.dataProduct.slos).toMatchObject([
    {
      property: 'availability',
      promised: '90 percent',
      target: 0.9,
      unit: 'READS',
      withinObjective: false,
      measured: '50 % of 2 reads answered',
      errorBudget: { days: 30, compliance: 0.5, spent: 1, left: -4, burnRate: 5 },
      history: [{ compliance: 0.5 }],
    },
    { property: 'latency', promised: '1 m', target: 0.99, withinObjective: true, errorBudget: { left: 1 } },
  ]);
});

test('Prometheus is told the same', async () => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('weft_slo_compliance_ratio{product="elsewhere/moods",property="availability"} 0.5');
  expect(text).toContain('weft_slo_error_budget_left_ratio{product="elsewhere/moods",property="availability"} -4');
  expect(text).toContain('weft_slo_within_objective{product="elsewhere/moods",property="availability"} 0');
  expect(text).toContain('weft_slo_within_objective{product="network/airports",property="availability"} 1');
});

test('an alert is seen to by its owners alone, once, and is listed as long as it stands', async () => {
  const id = randomUUID();
  const alert = { id, productId: 'network/airports' as ProductId, cause: 'late', severity: 'error' } as const;
  await transaction(gateway.database.pool, (trx) =>
    raiseAlert(trx, { ...alert, message: 'freshness 1 h', runId: null, follows: null }),
  );
  const ack = `mutation { acknowledgeAlert(id: "${id}") { state acknowledgedBy escalatesAt } }`;
  expect((await gateway.ask(ack)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  for (let times = 0; times < 2; times++)
    expect((await gateway.order(ack)).data.acknowledgeAlert).toMatchObject({
      state: 'ACKNOWLEDGED',
      escalatesAt: null,
    });
  const listed = `{
    dataProduct(id: "network/airports") { alerts { id cause } }
    alerts(product: "network/airports") { nodes { id severity message product { id } run { id } follows { id } } }
  }`;
  expect((await gateway.ask(listed)).data).toEqual({
    dataProduct: { alerts: [{ id, cause: 'LATE' }] },
    alerts: {
      nodes: [
        {
          id,
          severity: 'ERROR',
          message: 'freshness 1 h',
          product: { id: 'network/airports' },
          run: null,
          follows: null,
        },
      ],
    },
  });
  await transaction(gateway.database.pool, (trx) => resolveAlert(trx, alert.productId, 'late'));
  expect((await gateway.ask(listed)).data.alerts.nodes).toEqual([]);
  expect((await gateway.order(ack)).errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
});

test('what nobody has looked at yet is told by the clock alone, and who asks for too much is refused', async () => {
  const { data } = await gateway.order(SLOS, { id: 'network/airports' });
  expect(data.dataProduct.slos.map(({ property }: { property: string }) => property)).toEqual([
    'freshness',
    'availability',
  ]);
  const { errors } = await gateway.order(
    `{ dataProduct(id: "network/airports") { slos { history(days: 91) { from } } } }`,
  );
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
});
