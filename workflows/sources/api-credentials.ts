import type { ApiAuth, ApiSource } from '../../schema/contract/api-source.ts';
import { secretNamed } from '../../schema/contract/secret-reference.ts';
import { Refusal } from '../../schema/errors.ts';
import { missingSecret, type Secrets, withSecret } from '../../schema/secrets.ts';
import { at } from './exact-json.ts';
import { type HttpExchange, SaidNo } from './http-exchange.ts';

/** What shows who asks. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
}

export interface ApiCredentials {
  /** As they are now: secrets are read anew, a token is kept as long as it holds. */
  current(): Promise<Credentials>;
  /** False where there are no others to be had. */
  renew(): boolean;
}

/** A token that ends within this is asked for anew: a page may take as long. */
const EARLY_MS = 30_000;

/** Refuses with SOURCE_MISSING where a secret is not there, or is not taken. */
export function openCredentials(source: ApiSource, secrets: Secrets, exchange: HttpExchange): ApiCredentials {
  const { auth } = source;
  const read = (setting: string): string => {
    const value = withSecret(setting, secrets);
    if (value !== null && (value !== '' || secretNamed(setting) === null)) return value;
    throw missingSecret(setting, source.name);
  };
  let token: { readonly value: string; readonly untilMs: number } | null = null;
  const own = async (): Promise<Credentials> => {
    if (auth?.by !== 'oauth2') return auth === null ? NONE : fixed(auth, read);
    if (token === null || Date.now() > token.untilMs) token = await newToken(auth, read, exchange, source.name);
    return { headers: { authorization: `Bearer ${token.value}` }, params: {} };
  };
  const withSecrets = (given: Readonly<Record<string, unknown>>): Record<string, string> =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, read(String(value))]));
  return {
    current: async () => {
      const { headers, params } = await own();
      return {
        headers: { ...withSecrets(source.headers), ...headers },
        params: { ...withSecrets(source.params), ...params },
      };
    },
    renew: () => {
      const had = token !== null;
      token = null;
      return had;
    },
  };
}

const NONE: Credentials = { headers: {}, params: {} };

function fixed(auth: Exclude<ApiAuth, { by: 'oauth2' }>, read: (setting: string) => string): Credentials {
  switch (auth.by) {
    case 'bearer':
      return { headers: { authorization: `Bearer ${read(auth.token)}` }, params: {} };
    case 'basic':
      return { headers: { authorization: basic(read(auth.user), read(auth.password)) }, params: {} };
    case 'header':
      return { headers: { [auth.name.toLowerCase()]: read(auth.value) }, params: {} };
    case 'query':
      return { headers: {}, params: { [auth.name]: read(auth.value) } };
  }
}

/** RFC 6749, 4.4: client credentials. */
async function newToken(
  { tokenUrl, clientId, clientSecret, scope, audience, send }: Extract<ApiAuth, { by: 'oauth2' }>,
  read: (setting: string) => string,
  exchange: HttpExchange,
  name: string,
): Promise<{ value: string; untilMs: number }> {
  const [id, secret] = [read(clientId), read(clientSecret)];
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(send === 'body' && { client_id: id, client_secret: secret }),
  });
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(send === 'basic' && { authorization: basic(encodeURIComponent(id), encodeURIComponent(secret)) }),
  };
  const { json } = await exchange.ask({ url: tokenUrl, headers, body: form.toString() }).catch((error: unknown) => {
    if (!(error instanceof SaidNo)) throw error;
    throw new Refusal('SOURCE_MISSING', `The server ${name} gives no token: ${error.message} at its tokenUrl.`, {
      cause: error,
    });
  });
  const value = at(json, 'access_token');
  if (typeof value !== 'string' || value === '')
    throw new Refusal('SOURCE_MISSING', `The server ${name} gives no token: its answer has no access_token.`);
  const seconds = Number(at(json, 'expires_in') ?? 3_600);
  return { value, untilMs: Date.now() + seconds * 1_000 - EARLY_MS };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
