import type { InputPort, Product } from '../../schema/contract/model.ts';
import type { OdcsServer } from '../../schema/contract/odcs-server.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import { hostRefusal, type HostRules } from '../../schema/allowed-hosts.ts';
import { eventsAddress, judgedUrl } from '../execute/remote/events-address.ts';

/** Keys of a server that say where it is, as a host or as an address. */
const HOSTS = ['host', 'endpointUrl', 'catalogUrl', 'location', 'stagingDir'] as const;
/** Schemes whose hosts are names of buckets, which the cloud's own client resolves. */
const CLOUDS = /^(s3a?|gs|gcs|abfss?|wasbs?|adl|dbfs|hdfs):/i;

/** What of a product's hosts is not on the allow-list: its service, and the servers that its sources are read from. */
export function serverHostFindings(product: Product, rules: HostRules): Finding[] {
  return [
    ...serviceFindings(product, rules),
    ...product.inputs.flatMap((input) => sourceFindings(product, input, rules)),
  ];
}

function serviceFindings(product: Product, rules: HostRules): Finding[] {
  if (product.remote === null) return [];
  const refused = hostRefusal(product.remote.url, rules);
  const events = hostRefusal(judgedUrl(eventsAddress(product.remote.url, product)), rules);
  const found = [refused, events === refused ? null : events && `Of its subscriptions: ${events}`];
  return found.flatMap((message) => (message === null ? [] : [errorFinding('SUBGRAPH_HOST', message)]));
}

/** A source has one server that is read: the first. */
function sourceFindings(product: Product, input: InputPort, rules: HostRules): Finding[] {
  if (input.kind !== 'server') return [];
  const file = product.files[input.contractId] ?? null;
  return HOSTS.flatMap((key) =>
    addressesOf(input.server, key).flatMap((address): Finding[] => {
      // A path, a query or a user in a host would hide where it leads.
      const isHidden =
        key === 'host' && (!URL.canParse(address) || new URL(address).href !== `${new URL(address).origin}/`);
      const refused = isHidden
        ? `${address.slice('http://'.length, 200)} is no host's name.`
        : hostRefusal(address, rules);
      if (refused === null) return [];
      const path = `servers[0].${key}`;
      const place = file === null ? null : product.locate(file, path);
      const message = `The source ${input.contractId} would be read from a host that it may not have. ${refused}`;
      return [{ ...errorFinding('SERVER_HOST', message, { file, path }), ...place }];
    }),
  );
}

/** As URLs, by which they are judged; none where a value names no host of a network (a path, a bucket of a cloud). */
function addressesOf(server: OdcsServer, key: (typeof HOSTS)[number]): string[] {
  const value: unknown = (server as Readonly<Record<string, unknown>>)[key];
  if (typeof value !== 'string' || server.type === 'local') return [];
  if (key !== 'host')
    return /^[a-z]+:\/\//i.test(value) && !CLOUDS.test(value) ? [value.replace(/^[a-z]+:/i, 'http:')] : [];
  // Kafka takes several: `a:9092,b:9092`.
  return value.split(',').map((host) => {
    const isAddress6 = /^[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(host.trim());
    const name = isAddress6 ? `[${host.trim()}]` : host.trim();
    return `http://${name}${server.port === undefined || /:\d+$/.test(name) ? '' : `:${server.port}`}`;
  });
}
