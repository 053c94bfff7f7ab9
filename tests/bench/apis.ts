/**
 * `npm run bench:apis`: 100,000 and 1,000,000 records of a REST API and of a GraphQL service, in pages of 1,000, each through a worker of its
 * own. What a worker holds must not grow as what it reads: prints the table, and ends with 1 where it does.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { requireRun, stagesOf } from '../../schema/ledger/runs.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { smallProduct } from '../workflows/small-product.ts';
import { peakOf } from './etl/load.ts';
import { openPlace } from './etl/place.ts';

const PAGE_ROWS = 1_000;
const SIZES = [100_000, 1_000_000] as const;
/** Garbage that V8 collects late is some more with ten times the records; held, they would be ten times as much. */
const TIMES_MORE = 1.75;

/** In a page by REST numbers that a double holds; by GraphQL such as it does not, which another parser reads. */
const KINDS = ['rest', 'graphql'] as const;
type Kind = (typeof KINDS)[number];

function page(kind: Kind, at: number, rows: number): string {
  const to = Math.min(at + PAGE_ROWS, rows);
  const items: string[] = [];
  for (let id = at; id < to; id += 1) {
    const number = kind === 'rest' ? id : `9007199254${String(id).padStart(8, '0')}`;
    items.push(`{"id":${number},"label":"thing ${id} of many","price":${id % 1_000}.5,"at":"2026-01-02T03:04:05Z"}`);
  }
  const more = to < rows;
  if (kind === 'rest') return `{"items":[${items.join(',')}],"next":${more ? `"/rest?at=${to}&of=${rows}"` : null}}`;
  return `{"data":{"things":{"nodes":[${items.join(',')}],"pageInfo":{"hasNextPage":${more},"endCursor":"${to}"}}}}`;
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://localhost');
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { variables } = (body === '' ? {} : JSON.parse(body)) as { variables?: { after?: string } };
    const at = Number(variables?.after ?? url.searchParams.get('at') ?? 0);
    response.end(page(url.pathname === '/rest' ? 'rest' : 'graphql', at, Number(url.searchParams.get('of'))));
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const SETTINGS: Readonly<Record<Kind, object>> = {
  rest: { records: 'items', pagination: { by: 'link', next: 'next' } },
  graphql: {
    query: 'query Things($after: String) { things(after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }',
    records: 'data.things.nodes',
    pagination: { by: 'relay' },
  },
};

try {
  let grows = false;
  console.log('                  records   seconds   records/s   before, MiB   peak, MiB');
  for (const kind of KINDS) {
    const peaks: number[] = [];
    for (const rows of SIZES) {
      const { seconds, before, peak } = await measured(kind, rows);
      peaks.push(peak);
      const figures = [rows.toLocaleString('en'), seconds.toFixed(1), Math.round(rows / seconds).toLocaleString('en')];
      console.log(
        [kind.padEnd(12), ...figures, before.toFixed(0), peak.toFixed(0)].map((text) => text.padStart(12)).join(''),
      );
    }
    grows ||= peaks.at(-1)! > TIMES_MORE * peaks[0]!;
  }
  process.exitCode = grows ? 1 : 0;
} finally {
  server.closeAllConnections();
  server.close();
}

async function measured(kind: Kind, rows: number): Promise<{ seconds: number; before: number; peak: number }> {
  const place = await openPlace();
  try {
    const before = peakOf(place.worker.pid);
    const settings = Object.entries(SETTINGS[kind]).map(([property, value]) => ({ property, value: value as unknown }));
    const columns = [
      '{ name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true }',
      '{ name: label, logicalType: string }',
      `{ name: price, logicalType: number, physicalType: 'numeric(12,2)' }`,
      '{ name: at, logicalType: timestamp }',
    ];
    const folder = await smallProduct({
      ...{ name: 'records', content: null, source: columns, output: columns },
      server: `{ server: api, type: api, location: '${origin}/${kind}?of=${rows}', customProperties: ${JSON.stringify(settings)} }`,
    });
    const { runId } = await plainPublish(place.pool, folder);
    for (;;) {
      const run = await requireRun(place.pool, runId!);
      if (run.phase === 'failed') throw new Error(run.error?.message);
      const stages = await stagesOf(place.pool, runId!);
      const land = stages.find(({ stage, state }) => stage === 'land' && state === 'done');
      if (run.phase === 'succeeded' && land !== undefined)
        return {
          seconds: (land.endedAt!.getTime() - land.startedAt.getTime()) / 1_000,
          before,
          peak: peakOf(place.worker.pid),
        };
      await sleep(200);
    }
  } finally {
    await place.close();
  }
}
