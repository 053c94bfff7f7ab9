import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import { secretNamed, secretsWithin, withSecretsWithin } from './secret-reference.ts';

/** A file that is fetched over HTTP. Both the address and the headers may refer to secrets, in whole or in part. */
export interface HttpPlace {
  readonly location: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Objects of a store that speaks S3. */
export interface ObjectPlace {
  /** `https://s3.eu-central-1.amazonaws.com`, or the server's own. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** The key of one object, a pattern of keys, or what ends in a slash and stands for all below it. */
  readonly key: string;
  /** References to secrets; null: the bucket is open to all. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | null;
  } | null;
}

/** True of a server of type `custom` that is a file of HTTP: the standard has no type for it, but all its words. */
export function isHttpFile({ location, format }: OdcsServer): boolean {
  return format !== undefined && /^https?:/i.test(location ?? '');
}

/** Headers and parameters of an address by whose names it is seen that they let somebody in. */
const LETS_IN = /auth|cookie|token|secret|passw|api-?_?key|signature|credential|^(sig|key)$/i;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Reads a server of type `custom` whose `location` is an address of HTTP; `headers` is a custom property of it. Null, with findings
 * SERVER_LOCATION, SERVER_HEADERS and SERVER_SECRET (a secret in clear), where it could not be fetched by that.
 */
export function readHttpPlace(server: OdcsServer, path: Path, report: Reporter): HttpPlace | null {
  const { location = '' } = server;
  const say = faults(server, path, report);
  // A secret's own letters are not known here: any stand for them.
  const address = withSecretsWithin(location, () => 'x');
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || secretsWithin(location.split('/')[2] ?? '').length > 0)
    return say.fault('SERVER_LOCATION', 'location', 'location must be an http or https address.');
  if (url.username !== '' || url.password !== '')
    return say.fault('SERVER_SECRET', 'location', 'a user or password never stands in an address; send a header.');
  for (const [name, value] of new URL(location.replaceAll('${', '%24{')).searchParams)
    if (LETS_IN.test(name) && secretsWithin(value).length === 0)
      say.fault(
        'SERVER_SECRET',
        'location',
        `the parameter ${name} lets somebody in; write a reference to a secret, as in ${name}=\${secret:EXPORT_TOKEN}.`,
      );
  const given = custom(server, 'headers') ?? {};
  if (typeof given !== 'object' || Array.isArray(given) || Object.values(given).some((one) => typeof one !== 'string'))
    return say.fault('SERVER_HEADERS', 'customProperties', 'headers must be texts by the names of headers.');
  const headers = given as Readonly<Record<string, string>>;
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || /[\r\n\0]/.test(value))
      say.fault('SERVER_HEADERS', 'customProperties', `${JSON.stringify(name)} is no header that can be sent.`);
    else if (LETS_IN.test(name) && secretsWithin(value).length === 0)
      say.fault(
        'SERVER_SECRET',
        'customProperties',
        `the header ${name} lets somebody in; write a reference to a secret, as in ${name}: Bearer \${secret:EXPORT_TOKEN}.`,
      );
  }
  const isSecret = [location, ...Object.values(headers)].some((text) => secretsWithin(text).length > 0);
  if (isSecret && url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    report.warning(
      'SERVER_UNENCRYPTED',
      [...path, 'location'],
      `The server ${server.server} is sent a secret that anybody on the way can read: use https.`,
    );
  return say.failed() ? null : { location, headers };
}

/**
 * Reads a server of type `s3`; `region`, `accessKeyId`, `secretAccessKey` and `sessionToken` are custom properties of it. Null, with
 * findings SERVER_LOCATION, SERVER_CREDENTIALS and SERVER_SECRET.
 */
export function readObjectPlace(server: OdcsServer, path: Path, report: Reporter): ObjectPlace | null {
  const say = faults(server, path, report);
  const [, bucket, key] = /^s3a?:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/.exec(server.location ?? '') ?? [];
  // A step of dots would lead elsewhere as an address.
  if (bucket === undefined || key === undefined || /(^|\/)\.\.?(\/|$)/.test(key))
    return say.fault('SERVER_LOCATION', 'location', 'location must be as s3://bucket/folder/*.parquet is.');
  const region = custom(server, 'region') ?? 'us-east-1';
  if (typeof region !== 'string' || !/^[a-z0-9-]{1,40}$/.test(region))
    return say.fault('SERVER_LOCATION', 'customProperties', 'region must be a name such as eu-central-1.');
  const endpoint = (server as { endpointUrl?: string }).endpointUrl ?? `https://s3.${region}.amazonaws.com`;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '')
    return say.fault('SERVER_LOCATION', 'endpointUrl', 'endpointUrl must be an http or https address.');
  const [accessKeyId, secretAccessKey, sessionToken] = ['accessKeyId', 'secretAccessKey', 'sessionToken'].map((name) =>
    custom(server, name),
  );
  const at = { endpoint: url.href.replace(/\/$/, ''), region, bucket, key };
  if (accessKeyId === undefined && secretAccessKey === undefined) return { ...at, credentials: null };
  if (typeof accessKeyId !== 'string' || accessKeyId === '' || secretAccessKey === undefined)
    return say.fault('SERVER_CREDENTIALS', 'customProperties', 'accessKeyId and secretAccessKey go together.');
  for (const [name, value] of Object.entries({ secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }))
    if (typeof value !== 'string' || secretNamed(value) === null)
      say.fault(
        'SERVER_SECRET',
        'customProperties',
        `${name} must be a reference to a secret, as in \${secret:LAKE_KEY}; it never stands in a contract.`,
      );
  if (say.failed()) return null;
  const token = sessionToken === undefined ? null : (sessionToken as string);
  return { ...at, credentials: { accessKeyId, secretAccessKey: secretAccessKey as string, sessionToken: token } };
}

function faults(server: OdcsServer, path: Path, report: Reporter) {
  let failed = false;
  return {
    failed: () => failed,
    fault: (code: string, key: string, message: string): null => {
      failed = true;
      report.error(code, [...path, key], `The server ${server.server}: ${message}`);
      return null;
    },
  };
}
