import type { LookupAddress, LookupOptions } from 'node:dns';
import { expect, test } from '@jest/globals';
import { checkedLookup, type Lookup } from '../../schema/checked-lookup.ts';

/** Names that a domain team could have pointed anywhere, after they were allowed. */
function resolving(...addresses: string[]): Lookup {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_name, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  };
}

function look(name: string, lookup: Lookup, loopbackOnly: boolean, options: LookupOptions = {}): Promise<unknown> {
  const checked = checkedLookup({ loopbackOnly, allowedHosts: [name] }, lookup);
  return new Promise((resolve, reject) => {
    checked(name, options, (error, address: string | LookupAddress[]) => {
      if (error !== null) reject(error);
      else resolve(address);
    });
  });
}

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  'fe80::1',
  'fd00:ec2::254',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  'ff02::1',
])('a name that leads to %s is not connected to', async (address) => {
  for (const loopbackOnly of [true, false])
    for (const all of [true, false]) {
      const looking = look('service.example', resolving(address), loopbackOnly, { all });
      await expect(looking).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
});

test('one forbidden address among good ones is enough', async () => {
  const mixed = resolving('10.1.2.3', '169.254.169.254');
  await expect(look('service.example', mixed, true, { all: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('loopback is reached while we listen there alone, or by its own name', async () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    await expect(look('service.example', resolving(address), true)).resolves.toBe(address);
    await expect(look('service.example', resolving(address), false)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  await expect(look('localhost', resolving('127.0.0.1'), false)).resolves.toBe('127.0.0.1');
});

test('public and private addresses of an allowed name are reached, and a name that nobody knows is not', async () => {
  for (const address of ['93.184.216.34', '10.0.0.7', 'fd12::7'])
    await expect(look('service.example', resolving(address), false)).resolves.toBe(address);
  const unknown: Lookup = (_name, _options, callback) =>
    callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '');
  await expect(look('service.example', unknown, false)).rejects.toMatchObject({ code: 'ENOTFOUND' });
});
