import type { Request, Response } from 'express';
import { Refusal } from '../../schema/errors.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import { clientOf } from '../usage/client.ts';
import type { AnswerStreamDeps } from './answer-stream-route.ts';
import { answersTo, askedOperation, type NoAnswers } from './asked-operation.ts';
import { needsStream } from './needs-stream.ts';
import { safeEnvelope } from './safe-envelope.ts';

/** Answers a query or mutation over HTTP by one whole body, where Apollo Server does not; everything else is refused. */
export function wholeAnswerRoute(deps: AnswerStreamDeps): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const envelope = safeEnvelope(request, null);
    if (envelope === null)
      throw new Refusal(
        'BAD_INPUT',
        'Send an operation as JSON by POST, or by GET with the header `apollo-require-preflight`.',
      );
    const { headers } = request;
    const asked = askedOperation(
      deps,
      { actor: deps.actorOf(headers.authorization), client: clientOf(headers) },
      envelope,
    );
    if ('errors' in asked) {
      refuse(response, asked);
      return;
    }
    const { operation } = asked;
    if (operation.kind === 'subscription') throw needsStream();
    if (request.method === 'GET' && operation.kind === 'compiled' && operation.type === 'mutation') {
      refuse(response.set('allow', 'POST'), { status: 405, errors: [{ message: 'A mutation is sent by POST.' }] });
      return;
    }
    const answers = await answersTo(deps, asked, goneSignal(response));
    if ('errors' in answers) refuse(response, answers);
    else for await (const json of answers) response.set('cache-control', 'no-store').type('json').send(json);
  };
}

function refuse(response: Response, { status, errors }: NoAnswers): void {
  response.status(status).json({ errors });
}
