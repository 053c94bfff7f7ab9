import type { RequestHandler } from 'express';
import { z } from 'zod';
import { Refusal } from '../../schema/errors.ts';
import type { ProductId } from '../../schema/ids.ts';
import { type Actor, requireAdmin } from '../actor.ts';
import { type LogFault, shownError } from '../execute/shown-error.ts';
import { goneSignal } from '../execute/gone-signal.ts';
import type { Graph } from '../serving/graph.ts';

const envelope = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

/** One managed subgraph by itself, for a router of another make that has the credential. */
export function subgraphRoute(graph: Graph, actorOf: (header?: string) => Actor, log: LogFault): RequestHandler {
  return async (request, response) => {
    requireAdmin(actorOf(request.headers.authorization));
    const subgraph = graph.subgraph(
      `weft:///subgraphs/${String(request.params['domain'])}/${String(request.params['revision'])}`,
    );
    if (subgraph === null) throw new Refusal('NOT_FOUND', 'There is no such subgraph, or it was replaced long ago.');
    const read = envelope.safeParse(request.body);
    if (!read.success) throw new Refusal('BAD_INPUT', 'A GraphQL request is JSON with `query`.');
    const { query, variables, operationName } = read.data;
    const answer = await subgraph.subgraph.execute(
      { query, ...(variables && { variables }), ...(operationName && { operationName }) },
      { datasets: subgraph.datasets, productsRead: new Set<ProductId>(), signal: goneSignal(response) },
    );
    if ('json' in answer) {
      response.type('application/json').send(`{"data":${answer.json}}`);
      return;
    }
    const { data, errors } = answer;
    response.json({ data, ...(errors && { errors: errors.map((error) => shownError(error, log)) }) });
  };
}
