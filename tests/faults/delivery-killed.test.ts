import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';

import { deliveriesOf } from '../../schema/ledger/destinations.ts';
import type { CrashPoint } from '../../workflows/crash.ts';
import { eventually, inPlace, type Place, request, startWorkerIn } from './place.ts';
import { THOROUGH } from './thorough.ts';
import { summarySql, trialProduct } from './trial-product.ts';

/** A place that versions of `things` are delivered to: what its readers see there, and all that is there. */
interface Destination {
  yaml(place: Place): string;
  seen(place: Place): Promise<unknown>;
  all(place: Place): Promise<string[]>;
  readonly whole: readonly string[];
}

const folderOf = ({ home }: Place): string => join(home, 'deliveries', 'out');
const DESTINATIONS: Readonly<Record<string, Destination>> = {
  'a folder of Parquet': {
    yaml: () =>
      `{ server: out, type: local, path: out, format: parquet, customProperties: [{ property: deliver, value: true }] }`,
    seen: async (place) => {
      const connection = await (await DuckDBInstance.create()).connect();
      const files = `read_parquet('${folderOf(place)}/**/*.parquet', hive_partitioning = false)`;
      const [row] = (await connection.runAndReadAll(summarySql(files))).getRowObjectsJson();
      connection.closeSync();
      return row?.['seen'];
    },
    all: (place) => readdir(folderOf(place), { recursive: true }),
    whole: ['_latest.json', 'things', 'things/version=1', 'things/version=1/part-0.parquet'],
  },
  PostgreSQL: {
    yaml: ({ databaseUrl }) => {
      const { hostname, port, pathname, username } = new URL(databaseUrl);
      const settings = `{ property: user, value: ${username} }, { property: password, value: '\${secret:WAREHOUSE}' }`;
      return `{ server: out, type: postgres, host: ${hostname}, port: ${port}, database: ${pathname.slice(1)}, schema: copies, customProperties: [{ property: deliver, value: true }, ${settings}] }`;
    },
    seen: async ({ pool }) => (await pool.query<{ seen: string }>(summarySql('copies.things'))).rows[0]?.seen,
    all: async ({ pool }) => {
      const { rows } = await pool.query<{ name: string }>(
        `select relname || coalesce((select ' ' || string_agg(object || ' ' || version, ',') from copies.weft_versions where relname = 'weft_versions'), '') as name
           from pg_class where relnamespace = 'copies'::regnamespace and relkind = 'r'`,
      );
      return rows.map(({ name }) => name);
    },
    whole: ['things', 'weft_versions things 1'],
  },
};

/** Each point at one destination; with WEFT_FAULTS=all at both. */
const CELLS = (['deliver:writing', 'deliver:showing', 'deliver:shown'] as const).flatMap((point, index) =>
  Object.keys(DESTINATIONS)
    .filter((_, nth) => THOROUGH || nth === index % 2)
    .map((to): { point: CrashPoint; to: string } => ({ point, to })),
);

test.concurrent.each(CELLS)(
  'a worker that is killed at $point leaves it to another, and the version is there once and whole: in $to',
  ({ point, to }) =>
    inPlace(async (place) => {
      const { yaml, seen, all, whole } = DESTINATIONS[to]!;
      await place.pool.query('create schema copies');
      const env = { WEFT_SECRET_WAREHOUSE: decodeURIComponent(new URL(place.databaseUrl).password) };
      const product = await trialProduct(place.pool, 'replaced', 'things', { destination: yaml(place) });
      await product.next();
      const doomed = await startWorkerIn(place, { disturbance: `SIGKILL@${point}`, env });
      await request(place, product.id);
      expect(await doomed.ended).toBe('SIGKILL');
      await startWorkerIn(place, { env });
      await eventually(place, async () => (await deliveriesOf(place.pool, [product.id]))[0]?.version === 1);
      expect(await deliveriesOf(place.pool, [product.id])).toMatchObject([{ version: 1, rows: 3_000, error: null }]);
      expect(await seen(place)).toBe(product.expected());
      expect((await all(place)).sort()).toEqual(whole);
    }),
  240_000,
);
