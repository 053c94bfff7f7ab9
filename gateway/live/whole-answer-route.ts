import type { Request, Response } from 'express';
import { Refusal } from '../../schema/errors.ts';
import { answersOverHttp, askedOverHttp, type HttpDeps, safeEnvelope } from './asked-over-http.ts';
import { needsStream } from './needs-stream.ts';

/** Answers a query or mutation over HTTP by one whole body, where Apollo Server does not; everything else is refused. */
export function wholeAnswerRoute(deps: HttpDeps): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const envelope = safeEnvelope(request, null);
    if (envelope === null)
      throw new Refusal(
        'BAD_INPUT',
        'Send an operation as JSON by POST, or by GET with the header `apollo-require-preflight`.',
      );
    const asked = askedOverHttp(deps, envelope, request, response);
    if (asked === null) return;
    if (asked.operation.kind === 'subscription') throw needsStream();
    const answers = await answersOverHttp(deps, asked, request, response);
    for await (const json of answers ?? []) response.set('cache-control', 'no-store').type('json').send(json);
  };
}
