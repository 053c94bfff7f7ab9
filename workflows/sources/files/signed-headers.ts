import { AwsV4Signer } from 'aws4fetch';
import type { ObjectPlace } from '../../../schema/contract/file-place.ts';
import { withSecretsWithin } from '../../../schema/contract/secret-reference.ts';
import type { SourceAsk } from '../source.ts';
import type { Headers } from './asking.ts';
import { requireSecret } from './require-settings.ts';

/** Headers that sign a request by AWS' Signature Version 4; none where the bucket is open to all, or for another server. */
export function signedHeaders(place: ObjectPlace, ask: Pick<SourceAsk, 'server' | 'secrets'>): Headers {
  const sign = signing(place, ask);
  return (url, own) => (own ? sign('GET', url) : {});
}

/** Signs a request to the store, whose body is not part of the signature. Refuses with SOURCE_MISSING where a secret is not there. */
export function signing(
  { credentials, region }: ObjectPlace,
  ask: Pick<SourceAsk, 'server' | 'secrets'>,
): (method: string, url: URL) => Promise<Record<string, string>> {
  if (credentials === null) return () => Promise.resolve({});
  const filled = (text: string): string => withSecretsWithin(text, (name) => requireSecret(ask, name));
  const { sessionToken } = credentials;
  const keys = {
    accessKeyId: filled(credentials.accessKeyId),
    secretAccessKey: filled(credentials.secretAccessKey),
    ...(sessionToken !== null && { sessionToken: filled(sessionToken) }),
  };
  return async (method, url) => {
    const { headers } = await new AwsV4Signer({ method, url: url.href, service: 's3', region, ...keys }).sign();
    // The host is the connection's to say.
    headers.delete('host');
    return Object.fromEntries(headers);
  };
}

/**
 * The address of an object, or of its bucket, with the bucket in the path: then one entry of WEFT_ALLOWED_HOSTS opens a store, and a
 * store of one's own needs no name for each bucket.
 */
export function objectAddress({ endpoint, bucket }: ObjectPlace, key: string): string {
  return `${endpoint}/${[bucket, ...key.split('/')].map(encoded).join('/')}`;
}

/** As the signature has it: RFC 3986's unreserved letters alone stay. */
function encoded(segment: string): string {
  const percent = (letter: string): string => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(segment).replace(/[!'()*]/g, percent);
}
