import type { ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Actor } from '../actor.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import { clientOf } from '../usage/client.ts';
import { answersTo, type AskedDeps, askedOperation, type NoAnswers } from './asked-operation.ts';
import { acceptedFraming, type Framing } from './framing.ts';
import { needsStream } from './needs-stream.ts';
import { safeEnvelope } from './safe-envelope.ts';

// Shorter than what proxies wait for.
const HEARTBEAT_MS = 12_000;
// A client that has taken nothing for so long is gone, or as good as that.
const STALLED_MS = 30_000;

export interface AnswerStreamDeps extends AskedDeps {
  readonly actorOf: (authorization: string | undefined) => Actor;
}

/**
 * Answers requests over HTTP whose answers come one by one: all that ask for an event stream alone, and subscriptions that take one.
 * Other subscriptions are refused; everything else is handed on.
 */
export function answerStreamRoute(deps: AnswerStreamDeps): RequestHandler {
  return async (request, response, next) => {
    const { framing, only } = acceptedFraming(request.headers.accept);
    const envelope = safeEnvelope(request, framing);
    if (envelope === null) {
      next();
      return;
    }
    const { headers } = request;
    const asker = { actor: deps.actorOf(headers.authorization), client: clientOf(headers) };
    const asked = askedOperation(deps, asker, envelope);
    if ('errors' in asked) {
      refuse(response, asked);
      return;
    }
    const { operation } = asked;
    if (operation.kind === 'subscription' && framing === null) throw needsStream();
    if (framing === null || (operation.kind !== 'subscription' && !only)) {
      next();
      return;
    }
    if (request.method === 'GET' && operation.kind === 'compiled' && operation.type === 'mutation') {
      refuse(response.set('allow', 'POST'), { status: 405, errors: [{ message: 'A mutation is sent by POST.' }] });
      return;
    }
    const answers = await answersTo(deps, asked, goneSignal(response));
    if ('errors' in answers) refuse(response, answers);
    else await write(response, framing, answers);
  };
}

function refuse(response: Response, { status, errors }: NoAnswers): void {
  response.status(status).json({ errors });
}

/** Each answer is made when the client has taken the one before. */
async function write(response: Response, framing: Framing, answers: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, {
    'content-type': framing.contentType,
    'cache-control': 'no-store, no-transform',
    // nginx would collect them.
    'x-accel-buffering': 'no',
  });
  response.write(framing.begin);
  const beating = setInterval(() => {
    if (!response.writableNeedDrain) response.write(framing.heartbeat);
  }, HEARTBEAT_MS);
  try {
    for await (const json of answers) {
      if (!response.write(framing.answer(json))) await drained(response);
      if (response.destroyed) return;
    }
    response.end(framing.end);
  } finally {
    clearInterval(beating);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      response.off('drain', over);
      response.off('close', over);
      resolve();
    };
    const timer = setTimeout(() => response.destroy(), STALLED_MS);
    response.once('drain', over);
    response.once('close', over);
    if (response.destroyed) over();
  });
}
