import { expect, test } from '@jest/globals';

import type { DomainId } from '../../../schema/ids.ts';
import { sparkOf } from '../../../workflows/engines/spark/open-spark.ts';
import { sparkRemote } from '../../../workflows/engines/spark/remote.ts';
import { readConfig } from '../../../workflows/config.ts';

test.each([
  ['sc://spark.example.com', 'spark.example.com:15002', false, {}],
  ['sc://spark.example.com:443/;token=a%3Db', 'spark.example.com:443', true, { authorization: 'Bearer a=b' }],
  ['sc://127.0.0.1:15002/;token=t', '127.0.0.1:15002', false, { authorization: 'Bearer t' }],
  ['sc://[::1]:1/;use_ssl=true;x-tenant=sales;user_id=me', '[::1]:1', true, { 'x-tenant': 'sales' }],
])('%s is read as Spark reads it', async (text, address, secure, headers) => {
  const remote = sparkRemote(text);
  expect(remote.address).toBe(address);
  expect(remote.channel._isSecure()).toBe(secure);
  expect(await remote.headers()).toEqual(headers);
});

test.each(['http://x', 'sc://', 'sc://x/;token=t;use_ssl=false'])('%s is refused, without its token', (text) => {
  expect(() => sparkRemote(text)).toThrow(/address|TLS/);
});

test('a domain has a Spark of its own, or that of all, or none; secrets are put in when it is used', async () => {
  const env = {
    DATABASE_URL: 'postgres://x@localhost/x',
    WEFT_SPARK_REMOTE: 'sc://all.example.com/;token=${secret:SPARK}',
    WEFT_SPARK_REMOTE_NIGHT_TRAINS: 'sc://own.example.com',
  };
  const { spark } = readConfig(env);
  const addressOf = (domain: string, secret: string | null): Promise<unknown> =>
    sparkOf(
      spark,
      () => secret,
    )(domain as DomainId)!.with(
      { runId: 'x' as never, signal: new AbortController().signal },
      async ({ address, headers }) => [address, await headers()],
    );
  expect(await addressOf('night-trains', null)).toEqual(['own.example.com:15002', {}]);
  expect(await addressOf('sales', 's')).toEqual(['all.example.com:15002', { authorization: 'Bearer s' }]);
  expect(() => addressOf('sales', null)).toThrow(/needs the secret SPARK/);
  expect(sparkOf(readConfig({ DATABASE_URL: env.DATABASE_URL }).spark, () => null)('sales' as DomainId)).toBeNull();
  expect(() => readConfig({ ...env, WEFT_SPARK_REMOTE_SALES: 'http://no' })).toThrow(/WEFT_SPARK_REMOTE_SALES/);
});
