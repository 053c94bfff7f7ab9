import { type Request, type RequestHandler, Router } from 'express';
import { Refusal } from '../../schema/errors.ts';
import { exportedSupergraph } from '../door/exported-supergraph.ts';
import type { Graph, Variant } from '../serving/graph.ts';
import { answerStreamRoute } from '../live/answer-stream-route.ts';
import type { HttpDeps } from '../live/asked-over-http.ts';
import { wholeAnswerRoute } from '../live/whole-answer-route.ts';

export interface VariantRoutesDeps {
  readonly graph: Graph;
  readonly asking: HttpDeps;
  /** What reads a body, and judges whether it may be asked, as at `/graphql`. */
  readonly admitted: readonly RequestHandler[];
  /** Where subgraphs of this process are found by a router. */
  readonly base: (request: Request) => string;
}

/** `/variants/<name>/graphql` and `/variants/<name>/supergraph.graphql`: parts of the graph, each served as a graph of its own. */
export function variantRoutes({ graph, asking, admitted, base }: VariantRoutesDeps): Router {
  const router = Router();
  router.get('/:variant/supergraph.graphql', (request, response) => {
    const { supergraphSdl: sdl } = required(graph, request.params.variant);
    const current = graph.current();
    const of = { ...current, supergraph: { ...current.supergraph, sdl } };
    response.type('text/plain').send(exportedSupergraph(of, base(request)));
  });
  const asked = (request: Request): HttpDeps => {
    const { schema, operations } = required(graph, String(request.params['variant']));
    return { ...asking, graph: { ...graph, schema: () => schema, operations: () => operations } };
  };
  router.all(
    '/:variant/graphql',
    ...admitted,
    (request, response, next) => answerStreamRoute(asked(request))(request, response, next),
    (request, response) => wholeAnswerRoute(asked(request))(request, response),
  );
  return router;
}

function required(graph: Graph, name: string): Variant {
  const variant = graph.variant(name);
  if (variant === null) throw new Refusal('NOT_FOUND', `This graph has no variant ${name.slice(0, 100)}.`);
  return variant;
}
