import { Refusal } from '../../../schema/errors.ts';
import type { StoredSubgraph } from '../../../schema/ledger/supergraphs.ts';
import type { SubgraphRequest } from '../../../schema/reading.ts';
import { askedPaths } from '../asked-paths.ts';
import type { AskSubgraph, SubgraphAnswer } from '../context.ts';
import { type DistinctEntities, distinctEntities, spreadEntities } from './distinct-entities.ts';
import type { Sending } from './exchange.ts';
import { Misbehavior, OutOfReach } from './misbehavior.ts';
import { ERRORS_MAX, readAnswer } from './read-answer.ts';
import type { Service } from './service.ts';

/** A subgraph that is a service elsewhere. */
export type RemoteSubgraph = Pick<StoredSubgraph, 'name' | 'productId'> & { readonly url: string };

export interface RemoteOptions {
  /** Why it may not be asked at all; null where it may. */
  readonly refusal: string | null;
  readonly sharing: boolean;
}

/**
 * A product's own service over HTTP. What goes wrong is one error for each field that it was asked for, naming the product, never
 * a word of the body. Identical queries that are under way at once are sent once.
 */
export function remoteSubgraph(
  { name, productId }: RemoteSubgraph,
  service: Service,
  { refusal, sharing }: RemoteOptions,
): AskSubgraph {
  return async (request, { actor, reading, remotesRead, fetch }) => {
    remotesRead.add(productId ?? name);
    const { query, variables, isQuery = false } = request;
    const representations = variables?.['representations'];
    const entities = Array.isArray(representations) ? distinctEntities(representations) : null;
    const traceparent = fetch?.traceparent ?? null;
    const noted = { status: null as number | null, timesSent: 0, shared: false, sentIn: traceparent };
    try {
      if (refusal !== null) throw new Refusal('FORBIDDEN', refusal);
      const body = bodyOf(request, entities);
      // All that a service can see is the body: no credential is forwarded. Were one, it would have to be in this key.
      const key = isQuery && sharing ? `${actor.profile}\n${body}` : null;
      const own: Sending = { body, traceparent, times: 0 };
      const { reply, sending } = await service.flights
        .ask(
          key,
          reading.signal,
          async (ending) => ({ reply: await service.fetch(own, isQuery, ending), sending: own }),
          () => {
            service.tally.shared += 1;
            noted.shared = true;
          },
        )
        .finally(() => (noted.timesSent = own.times));
      noted.status = reply.status;
      noted.sentIn = sending.traceparent;
      // Each who asked parses it for themselves, and may merge into what they get.
      const answer = readAnswer(reply, entities?.count ?? null);
      return entities?.positions == null ? answer : spreadEntities(answer, entities.positions, ERRORS_MAX);
    } catch (error) {
      if (error instanceof OutOfReach) noted.status = error.status;
      return unavailable(name, query, error);
    } finally {
      fetch?.noteRemote(noted);
      if (!isQuery) service.flights.forget();
    }
  };
}

/** As JSON.stringify makes it, but for the entities, whose text is there already. */
function bodyOf({ query, variables = {}, operationName }: SubgraphRequest, entities: DistinctEntities | null): string {
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`;
  if (entities === null) return `{"query":${JSON.stringify(query)}${name},"variables":${JSON.stringify(variables)}}`;
  const { representations: _counted, ...others } = variables;
  const rest = JSON.stringify(others).slice(1);
  return `{"query":${JSON.stringify(query)}${name},"variables":{"representations":${entities.json}${rest === '}' ? '' : ','}${rest}}`;
}

function unavailable(name: string, query: string, error: unknown): SubgraphAnswer {
  const message = `The service of ${name} ${reasonOf(error)}.`;
  const extensions = { code: 'SUBGRAPH_UNAVAILABLE', product: name };
  const errors = askedPaths(query).map((path) => ({ message, path, extensions }));
  return { data: null, errors: errors.length > 0 ? errors : [{ message, extensions }] };
}

/** What a service did, as the end of a sentence that begins with its name. */
export function reasonOf(error: unknown): string {
  if (error instanceof Misbehavior) return error.message;
  if (error instanceof Refusal) return `was not asked: ${error.message.replace(/\.$/, '')}`;
  return 'cannot be reached';
}
