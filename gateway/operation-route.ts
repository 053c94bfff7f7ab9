import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { Refusal, REFUSALS } from '../schema/errors.ts';
import type { ProductId } from '../schema/ids.ts';
import type { ManagedOperation } from '../schema/reading.ts';
import type { Actor } from './actor.ts';
import { dataProducts, dataProductsJson } from './data-products.ts';
import { goneSignal } from './execute/gone-signal.ts';
import { type LogFault, shownError } from './execute/shown-error.ts';
import type { Graph } from './graph.ts';
import type { Metrics } from './metrics.ts';
import { requireBoundedNesting } from './nesting.ts';
import { BODY_LIMIT_BYTES } from './request-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export interface OperationRouteDeps {
  readonly graph: Graph;
  readonly metrics: Metrics;
  readonly actorOf: (authorization: string | undefined) => Actor;
  readonly logFault: LogFault;
}

/** An ordinary request; everything that is not one is for those who know all forms of it. */
interface Envelope {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Answers `POST /graphql` where the operation is compiled: in front of Express and Apollo Server, whose pipeline costs more than
 * the query. What it does not answer it hands on, with the body that it has read as `request.body`.
 */
export function operationRoute(
  deps: OperationRouteDeps,
  handOn: (request: IncomingMessage, response: ServerResponse) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (!isOrdinary(request)) {
      handOn(request, response);
      return;
    }
    const beganMs = performance.now();
    let actor: Actor;
    try {
      actor = deps.actorOf(request.headers.authorization);
    } catch {
      handOn(request, response);
      return;
    }
    readBody(request, (body) => {
      const json = parsed(body);
      const read = json === undefined ? null : envelope(json);
      const operation = read && deps.graph.operations().find(read.query, read.operationName, actor.profile);
      if (read === null || operation === null || operation.kind === 'other') {
        // What is no JSON stays as bytes: whoever comes next refuses them.
        Object.assign(request, { body: json ?? body });
        handOn(request, response);
      } else if (operation.kind === 'refused') {
        const { code, message } = operation.refusal;
        send(response, REFUSALS[code].http, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
        deps.metrics.answered({ type: 'query', outcome: 'error', beganMs });
      } else {
        void answer(deps, operation.managed, read, response, beganMs);
      }
    });
  };
}

/** JSON of a known, small size, not compressed, with no word on the form of the answer. */
function isOrdinary({ method, url, headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length']);
  return (
    method === 'POST' &&
    url === '/graphql' &&
    length > 0 &&
    length <= BODY_LIMIT_BYTES &&
    headers['content-encoding'] === undefined &&
    /^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '') &&
    (headers.accept === undefined || /\*\/\*|application\/json/.test(headers.accept))
  );
}

function readBody(request: IncomingMessage, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => then(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}

function parsed(body: Buffer): unknown {
  try {
    return isUtf8(body) ? JSON.parse(body.toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}

function envelope(json: unknown): Envelope | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const { query, operationName, variables, extensions } = json as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || query === '' || extensions != null) return null;
  if (operationName != null && typeof operationName !== 'string') return null;
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) return null;
  return {
    query,
    operationName: operationName || null,
    variables: (variables ?? {}) as Readonly<Record<string, unknown>>,
  };
}

async function answer(
  { graph, metrics, logFault }: OperationRouteDeps,
  operation: ManagedOperation,
  { variables }: Envelope,
  response: ServerResponse,
  beganMs: number,
): Promise<void> {
  const serving = graph.current();
  const reading = { datasets: serving.datasets, productsRead: new Set<ProductId>(), signal: goneSignal(response) };
  let outcome: 'ok' | 'error' = 'error';
  try {
    requireBoundedNesting({ variables });
    const answered = await operation.answer(variables, reading);
    if ('json' in answered) {
      outcome = 'ok';
      const products = dataProductsJson(serving, [...reading.productsRead].sort());
      send(response, 200, `{"data":${answered.json},"extensions":{"dataProducts":${products}}}`);
    } else {
      const extensions = { dataProducts: dataProducts(serving, reading.productsRead) };
      const { data, errors } = answered;
      if (errors === undefined) outcome = 'ok';
      const shown = errors && { errors: errors.map((error) => shownError(error, logFault)) };
      // Without data the request itself was at fault (GraphQL, 7.1.2).
      send(response, data === undefined ? 400 : 200, JSON.stringify({ ...shown, data, extensions }));
    }
  } catch (error) {
    const refused = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
    const status = error instanceof Refusal ? REFUSALS[error.code].http : 500;
    send(response, status, JSON.stringify({ errors: [shownError(refused, logFault)] }));
  }
  metrics.answered({ type: 'query', outcome, beganMs });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
