import { randomBytes } from 'node:crypto';

import { expect, test } from '@jest/globals';

import { type Payload, type PayloadCodec, payloadCodec } from '../../schema/payload-codec.ts';

const [ONE, TWO] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64')) as [string, string];
const codecOf = (keys: string): PayloadCodec => payloadCodec(() => null, keys)!;
const CLEAR: Payload = {
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from('{"product":"trial/base"}'),
};

test('a payload is not to be read without its key, and comes back as it was', async () => {
  const codec = codecOf(`one:${ONE}`);
  const [sealed] = await codec.encode([CLEAR]);
  expect(Buffer.from(sealed!.data!).includes('trial/base')).toBe(false);
  expect(String(sealed!.metadata!['encoding'])).toBe('binary/encrypted');
  expect(await codec.decode([sealed!])).toEqual([CLEAR]);
  expect((await codec.encode([CLEAR]))[0]!.data).not.toEqual(sealed!.data);
});

test('after a rotation the new key encrypts, and what the former encrypted is read', async () => {
  const former = await codecOf(`one:${ONE}`).encode([CLEAR]);
  const rotated = codecOf(`two:${TWO},one:${ONE}`);
  expect(await rotated.decode(former)).toEqual([CLEAR]);
  expect(String((await rotated.encode([CLEAR]))[0]!.metadata!['encryption-key-id'])).toBe('two');
});

test('what was written before there was a key is read as it is, and so is an empty payload', async () => {
  const codec = codecOf(`one:${ONE}`);
  expect(await codec.decode([CLEAR])).toEqual([CLEAR]);
  expect(await codec.decode(await codec.encode([{}]))).toEqual([{ metadata: {}, data: Buffer.alloc(0) }]);
});

test.each([
  ['a key that is not there', `two:${TWO}`, 'encrypted with the key "one", which WEFT_PAYLOAD_KEYS does not name'],
  ['another key of the same name', `one:${TWO}`, 'is not of the key "one" that WEFT_PAYLOAD_KEYS has, or was altered'],
])('%s is said', async (_what, keys, says) => {
  const sealed = await codecOf(`one:${ONE}`).encode([CLEAR]);
  await expect(codecOf(keys).decode(sealed)).rejects.toThrow(says);
});

test.each(['hush', 'one:aHVzaA==', `one:${ONE},one:${TWO}`])(
  'keys out of order are refused and not said: %s',
  (keys) => {
    let said = '';
    try {
      payloadCodec(() => null, keys);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(/^WEFT_PAYLOAD_KEYS /);
    expect(said).not.toMatch(/hush|aHVz/);
  },
);

test('a secret goes before the environment, and without keys there is no codec', () => {
  expect(payloadCodec(() => null, undefined)).toBeNull();
  expect(() => payloadCodec((name) => (name === 'PAYLOAD_KEYS' ? 'bad' : null), `one:${ONE}`)).toThrow(
    'WEFT_PAYLOAD_KEYS',
  );
});
