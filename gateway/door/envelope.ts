import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { BODY_LIMIT_BYTES } from './request-body.ts';

/** A request of GraphQL over HTTP in its ordinary form. */
export interface Envelope {
  /** Null where only the operation's hash is sent. */
  readonly query: string | null;
  /** SHA-256 of the operation's text, in hex, where it is sent (`extensions.persistedQuery`, or `documentId`). */
  readonly hash: string | null;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** `extensions.plan`: asks for how it was answered. */
  readonly wantsPlan: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** JSON of a known, small size, not compressed, with no word on another form of the answer; or such a GET. */
export function isOrdinary({ method, url = '', headers }: IncomingMessage): boolean {
  if (headers.accept !== undefined && !/\*\/\*|application\/json/.test(headers.accept)) return false;
  // A page of another origin can make a browser send a GET, but not with this header.
  if (method === 'GET') return url.startsWith('/graphql?') && headers['apollo-require-preflight'] !== undefined;
  const length = Number(headers['content-length']);
  return (
    method === 'POST' &&
    url === '/graphql' &&
    length > 0 &&
    length <= BODY_LIMIT_BYTES &&
    headers['content-encoding'] === undefined &&
    /^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '')
  );
}

/** Hands on what a request says: its JSON where it is that, else its bytes. Of a GET the parameters, as JSON would have them. */
export function readRequest(request: IncomingMessage, then: (body: unknown) => void): void {
  if (request.method === 'GET') {
    then(parameters(request.url ?? ''));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    then(parsedBody(body));
  });
}

/** The envelope; null where it is not as GraphQL over HTTP has it, which others know to refuse. */
export function envelopeOf(body: unknown): Envelope | null {
  if (!isObject(body)) return null;
  const { query, operationName, variables, extensions, documentId } = body;
  if (query != null && (typeof query !== 'string' || query === '')) return null;
  if (operationName != null && typeof operationName !== 'string') return null;
  if (variables != null && !isObject(variables)) return null;
  if (extensions != null && !isObject(extensions)) return null;
  // Answered behind Apollo Server alone.
  if (extensions?.['stock'] === true) return null;
  const hash = hashOf(extensions?.['persistedQuery'] ?? null, documentId ?? null);
  if (hash === undefined || (query == null && hash === null)) return null;
  return {
    query: query ?? null,
    hash,
    operationName: operationName || null,
    variables: variables ?? {},
    wantsPlan: extensions?.['plan'] === true,
  };
}

/** Undefined where it is no hash that we know. */
function hashOf(persisted: unknown, documentId: unknown): string | null | undefined {
  if (persisted === null && documentId === null) return null;
  const version = isObject(persisted) ? persisted['version'] : 1;
  const text = isObject(persisted) ? persisted['sha256Hash'] : documentId;
  const hash = typeof text === 'string' ? text.replace(/^sha256:/, '').toLowerCase() : '';
  return version === 1 && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}

function parsedBody(body: Buffer): unknown {
  try {
    return isUtf8(body) ? (JSON.parse(body.toString('utf8')) as unknown) : body;
  } catch {
    return body;
  }
}

/** Of a GET its parameters, as JSON would have them; null where one is twice there, or is no JSON. */
export function parameters(url: string): unknown {
  const { searchParams } = new URL(url, 'http://here');
  const fields: Record<string, unknown> = {};
  for (const [name, value] of searchParams) {
    if (Object.hasOwn(fields, name)) return null;
    try {
      fields[name] = name === 'variables' || name === 'extensions' ? (JSON.parse(value) as unknown) : value;
    } catch {
      return null;
    }
  }
  return fields;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}
