import { GraphQLError, Kind, OperationTypeNode, parse } from 'graphql';
import { z } from 'zod';
import type { SourceObject } from './model.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import type { Reporter } from './report.ts';
import { secretNamed } from './secret-reference.ts';
import { readSettings } from './settings.ts';
import { timeoutSeconds } from './source-bounds.ts';

const name = z.string().min(1);
/** Where something lies in an answer: `data.items`. */
const place = z.string().min(1);
const secret = z.string().refine((text) => secretNamed(text) !== null, {
  error: 'must be a reference to a secret, as in ${secret:SHOP_TOKEN}; a secret never stands in a contract',
});
/** Names under which a value in clear would be a secret that everybody may read. */
const SECRETS = /authorization|cookie|token|secret|passw|api[-_]?key|access[-_]?key|signature/i;
const openly = <Value extends z.ZodType>(value: Value) =>
  z.record(name, value).superRefine((given, context) => {
    for (const [key, one] of Object.entries(given))
      if (SECRETS.test(key) && (typeof one !== 'string' || secretNamed(one) === null))
        context.addIssue({ code: 'custom', path: [key], message: 'must be a reference to a secret, by its name' });
  });

const PAGINATIONS = [
  z.strictObject({ by: z.literal('link'), next: place.optional() }),
  z
    .strictObject({
      by: z.literal('cursor'),
      param: name,
      cursor: place.optional(),
      lastRecord: place.optional(),
      more: place.optional(),
    })
    .refine(({ cursor, lastRecord }) => (cursor === undefined) !== (lastRecord === undefined), {
      error:
        'needs either cursor, where the next one lies in an answer, or lastRecord, where it lies in the last record',
    }),
  z.strictObject({
    by: z.literal('page'),
    param: name.default('page'),
    first: z.int().min(0).default(1),
    pages: place.optional(),
  }),
  z.strictObject({ by: z.literal('offset'), param: name.default('offset'), total: place.optional() }),
  z.strictObject({ by: z.literal('relay'), param: name.default('after') }),
] as const;
const pagination = z.discriminatedUnion('by', PAGINATIONS, {
  error: 'must say by: link, cursor, page, offset or relay',
});
/** How an answer tells where the next one is. */
export type Pagination = z.infer<typeof pagination>;

const auth = z.discriminatedUnion(
  'by',
  [
    z.strictObject({ by: z.literal('bearer'), token: secret }),
    z.strictObject({ by: z.literal('basic'), user: name, password: secret }),
    z.strictObject({ by: z.literal('header'), name, value: secret }),
    z.strictObject({ by: z.literal('query'), name, value: secret }),
    z.strictObject({
      by: z.literal('oauth2'),
      tokenUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
      clientId: name,
      clientSecret: secret,
      scope: name.optional(),
      audience: name.optional(),
      send: z.enum(['basic', 'body']).default('basic'),
    }),
  ],
  { error: 'must say by: bearer, basic, header, query or oauth2' },
);
/** As whom an API is asked. */
export type ApiAuth = z.infer<typeof auth>;

const query = z.string().refine(isOneQuery, { error: 'must be one query operation of GraphQL' });
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** What an object may say for itself, in place of what its server says. */
const ofObject = z.object({
  records: place.optional(),
  pagination: pagination.optional(),
  params: openly(scalar).optional(),
  since: name.optional(),
  until: name.optional(),
  query: query.optional(),
  variables: z.record(name, z.unknown()).optional(),
});
const ofServer = ofObject.extend({
  auth: auth.optional(),
  headers: openly(z.string()).optional(),
  timeoutSeconds,
  limits: z
    .strictObject({
      // More is rather a loop that nobody sees, or a matter of files.
      pages: z.int().min(1).default(10_000),
      megabytes: z.int().min(1).default(10_240),
      answerSeconds: z.int().min(1).default(60),
    })
    .prefault({}),
});

/** An object of a source that an API is asked for, by REST or by GraphQL. */
export interface ApiSource {
  readonly name: string;
  readonly url: string;
  /** Where the records lie in an answer; null: the answer is their list. */
  readonly records: string | null;
  /** Null: one answer is all. */
  readonly pagination: Pagination | null;
  readonly auth: ApiAuth | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** The parameter, or GraphQL's variable, that asks for what is not older. */
  readonly since: string | null;
  /** The one that asks for what is older than that: of a slice of a backfill. */
  readonly until: string | null;
  readonly graphql: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> } | null;
  readonly limits: { readonly pages: number; readonly megabytes: number; readonly answerSeconds: number };
  readonly timeoutSeconds: number;
}

/** Reads how an object is asked of a server of type `api`. Null, with findings, where that cannot be told or has a secret in clear. */
export function readApiSource(
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
): ApiSource | null {
  const { report } = at;
  const settings = readSettings(server, ofServer, { of: `The server ${server.server}`, path: at.server, report });
  const own = readSettings(object, ofObject, { of: object.name, path: at.object, report, amongOthers: true });
  if (settings === null || own === null) return null;
  const written = server.location ?? '';
  const url = written.endsWith('/') && object.physicalName !== null ? written + object.physicalName : written;
  const fault = (path: Path, message: string): null => {
    report.error('SERVER_API', path, `The server ${server.server}: ${message}`);
    return null;
  };
  const location = [...at.server, 'location'];
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    return fault(location, 'location must be an http or https address.');
  if ([...new URL(url).searchParams.keys()].some((key) => SECRETS.test(key)))
    return fault(
      location,
      'a secret never stands in an address: say it in auth, as { by: query, name: …, value: ${secret:…} }.',
    );
  const text = own.query ?? settings.query;
  const paged = own.pagination ?? settings.pagination ?? null;
  const records = own.records ?? settings.records ?? null;
  const { auth: as = null, headers = {}, limits, timeoutSeconds: seconds } = settings;
  if (paged?.by === 'relay' && (text === undefined || records === null))
    return fault(
      at.server,
      'pagination by relay needs a query, and records: where the nodes or edges of its connection lie.',
    );
  if (paged?.by === 'link' && paged.next === undefined && text !== undefined)
    return fault(at.server, 'a query of GraphQL has no pages by link: say by: relay, cursor, page or offset.');
  return {
    name: server.server,
    url,
    records,
    pagination: paged,
    auth: as,
    headers,
    params: { ...settings.params, ...own.params },
    since: own.since ?? settings.since ?? null,
    until: own.until ?? settings.until ?? null,
    graphql: text === undefined ? null : { query: text, variables: { ...settings.variables, ...own.variables } },
    limits,
    timeoutSeconds: seconds,
  };
}

function isOneQuery(text: string): boolean {
  try {
    const operations = parse(text).definitions.flatMap((one) => (one.kind === Kind.OPERATION_DEFINITION ? one : []));
    return operations.length === 1 && operations[0]!.operation === OperationTypeNode.QUERY;
  } catch (error) {
    if (error instanceof GraphQLError) return false;
    throw error;
  }
}
