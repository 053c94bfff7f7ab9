import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, REFUSALS } from '../../schema/errors.ts';
import type { Actor } from '../actor.ts';
import { answer, type AnswerDeps } from '../answers/answer.ts';
import { type Envelope, envelopeOf, isOrdinary, readRequest } from './envelope.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import type { Graph } from '../serving/graph.ts';
import type { Metrics } from '../metrics.ts';
import { NOT_PERSISTED, type PersistedOperations } from './persisted-operations.ts';
import { JSON_SECURITY_HEADERS } from './security-headers.ts';
import type { Traces } from '../traces/trace.ts';
import { clientOf } from '../usage/client.ts';

export interface OperationRouteDeps extends AnswerDeps {
  /** Null where traces are off. */
  readonly traces: Traces | null;
  readonly graph: Graph;
  readonly metrics: Metrics;
  readonly persisted: PersistedOperations;
  readonly actorOf: (authorization: string | undefined) => Actor;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers `/graphql` where the operation is compiled: in front of Express and Apollo Server, whose pipeline costs more than the
 * query. What it does not answer it hands on, with the body that it has read as `request.body`.
 */
export function operationRoute(deps: OperationRouteDeps, handOn: Handler): Handler {
  return (request, response) => {
    const actor = isOrdinary(request) ? knownActor(deps, request) : null;
    if (actor === null) {
      handOn(request, response);
      return;
    }
    readRequest(request, (body) => {
      const envelope = envelopeOf(body);
      if (envelope === null) handOnRead(request, response, body, handOn);
      else serve(deps, { actor, envelope, request, response }, handOn);
    });
  };
}

/** Null where the key is wrong, which is said elsewhere. */
function knownActor({ actorOf }: OperationRouteDeps, { headers }: IncomingMessage): Actor | null {
  try {
    return actorOf(headers.authorization);
  } catch {
    return null;
  }
}

interface Request {
  readonly actor: Actor;
  readonly envelope: Envelope;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function serve(deps: OperationRouteDeps, { actor, envelope, request, response }: Request, handOn: Handler): void {
  const beganMs = performance.now();
  let query: string | null;
  try {
    query = deps.persisted.textOf(envelope, actor);
  } catch (error) {
    refuse(response, error as Refusal);
    return;
  }
  if (query === null) {
    send(response, 200, JSON.stringify(NOT_PERSISTED));
    return;
  }
  const operations = deps.graph.operations();
  const operation = operations.find(query, envelope.operationName, actor);
  // A mutation by GET is refused there.
  if (
    operation.kind === 'other' ||
    operation.kind === 'subscription' ||
    (operation.kind === 'compiled' && operation.type !== 'query' && request.method === 'GET')
  ) {
    const { operationName, variables } = envelope;
    handOnRead(request, response, { query, operationName, variables }, handOn);
    return;
  }
  const trace = deps.traces?.begin({ headers: request.headers, method: request.method ?? '', actor, beganMs }) ?? null;
  if (operation.kind === 'refused') {
    refuse(response, operation.refusal);
    const { code } = operation.refusal;
    trace?.end({ status: REFUSALS[code].http, outcome: 'error', codes: [code] });
    deps.metrics.answered({ type: 'query', outcome: 'error', beganMs });
    return;
  }
  const { type } = operation;
  trace?.asks({ ...operation, query });
  const ask = {
    actor,
    client: clientOf(request.headers),
    operation,
    envelope,
    serving: deps.graph.current(),
    answers: operations.answers,
    mayBeKept: !/no-cache|no-store/.test(request.headers['cache-control'] ?? ''),
    showsPlan: envelope.wantsPlan && actor.admin,
    trace,
  };
  void answer(deps, ask, goneSignal(response)).then((answered) => {
    const { status, body, outcome } = answered;
    if (request.method === 'GET' && outcome === 'ok') sendValidated(request, response, body);
    else send(response, status, body);
    deps.metrics.answered({ type, outcome, beganMs });
    trace?.end(answered);
  });
}

/** To Express and Apollo Server, which know all forms of a request, and what is wrong with others. */
function handOnRead(request: IncomingMessage, response: ServerResponse, body: unknown, handOn: Handler): void {
  if (request.method === 'POST') Object.assign(request, { body });
  else if (typeof body === 'object' && body !== null && 'query' in body) request.url = asGet(body);
  handOn(request, response);
}

function asGet(body: { readonly query?: unknown }): string {
  const texts = Object.entries(body).flatMap(([name, value]): [string, string][] =>
    value == null ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
  );
  return `/graphql?${new URLSearchParams(texts).toString()}`;
}

function refuse(response: ServerResponse, { code, message }: Refusal): void {
  send(response, REFUSALS[code].http, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

/** An answer to a GET: kept by whoever asked, and asked for anew by its validator, for new data may come at any moment. */
function sendValidated({ headers }: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const validators = ['etag', etag, 'cache-control', 'private, no-cache', 'vary', 'authorization, accept'];
  if (headers['if-none-match']?.split(/\s*,\s*/).some((known) => known.replace(/^W\//, '') === etag) !== true) {
    send(response, 200, body, validators);
    return;
  }
  response.writeHead(304, [...JSON_SECURITY_HEADERS, ...validators]);
  response.end();
}

const JSON_HEADERS = [...JSON_SECURITY_HEADERS, 'content-type', 'application/json; charset=utf-8'];
const NOT_STORED = ['cache-control', 'no-store'];

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: readonly string[] = NOT_STORED,
): void {
  // A flat list is what Node writes as it stands.
  response.writeHead(status, [...JSON_HEADERS, ...headers, 'content-length', String(Buffer.byteLength(body))]);
  response.end(body);
}
