import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { federation, subgraphService, type SubgraphService } from './federation/subgraph-service.ts';
import type { Tree } from './gateway-here.ts';
import { gatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { edited, folderOf, remoteFolder } from './product-text.ts';

const REQUESTS_A_SECOND = 200;
/** However fast the machine publishes: some of each kind while each kind of change goes through. */
const REQUESTS_MIN = 2_000;
/** A busy machine that holds fewer is sent fewer: clients beyond these do without. */
const UNDER_WAY_MAX = 400;
const PUBLISHES = 50;
const FRUIT = 'apples pears plums figs cherries limes lemons grapes melons olives papayas mangos kiwis'.split(' ');

let gateway: GatewayProcess;
let service: SubgraphService;

/** How often something was changed: what came of the last is known to those who ask, or not yet. */
interface Changed {
  known: number;
  asked: number;
}
const columns: Changed = { known: 0, asked: 0 };
const words: Changed = { known: 0, asked: 0 };
const products: Changed = { known: 0, asked: 0 };
const fields: Changed = { known: 0, asked: 0 };

beforeAll(async () => {
  service = await subgraphService({
    sdl: sdlOf(FRUIT.length),
    resolvers: {
      Query: { greeting: () => 'hello' },
      Bolt: { __resolveReference: ({ id }: Tree) => ({ id, ...valuesOf('mood', FRUIT.length) }) },
    },
  });
  gateway = await gatewayProcess();
  for (const change of CHANGES) await change();
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

/** `name1` to `name<count>`, each with its number. */
function valuesOf(name: string, count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at + 1}`, at + 1]));
}

function sdlOf(count: number): string {
  const moods = Object.keys(valuesOf('mood', count)).map((name) => `${name}: Int`);
  return `${federation('@key')}
type Query { greeting: String }
type Bolt @key(fields: "id") { id: ID! ${moods.join(' ')} }`;
}

async function change(what: Changed, publish: (at: number) => Promise<void>): Promise<void> {
  what.asked += 1;
  await publish(what.asked);
  what.known = what.asked;
}

async function published(folder: ProductFolder): Promise<void> {
  const { __typename, findings } = await gateway.publish([folder]);
  expect([__typename, findings]).toEqual(['Published', []]);
}

const CHANGES: readonly (() => Promise<void>)[] = [
  // A column more, and then its data, of which each row says by what publish it was made.
  () =>
    change(columns, async (at) => {
      const extra = valuesOf('extra', at);
      const properties = ['size', 'made', ...Object.keys(extra)];
      await published(
        folderOf({
          domain: 'stock',
          name: 'bolts',
          properties: properties.map((name) => `{ name: ${name}, logicalType: integer }`),
        }),
      );
      const tail = [at, ...Object.values(extra)].join(', ');
      const run = await gateway.load(
        'stock/bolts',
        'bolts',
        `id text primary key, ${properties.map((name) => `${name} bigint`).join(', ')}`,
        `values ('b', 7, ${tail}), ('c', 8, ${tail})`,
      );
      expect((await gateway.ask(`{ run(id: "${run}") { phase } }`)).data.run.phase).toBe('SUCCEEDED');
    }),
  // Words alone.
  () =>
    change(words, async (at) => {
      const told = (text: string): string => `${text}description: { purpose: '${at}' }\n`;
      await published(edited(folderOf({ domain: 'stock', name: 'tools' }), 'product.odps.yaml', told));
    }),
  // A product more, at first of a domain that was not there.
  () => change(products, (at) => published(folderOf({ domain: `orchard-${at % 5}`, name: FRUIT[at - 1]! }))),
  // A field more of a service.
  () => change(fields, (at) => published(remoteFolder('moods', service.url, sdlOf(at)))),
];

/** What a client asks by what is known when it asks; `right` judges the data by what has been asked for when it comes. */
interface Asked {
  readonly query: string;
  readonly right: (data: Tree) => boolean;
}

const ASKS: readonly (() => Asked)[] = [
  () => {
    const { known } = columns;
    return {
      query: '{ bolts(orderBy: [{ id: ASC }]) { totalCount nodes { id size made } } }',
      right: ({ bolts: { totalCount, nodes } }) =>
        totalCount === '2' &&
        nodes.map(({ id, size }: Tree) => `${id}${size}`).join() === 'b7,c8' &&
        nodes[0].made === nodes[1].made &&
        isLive(columns, known, nodes[0].made),
    };
  },
  () => {
    const { known } = columns;
    return { query: `{ bolt(id: "b") { newest: extra${known} } }`, right: ({ bolt }) => bolt.newest === known };
  },
  () => {
    const { known } = words;
    return {
      query: '{ dataProduct(id: "stock/tools") { purpose } }',
      right: ({ dataProduct }) => isLive(words, known, Number(dataProduct.purpose)),
    };
  },
  () => {
    const { known } = products;
    return {
      query: `{ ${FRUIT[known - 1]} { totalCount } bolt(id: "c") { size } }`,
      right: (data) => data[FRUIT[known - 1]!].totalCount === '0' && data.bolt.size === 8,
    };
  },
  () => {
    const { known } = fields;
    return {
      query: `{ greeting bolts { nodes { size mood1 newest: mood${known} } } }`,
      right: ({ greeting, bolts: { nodes } }) =>
        greeting === 'hello' &&
        nodes.every(({ mood1, newest }: Tree) => mood1 === 1 && newest === known) &&
        nodes.length === 2,
    };
  },
];

/** Whether a state was served between the asking and now: no older one than was known then, and no newer one than was asked for. */
function isLive({ asked }: Changed, knownThen: number, seen: number): boolean {
  return seen >= knownThen && seen <= asked;
}

/** What is wrong with the answer; null where nothing is. */
async function wrongOf({ query, right }: Asked): Promise<string | null> {
  try {
    const { status, data, errors } = await gateway.ask(query);
    const isRight = status === 200 && errors === undefined && right(data);
    return isRight ? null : `${query}: ${status} ${JSON.stringify(errors ?? data)}`;
  } catch (error) {
    return `${query}: ${String(error)}`;
  }
}

/** Sends at a fixed rate, whatever is answered when, until `over` and enough was sent; answers what was wrong. */
async function sendSteadily(over: () => boolean): Promise<string[]> {
  const found: string[] = [];
  const underWay = new Set<Promise<void>>();
  let [due, sent] = [0, 0];
  const beganMs = performance.now();
  while (!over() || sent < REQUESTS_MIN) {
    for (; due < ((performance.now() - beganMs) / 1_000) * REQUESTS_A_SECOND; due += 1) {
      if (underWay.size === UNDER_WAY_MAX) continue;
      const answered = wrongOf(ASKS[sent % ASKS.length]!()).then((wrong) => {
        if (wrong !== null) found.push(wrong);
        underWay.delete(answered);
      });
      underWay.add(answered);
      sent += 1;
    }
    await sleep(5);
  }
  await Promise.all(underWay);
  return found;
}

test('while fifty publishes go through, each of 200 requests a second is answered, by what was live when it was asked', async () => {
  const publishing = { over: false };
  const sending = sendSteadily(() => publishing.over);
  try {
    for (let at = 0; at < PUBLISHES - CHANGES.length; at += 1) await CHANGES[at % CHANGES.length]!();
  } finally {
    publishing.over = true;
  }
  expect(await sending).toEqual([]);
  expect(columns.known + words.known + products.known + fields.known).toBe(PUBLISHES);
}, 300_000);
