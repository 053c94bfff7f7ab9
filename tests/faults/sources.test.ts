import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { stagesOf } from '../../schema/ledger/runs.ts';
import { type FileServer, FORMS, type Form, type Misbehaviour, openFileServer } from './file-server.ts';
import {
  disturbed,
  ended,
  enterPlace,
  eventually,
  firstVersion,
  leftBehind,
  look,
  type Place,
  request,
  startWorkerIn,
} from './place.ts';
import { THOROUGH } from './thorough.ts';
import { type Kind, KINDS, type TrialProduct, trialProduct } from './trial-product.ts';

interface Case {
  /** Completes "a source that …". */
  readonly name: string;
  readonly how: Misbehaviour;
  /** The refusal of a run; where there is none it passes, and has the rows of an undisturbed run. */
  readonly code?: string | Readonly<Record<Form, string>>;
  readonly rejected?: number;
  readonly only?: Form;
}

const half = (body: Buffer): Buffer => body.subarray(0, body.length / 2);
const well = (response: ServerResponse, body: Buffer): void =>
  void response.writeHead(200, { 'content-length': body.length }).end(body);
/** So the first time, and then as it should. */
const once =
  (how: Misbehaviour): Misbehaviour =>
  (asked) =>
    asked.nth === 1 ? how(asked) : well(asked.response, asked.body);
/** What came at the very moment of the break would be lost with it. */
const breaking = (response: ServerResponse, part: Buffer): void =>
  void response.write(part, () => setTimeout(() => response.destroy(), 100));
const silent: Misbehaviour = () => undefined;
const stopping: Misbehaviour = ({ response, body }) => {
  response.writeHead(200, { 'content-length': body.length });
  response.write(half(body));
};
const NONE = 'no number';
const NONES = 10;

const CASES: readonly Case[] = [
  {
    name: 'answers with 500, and then does not',
    how: once(({ response }) => response.writeHead(500).end('<h1>Sorry</h1>')),
  },
  {
    name: 'asks to wait, and then does not',
    how: once(({ response }) => response.writeHead(429, { 'retry-after': '1' }).end()),
  },
  { name: 'takes a connection and says nothing, and then does', how: once(silent) },
  { name: 'falls silent halfway, and then does not', how: once(stopping) },
  {
    name: 'closes halfway of what it said it would send, and then does not',
    how: once(({ response, body }) => {
      response.writeHead(200, { 'content-length': body.length });
      breaking(response, half(body));
    }),
  },
  {
    name: 'closes halfway of what has no length, and then does not',
    how: once(({ response, body }) => breaking(response, half(body))),
  },
  {
    name: 'has some rows more that are none, as many as are borne with',
    how: ({ response, body }) => well(response, withNones(body)),
    rejected: NONES,
  },
  {
    name: 'becomes another while it is read, and says so',
    only: 'file',
    // It was another before: what is gone on with is begun anew.
    how: ({ request, response, body, nth }) => {
      if (nth > 1) return well(response.setHeader('etag', '"new"'), body);
      expect(request.headers['if-range']).toBeUndefined();
      response.writeHead(200, { etag: '"old"', 'content-length': body.length });
      breaking(response, Buffer.from(half(body).toString().replaceAll('thing', 'THING')));
    },
  },
  { name: 'never says anything', how: silent, code: 'SOURCE_FAILED' },
  {
    name: 'falls silent halfway each time',
    how: stopping,
    code: 'SOURCE_FAILED',
  },
  {
    name: 'has more rows that are none than are borne with',
    how: ({ response, body }) =>
      well(response, Buffer.from(body.toString().replaceAll(/^\d*1,|"id":"\d*1"/gm, (id) => id.replace(/\d+/, NONE)))),
    code: 'ROWS_REJECTED',
  },
  {
    name: 'sends what is packed without its end',
    how: ({ request, response, body }) => {
      const isFile = request.url?.endsWith('.csv') === true;
      response.writeHead(200, isFile ? {} : { 'content-encoding': 'gzip' }).end(gzipSync(body).subarray(0, -20));
    },
    code: { file: 'SOURCE_INCOMPLETE', pages: 'SOURCE_FAILED' },
  },
  {
    name: 'sends half of it, and says that this is all',
    // Within a row: where it has all its columns nothing tells.
    how: ({ response, body }) =>
      response.writeHead(200).end(body.subarray(0, body.indexOf(',', body.indexOf('\n', body.length / 2)))),
    code: { file: 'SOURCE_INCOMPLETE', pages: 'SOURCE_FAILED' },
  },
  {
    name: 'answers with a page for people',
    how: ({ response }) => response.writeHead(200).end('<html><body>Please sign in</body></html>'),
    code: { file: 'SOURCE_DRIFTED', pages: 'SOURCE_FAILED' },
  },
  {
    name: 'sends the rest of another file',
    only: 'file',
    how: ({ request, response, body }) => {
      const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
      if (first === undefined || first === '0') {
        response.writeHead(200, { etag: '"old"', 'content-length': body.length });
        breaking(response, half(body));
        return;
      }
      const range = `bytes ${first}-${body.length - 1}/${body.length}`;
      response.writeHead(206, { etag: '"new"', 'content-range': range }).end(body.subarray(Number(first)));
    },
    code: 'SOURCE_INCOMPLETE',
  },
  {
    name: 'goes around in a circle',
    only: 'pages',
    how: ({ response, body }) => well(response, Buffer.from(body.toString().replace(/"next":.*/, '"next":"0"}'))),
    code: 'SOURCE_INCOMPLETE',
  },
];

