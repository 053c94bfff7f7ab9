import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import { Refusal } from './errors.ts';
import type { HostRules } from './allowed-hosts.ts';

export type Lookup = LookupFunction;

/** No service is at these: link-local, where clouds keep their metadata (AWS has another for IPv6), unspecified, multicast. */
const NOWHERE = new BlockList();
NOWHERE.addSubnet('169.254.0.0', 16);
NOWHERE.addSubnet('0.0.0.0', 8);
NOWHERE.addSubnet('224.0.0.0', 4);
NOWHERE.addSubnet('fe80::', 10, 'ipv6');
NOWHERE.addSubnet('ff00::', 8, 'ipv6');
NOWHERE.addAddress('::', 'ipv6');
NOWHERE.addAddress('fd00:ec2::254', 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Resolves the name of a host that is allowed, and refuses where it leads to: a name may have been pointed elsewhere since it was
 * published. The connection is made to the very address that was judged.
 */
export function checkedLookup(rules: HostRules, lookup: Lookup = systemLookup): Lookup {
  return (name, options, callback) => {
    lookup(name, options, (error, found, family) => {
      const why = error === null ? refusalOf(name, found, rules) : null;
      if (why === null) callback(error, found, family);
      else callback(new Refusal('FORBIDDEN', why), '');
    });
  };
}

function refusalOf(name: string, found: string | LookupAddress[], { loopbackOnly }: HostRules): string | null {
  const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
  const near = loopbackOnly || name === 'localhost';
  const forbidden = addresses.some((address) => isIn(NOWHERE, address) || (!near && isIn(LOOPBACK, address)));
  return forbidden ? `${name} leads to an address at which no service may be.` : null;
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
