import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DIALECTS } from '../../schema/contract/engines.ts';
import type { ProductId } from '../../schema/ids.ts';
import { sparkRemote } from '../../workflows/engines/spark/remote.ts';
import { SparkError } from '../../workflows/engines/spark/errors.ts';
import { withSpark } from '../../workflows/engines/spark/session.ts';
import type { RefreshDeps } from '../../workflows/refresh/stage.ts';
import { cloneDatabase, type TestDatabase } from '../testkit/database.ts';
import { CASES, CUSTOMERS } from '../workflows/engine-cases.ts';
import { engineProduct, type EngineProduct, made } from '../workflows/engine-product.ts';
import { plainPublish } from '../workflows/plain-publish.ts';
import { refreshDeps, refreshHere } from '../workflows/refresh-here.ts';
import { SPARK_CACHE, type SparkServer, startSpark } from './spark-server.ts';

const described = SPARK_CACHE === null ? describe.skip : describe;

described(
  `with a real Spark${SPARK_CACHE === null ? ' (left out: `npm run test:spark` prepares and runs it)' : ''}`,
  () => {
    let database: TestDatabase;
    let deps: RefreshDeps;
    let server: SparkServer;

    beforeAll(async () => {
      [database, server] = await Promise.all([cloneDatabase(), startSpark(SPARK_CACHE!)]);
      const spark = {
        with: <Result>(_: unknown, story: (remote: ReturnType<typeof sparkRemote>) => Promise<Result>) =>
          story(sparkRemote(server.remote)),
      };
      deps = { ...(await refreshDeps(database)), spark: () => spark };
      expect(await made(deps, CUSTOMERS)).toMatchObject({ phase: 'succeeded', error: null });
    }, 240_000);
    afterAll(async () => {
      await server.stop();
      await database.drop();
    });

    const THINGS: EngineProduct = {
      name: 'things',
      engine: 'spark',
      sources: [
        {
          object: 'raw',
          format: 'csv',
          content: 'id,n\n1,10\n2,20\n',
          properties: ['{ name: id, logicalType: integer, required: true }', '{ name: n, logicalType: integer }'],
        },
      ],
      output: [
        '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
        '{ name: n, logicalType: integer }',
      ],
      transform: 'select id, n from raw',
    };
    const [RAW] = THINGS.sources as [EngineProduct['sources'][0]];
    const failing = async (name: string, change: Partial<EngineProduct>): Promise<string> => {
      const { phase, error, rows } = await made(deps, { ...THINGS, name, ...change });
      expect({ phase, rows }).toEqual({ phase: 'failed', rows: [] });
      return error ?? '';
    };

    describe('the same SQL makes the same rows as in Postgres', () => {
      test.each(CASES.map(({ title, ...product }) => [title, product] as const))(
        '%s',
        async (_, product) => {
          const inPostgres = await made(deps, { ...product, engine: 'postgres' });
          expect(inPostgres).toMatchObject({ phase: 'succeeded', error: null });
          expect(await made(deps, { ...product, name: `${product.name}-there`, engine: 'spark' })).toEqual(inPostgres);
        },
        180_000,
      );
    });

    test.each<[string, string, RegExp]>([
      [
        'a column that is missing',
        'select id from raw',
        /^TRANSFORM_MISMATCH: transform.sql .* n \(integer\) is missing/,
      ],
      [
        'a column of another type',
        'select id, id > 1 as n from raw',
        /^TRANSFORM_MISMATCH: .* n is boolean, and integer/,
      ],
      [
        'a value that its type has no room for',
        'select id, n * cast(10000000000 as bigint) as n from raw',
        /^TRANSFORM_FAILED: transform.sql: n is "\d+", which is no integer\.$/,
      ],
      [
        'a value that is none',
        `select id, cast('x' as integer) as n from raw`,
        /^TRANSFORM_FAILED: transform.sql: .*CAST_INVALID_INPUT/,
      ],
      [
        'a column that no input has',
        'select id, m as n from raw',
        /^TRANSFORM_FAILED: transform.sql: .*UNRESOLVED_COLUMN/,
      ],
      ['a key twice', 'select 1 as id, n from raw', /^QUALITY_FAILED: /],
      ['a file of its machine', 'select id, n from csv."/etc/passwd"', /^TRANSFORM_REFUSED: /],
    ])(
      '%s refuses the run',
      async (title, transform, expected) => {
        expect(await failing(`p-${title.replaceAll(' ', '-')}`.slice(0, 40), { transform })).toMatch(expected);
      },
      120_000,
    );

    test('rows that break the contract of a source are left out, as far as it tolerates them', async () => {
      const content = 'id,n\n1,10\n2,many\n,30\n4,40,4\n5,50\n';
      expect(await failing('strict', { sources: [{ ...RAW, content }] })).toMatch(
        /^ROWS_REJECTED: 3 of 5 rows of "raw.csv" break raw.odcs.yaml, which tolerates 0 percent: .*n is "many" where the contract says integer/,
      );
      const sources = [{ ...RAW, content, rejectedShareAllowed: 0.6 }];
      expect(await made(deps, { ...THINGS, name: 'tolerant', sources })).toMatchObject({
        rows: [
          ['1', '10'],
          ['5', '50'],
        ],
      });
      const drifted = await failing('drifted', { sources: [{ ...RAW, content: 'id,m\n1,2\n' }] });
      expect(drifted).toMatch(/^SOURCE_DRIFTED: .*n \(integer\) is missing/);
    }, 120_000);

    test('lines of JSON are read in place too, documents and all', async () => {
      const source = {
        object: 'raw',
        format: 'ndjson',
        content: '{"id": 1, "doc": {"a": [1, "x"]}}\n{"id": "2", "doc": null}\n{"id": 3, "doc"\n',
        rejectedShareAllowed: 0.5,
        properties: ['{ name: id, logicalType: integer, required: true }', '{ name: doc, logicalType: object }'],
      } as const;
      const output = [THINGS.output[0]!, '{ name: doc, logicalType: object }'];
      const transform = 'select id, doc from raw';
      const { rows } = await made(deps, { ...THINGS, name: 'documents', sources: [source], output, transform });
      expect(rows.map(([id, doc]) => [id, doc === null ? null : (JSON.parse(doc!) as unknown)])).toEqual([
        ['1', { a: [1, 'x'] }],
        ['2', null],
      ]);
    }, 120_000);

    test('what Postgres has against a value that Spark has no type for is told in its words', async () => {
      const output = [THINGS.output[0]!, '{ name: key, logicalType: string, physicalType: uuid }'];
      const transform = `select id, case when id = 1 then '6f1c2f1e-0c0e-4f6f-8a55-0d6f4a5e9b11' else 'none' end as key from raw`;
      expect(await failing('keys', { output, transform })).toMatch(
        /^TRANSFORM_FAILED: transform.sql: invalid input syntax for type uuid: "none"/,
      );
    }, 60_000);

    test('a stage that is called off interrupts what Spark does', async () => {
      const transform = `select max(a.id * b.id) as id, 1 as n
  from raw a cross join raw b cross join raw c cross join raw d cross join raw e cross join raw f where sqrt(a.n + b.n + c.n + d.n + e.n + f.n) > 0`;
      const content = `id,n\n${Array.from({ length: 400 }, (_, id) => `${id},1\n`).join('')}`;
      await plainPublish(
        deps.pool,
        await engineProduct({ ...THINGS, name: 'endless', transform, sources: [{ ...RAW, content }] }),
        { refresh: false },
      );
      const calling = new AbortController();
      const later = (stage: string): Promise<void> => {
        if (stage === 'land') setTimeout(() => calling.abort(new Error('CANCELLED')), 8_000);
        return Promise.resolve();
      };
      await expect(
        refreshHere(deps, 'trial/endless' as ProductId, later, { signal: calling.signal }),
      ).rejects.toThrow();
      // Two cores are free again, or this would not end.
      expect(await made(deps, { ...THINGS, name: 'afterwards' })).toMatchObject({ phase: 'succeeded' });
    }, 180_000);

    test('the session of an attempt interrupts what a former one of the same run still does', async () => {
      const sessionId = '6f1c2f1e-0c0e-4f6f-8a55-0d6f4a5e9b11';
      const remote = sparkRemote(server.remote);
      const { signal } = new AbortController();
      const former = withSpark(remote, { sessionId, signal }, (spark) =>
        spark.rows('select count(*) from range(10000000) a cross join range(1000000) b where a.id % 7 = b.id % 3'),
      ).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const rows = await withSpark(remote, { sessionId, signal }, (spark) => spark.rows('select 1 as one'));
      expect(rows).toEqual([{ one: 1 }]);
      expect(await former).toBeInstanceOf(SparkError);
    }, 120_000);

    test('what Spark is said to have, it has', async () => {
      const { signal } = new AbortController();
      const sessionId = '6f1c2f1e-0c0e-4f6f-8a55-0d6f4a5e9b12';
      const there = await withSpark(sparkRemote(server.remote), { sessionId, signal }, (spark) =>
        spark.rows<{ function: string }>('show functions'),
      );
      const names = new Set(there.map((row) => row.function));
      // What Postgres' grammar makes of `like … escape`.
      expect([...DIALECTS.spark.functions].filter((name) => !names.has(name) && name !== 'like_escape')).toEqual([]);
    }, 60_000);

    test('a Spark that is out of reach is an outage', async () => {
      const { signal } = new AbortController();
      const nobody = withSpark(
        sparkRemote('sc://127.0.0.1:1'),
        { sessionId: '6f1c2f1e-0c0e-4f6f-8a55-0d6f4a5e9b13', signal },
        () => Promise.resolve(),
      );
      await expect(nobody).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  },
);
