import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionResult } from 'graphql';
import type { Client } from 'pg';
import { openPool } from '../../../schema/ledger/connect.ts';
import { LIMITS } from '../../../subgraphs/managed/limits.ts';
import { openSubgraph } from '../../../subgraphs/managed/open-subgraph.ts';
import { domain, openTestMesh, type TestMesh } from './mesh.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh({ max: 2, limits: { ...LIMITS, statementTimeoutMs: 400 } });
  await mesh.load('operations/flights', 'flights', [
    { id: 1, date: '2001-01-01T00:00:00Z', distance: 1, originIata: 'SEA' },
  ]);
  // A view that takes its time stands in for a table too large.
  await mesh.load('operations/flights', 'carriers', []);
  await mesh.owner.query('drop table operations.carriers__2');
  await mesh.owner.query(
    `create view operations.carriers__2 as select 'AA' as code, pg_sleep(30)::text as name, null::text as country`,
  );
});
afterAll(() => mesh.close());

const SLOW = '{ carriers { nodes { name } } }';

async function running(): Promise<number> {
  const { rows } = await mesh.owner.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where application_name like '%reader' and datname = current_database() and state = 'active'`,
  );
  return rows[0]!.n;
}

describe('a statement', () => {
  test('that takes too long is stopped and refused', async () => {
    const started = Date.now();
    expect(await mesh.errors('operations', SLOW)).toEqual([
      { code: 'QUERY_TIMEOUT', path: ['carriers'], message: expect.stringContaining('0.4 s') },
    ]);
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(await running()).toBe(0);
  });

  test('is cancelled in the database when its client goes, while others on the pool go on', async () => {
    const other = await openTestMesh({ max: 1 });
    try {
      await other.load('operations/flights', 'carriers', []);
      await other.owner.query('drop table operations.carriers__1');
      await other.owner.query(
        `create view operations.carriers__1 as select 'AA' as code, pg_sleep(30)::text as name, null::text as country`,
      );
      const client = new AbortController();
      const asked = other.request('operations', { query: SLOW }, { signal: client.signal });
      // Long enough to be slow by now: the quick ones pass it by.
      await sleep(400);
      expect(await other.ask('operations', '{ flights { totalCount } }')).toEqual({ flights: { totalCount: '0' } });
      const waiting = new AbortController();
      const queued = other.request('operations', { query: SLOW }, { signal: waiting.signal });
      await sleep(50);
      waiting.abort();
      // The only slow connection is taken: who waits for it is let go at once.
      expect((await queued).errors![0]!.extensions['code']).toBe('QUERY_TIMEOUT');
      const started = Date.now();
      client.abort();
      expect((await asked).errors![0]!.extensions['code']).toBe('QUERY_TIMEOUT');
      expect(Date.now() - started).toBeLessThan(2_000);
      const { rows } = await other.owner.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name like '%reader' and state = 'active'`,
      );
      expect(rows).toEqual([]);
      expect(await other.ask('operations', '{ flights { totalCount } }')).toEqual({ flights: { totalCount: '0' } });
      // Whoever was let go leaves the queue once there is a connection again.
      for (let tries = 0; tries < 100 && other.slow.waitingCount > 0; tries += 1) await sleep(20);
      expect([other.pool.waitingCount, other.slow.waitingCount]).toEqual([0, 0]);
    } finally {
      await other.close();
    }
  });

  test('whose connection is lost is refused, and the next one has another', async () => {
    const ends: (() => unknown)[] = [
      () =>
        mesh.owner.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%reader' and datname = current_database() and state = 'active'`,
        ),
      // As when the server's machine dies: no word of farewell.
      () => taken!.connection.stream.destroy(),
    ];
    let taken: Client | undefined;
    const note = (client: Client): void => void (taken = client);
    mesh.slow.on('acquire', note);
    for (const end of ends) {
      const asked = mesh.errors('operations', SLOW);
      while ((await running()) === 0) await sleep(10);
      await end();
      expect(await asked).toMatchObject([{ code: 'DATABASE_UNREACHABLE', path: ['carriers'] }]);
      expect(await mesh.ask('operations', '{ flights { totalCount } }')).toEqual({ flights: { totalCount: '1' } });
      while ((await running()) > 0) await sleep(50);
    }
    mesh.slow.off('acquire', note);
  });

  test('is not sent for a client who has gone already', async () => {
    mesh.statements();
    const { errors } = await mesh.request(
      'operations',
      { query: '{ flights { totalCount } }' },
      { signal: AbortSignal.abort() },
    );
    expect(errors![0]!.extensions['code']).toBe('QUERY_TIMEOUT');
    expect(mesh.statements()).toEqual([]);
  });

  test('that was used before is prepared, once a connection', async () => {
    for (let time = 0; time < 4; time++) await mesh.ask('operations', `{ flights(first: ${time}) { nodes { day } } }`);
    const client = await mesh.pool.connect();
    const { rows } = await client.query(`select name from pg_prepared_statements where statement like '%"day"%'`);
    client.release();
    expect(rows).toHaveLength(1);
  });

  test('can only read', async () => {
    await mesh.ask('operations', '{ flights { totalCount } }');
    await expect(mesh.pool.query('create table t (id int)')).rejects.toThrow('read-only');
  });

  test('that the database refuses is a fault whose cause is kept and not shown', async () => {
    await mesh.load('operations/flights', 'gates', []);
    await mesh.owner.query('drop table operations.gates__3');
    const { errors } = await mesh.request('operations', { query: '{ gates { nodes { airport } } }' });
    expect(errors![0]!.message).not.toContain('gates__3');
    expect(String(errors![0]!.originalError!.cause)).toContain('gates__3');
  });
});

test('a database out of reach is a refusal that says so', async () => {
  const pool = openPool('postgres://nobody@127.0.0.1:1/none', { name: 'nobody', max: 1 });
  const subgraph = openSubgraph({ quick: pool, slow: pool })(domain(mesh.mesh, 'operations'));
  const reading = { datasets: new Map(), productsRead: new Set<never>(), signal: new AbortController().signal };
  const answer = await subgraph.execute({ query: '{ flights { totalCount } }' }, reading);
  const { errors } = answer as ExecutionResult;
  expect(errors![0]!.extensions['code']).toBe('DATABASE_UNREACHABLE');
  await pool.end();
});

describe('a document', () => {
  test('that is none, or does not fit the schema, is answered with its errors', async () => {
    expect((await mesh.request('operations', { query: '{ flights {' })).errors).toHaveLength(1);
    expect((await mesh.request('operations', { query: '{ nothing }' })).errors![0]!.message).toContain('nothing');
    expect(
      (
        await mesh.request('operations', {
          query: 'query A { flights { totalCount } } query B { flights { totalCount } }',
        })
      ).errors![0]!.message,
    ).toContain('operation name');
  });

  test('of several operations runs the one named', async () => {
    const query = 'query A { flights { totalCount } } query B { b: flights { totalCount } }';
    expect((await mesh.request('operations', { query, operationName: 'B' })).data).toEqual({ b: { totalCount: '1' } });
  });
});