function withNones(body: Buffer): Buffer {
  const text = body.toString();
  if (!text.startsWith('{')) {
    // As new as the last one: what is older is not asked for.
    const last = text.trimEnd().split('\n').at(-1)!;
    return Buffer.from(text + `${last.replace(/^\d+/, NONE)}\n`.repeat(NONES));
  }
  const { items, next } = JSON.parse(text) as { items: object[]; next: string | null };
  const nones = next === null ? Array.from({ length: NONES }, () => ({ ...items.at(-1), id: NONE })) : [];
  return Buffer.from(JSON.stringify({ items: [...items, ...nones], next }));
}

/** Of one kind each; with WEFT_FAULTS=all of both. */
const CELLS = FORMS.flatMap((form, offset) =>
  CASES.filter(({ only }) => only === undefined || only === form).flatMap((one, index) =>
    KINDS.filter((_, nth) => THOROUGH || nth === (index + offset) % KINDS.length).map((kind) => ({ form, kind, one })),
  ),
);

let place: Place;
let leave: () => Promise<void>;
let files: FileServer;
const products = new Map<string, TrialProduct>();
const outcomes = new Map<object, Promise<void>>();
const recovered: Promise<unknown>[] = [];

// A product for each form and kind goes through its cases; the four beside one another, since most of it is waiting.
beforeAll(async () => {
  ({ place, leave } = await enterPlace());
  files = await openFileServer();
  for (const form of FORMS)
    for (const kind of KINDS) {
      const name = `${kind}-${form}`;
      const product = await trialProduct(place.pool, kind, name, {
        server: files.yaml(name, form),
        rejectedShareAllowed: 0.01,
      });
      files.serve(name, product.folder);
      await firstVersion(place, product);
      products.set(name, product);
    }
  await startWorkerIn(place);
  for (const [name, product] of products) {
    let before: Promise<unknown> = Promise.resolve();
    for (const cell of CELLS.filter(({ form, kind }) => `${kind}-${form}` === name)) {
      const told = before.then(() => tell(name, product, cell));
      outcomes.set(cell, told);
      before = told.catch(() => undefined);
    }
    recovered.push(
      before.then(() => {
        files.misbehave(name, null);
        return disturbed(place, product, async () => undefined);
      }),
    );
  }
}, 200_000);
afterAll(async () => {
  await leave();
  await files.close();
}, 60_000);

async function tell(
  name: string,
  product: TrialProduct,
  { form, one: { how, code, rejected } }: { form: Form; kind: Kind; one: Case },
): Promise<void> {
  files.misbehave(name, how);
  if (code === undefined) {
    const run = await disturbed(place, product, async () => undefined);
    const land = (await stagesOf(place.pool, run.id)).find(({ stage }) => stage === 'land');
    expect(land?.detail).toMatchObject({ rowsRejected: rejected ?? 0 });
    return;
  }
  const before = await look(place, product);
  await product.next();
  const run = await ended(place, await request(place, product.id));
  expect(run).toMatchObject({ phase: 'failed', error: { code: typeof code === 'string' ? code : code[form] } });
  expect(await look(place, product)).toBe(before);
  expect(await leftBehind(place, product)).toEqual([]);
}

const named = CELLS.map((cell) => ({ ...cell, name: cell.one.name, cell }));
test.each(named.filter(({ one }) => one.code === undefined))(
  'a source that $name is read whole: of what is $kind, as $form',
  ({ cell }) => outcomes.get(cell),
  200_000,
);
test.each(named.filter(({ one }) => one.code !== undefined))(
  'a source that $name is refused, and readers go on: of what is $kind, as $form',
  ({ cell }) => outcomes.get(cell),
  200_000,
);
test('once they are well, the next runs have all rows', async () => {
  await Promise.all(recovered);
}, 200_000);
test('no connection to a source is left', async () => {
  await eventually(place, async () => (await files.connections()) === 0, 5_000);
});
test('no file of a worker is left', async () => {
  for (const product of products.values()) expect(await leftBehind(place, product)).toEqual([]);
});
