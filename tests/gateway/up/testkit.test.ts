import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../../testkit/database.ts';
import { testTemporal } from '../../testkit/temporal.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
}, 60_000);
afterAll(() => database.drop());

test("a test file's database is migrated, and its own", async () => {
  const other = await cloneDatabase();
  expect(other.url).not.toBe(database.url);
  const { rows } = await other.pool.query('select name from weft.migrations');
  expect(rows.length).toBeGreaterThan(0);
  await other.drop();
});

test('a connection that a test leaks fails it, and says what was asked on it', async () => {
  const other = await cloneDatabase();
  const leaked = await other.pool.connect();
  leaked.on('error', () => undefined);
  await leaked.query("select 'forgotten'");
  await expect(other.drop()).rejects.toThrow("select 'forgotten'");
  leaked.release(true);
});

test("a test file's namespace is its own, and knows the search attributes", async () => {
  const [one, two] = [await testTemporal(), await testTemporal()];
  expect(one.namespace).not.toBe(two.namespace);
  const connection = await Connection.connect({ address: two.address });
  try {
    const client = new Client({ connection, namespace: two.namespace });
    await client.workflow.start('nobody-works', {
      taskQueue: 'nowhere',
      workflowId: 'refresh:network/airports',
      typedSearchAttributes: [
        { key: defineSearchAttributeKey('WeftDomain', SearchAttributeType.KEYWORD), value: 'network' },
      ],
    });
    const elsewhere = new Client({ connection, namespace: one.namespace });
    expect(await countIn(elsewhere)).toBe(0);
    for (let tries = 0; (await countIn(client)) < 1; tries += 1) expect(tries).toBeLessThan(1_000);
  } finally {
    await connection.close();
  }
});

async function countIn(client: Client): Promise<number> {
  return (await client.workflow.count("WeftDomain = 'network'")).count;
}
