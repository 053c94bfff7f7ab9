import type { ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { answersOverHttp, askedOverHttp, type HttpDeps, safeEnvelope } from './asked-over-http.ts';
import { acceptedFraming, type Framing } from './framing.ts';
import { needsStream } from './needs-stream.ts';

// Shorter than what proxies wait for.
const HEARTBEAT_MS = 12_000;
// A client that has taken nothing for so long is gone, or as good as that.
const STALLED_MS = 30_000;

/**
 * Answers requests over HTTP whose answers come one by one: all that ask for an event stream alone, and subscriptions that take one.
 * Other subscriptions are refused; everything else is handed on.
 */
export function answerStreamRoute(deps: HttpDeps): RequestHandler {
  return async (request, response, next) => {
    const { framing, only } = acceptedFraming(request.headers.accept);
    const envelope = safeEnvelope(request, framing);
    if (envelope === null) {
      next();
      return;
    }
    const asked = askedOverHttp(deps, envelope, request, response);
    if (asked === null) return;
    const { operation } = asked;
    if (operation.kind === 'subscription' && framing === null) throw needsStream();
    if (framing === null || (operation.kind !== 'subscription' && !only)) {
      next();
      return;
    }
    const answers = await answersOverHttp(deps, asked, request, response);
    if (answers !== null) await write(response, framing, answers);
  };
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
