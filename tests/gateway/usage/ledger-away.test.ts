import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from '../gateway-here.ts';
import { folderOf } from '../product-text.ts';

let gateway: GatewayHere;

beforeAll(async () => {
  gateway = await gatewayHere();
  await gateway.publish([folderOf({ domain: 'network', name: 'airports' })]);
});
afterAll(() => gateway.close());

async function calls(name: string): Promise<number> {
  const { rows } = await gateway.database.pool.query<{ calls: number }>(
    `select coalesce(sum(calls), 0)::int as calls from weft.operation_usage
       join weft.used_operations on hash = operation where name = $1`,
    [name],
  );
  return rows[0]!.calls;
}

test('what cannot be written is kept, counted on, and written once it can be', async () => {
  const { pool } = gateway.database;
  await pool.query('alter table weft.operation_usage rename to away');
  for (let times = 0; times < 3; times += 1) await gateway.ask('query Away { airports { totalCount } }');
  while (!gateway.log.some(({ msg }) => /usage cannot be written/.test(String(msg)))) await sleep(50);
  await gateway.ask('query Away { airports { totalCount } }');
  await pool.query('alter table weft.away rename to operation_usage');
  while ((await calls('Away')) === 0) await sleep(50);
  expect(await calls('Away')).toBe(4);
});

test('what is too long ago is deleted, and what is not stays', async () => {
  const { database } = gateway;
  await database.pool.query(
    `insert into weft.used_operations select name, name, 'query', '{}', (now() at time zone 'utc')::date - days
       from (values ('old', 91), ('kept', 90)) as one (name, days);
     insert into weft.operation_usage select (now() at time zone 'utc')::date - days, 'c', name, '', '', 1, 0, now() - make_interval(days => days)
       from (values ('old', 91), ('kept', 90)) as one (name, days);
     insert into weft.coordinate_usage select (now() at time zone 'utc')::date - days, 'c', name, 'A.b', 1, now() - make_interval(days => days)
       from (values ('old', 91), ('kept', 90)) as one (name, days)`,
  );
  // Whoever starts cleans at once.
  const another = await gatewayHere({ database });
  await another.close();
  for (const [table, column] of [
    ['used_operations', 'name'],
    ['operation_usage', 'operation'],
    ['coordinate_usage', 'operation'],
  ])
    expect(
      (await database.pool.query(`select ${column} as name from weft.${table} where ${column} in ('old', 'kept')`))
        .rows,
    ).toEqual([{ name: 'kept' }]);
});

test('a gateway that goes down writes what it has counted', async () => {
  const { database } = gateway;
  const leaving = await gatewayHere({ database });
  await leaving.ask('query Leaving { airports { totalCount } }');
  await leaving.close();
  expect(await calls('Leaving')).toBe(1);
});
