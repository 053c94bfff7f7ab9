import type { Request, Response } from 'express';
import type { Actor } from '../actor.ts';
import { type Envelope, envelopeOf, parameters } from '../door/envelope.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import { clientOf } from '../usage/client.ts';
import { answersTo, type AskedDeps, type AskedOperation, askedOperation, type NoAnswers } from './asked-operation.ts';
import type { Framing } from './framing.ts';

export interface HttpDeps extends AskedDeps {
  readonly actorOf: (authorization: string | undefined) => Actor;
}

/** What a request over HTTP asks for; null where it is not as GraphQL over HTTP has it, or a page of another origin may have sent it. */
export function safeEnvelope(request: Request, framing: Framing | null): Envelope | null {
  if (!isSafe(request, framing)) return null;
  return envelopeOf(request.method === 'GET' ? parameters(request.originalUrl) : request.body);
}

/**
 * Whether no page of another origin can have sent it unasked: JSON, a header that needs a preflight, or a browser's word (EventSource
 * can send no header of its own).
 */
function isSafe(request: Request, framing: Framing | null): boolean {
  if (request.method === 'POST') return request.is('application/json') !== false;
  if (request.method !== 'GET') return false;
  if (request.headers['apollo-require-preflight'] !== undefined) return true;
  const site = request.headers['sec-fetch-site'];
  return framing !== null && (site === undefined || site === 'same-origin' || site === 'none');
}

/** The operation that is asked for; null where there is none, which the response says then. Throws a refusal. */
export function askedOverHttp(
  deps: HttpDeps,
  envelope: Envelope,
  { headers }: Request,
  response: Response,
): AskedOperation | null {
  const asker = { actor: deps.actorOf(headers.authorization), client: clientOf(headers) };
  const asked = askedOperation(deps, asker, envelope);
  if (!('errors' in asked)) return asked;
  refuse(response, asked);
  return null;
}

/** Its answers, until the client goes; null where there are none, which the response says then. */
export async function answersOverHttp(
  deps: HttpDeps,
  asked: AskedOperation,
  request: Request,
  response: Response,
): Promise<AsyncIterable<string> | null> {
  const { operation } = asked;
  if (request.method === 'GET' && operation.kind === 'compiled' && operation.type === 'mutation') {
    refuse(response.set('allow', 'POST'), { status: 405, errors: [{ message: 'A mutation is sent by POST.' }] });
    return null;
  }
  const answers = await answersTo(deps, asked, goneSignal(response));
  if (!('errors' in answers)) return answers;
  refuse(response, answers);
  return null;
}

function refuse(response: Response, { status, errors }: NoAnswers): void {
  response.status(status).json({ errors });
}
