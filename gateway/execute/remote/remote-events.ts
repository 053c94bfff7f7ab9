import type { Dispatcher } from 'undici';
import { GraphQLError } from 'graphql';
import { Refusal } from '../../../schema/errors.ts';
import type { GoneSignal, SubgraphRequest } from '../../../schema/reading.ts';
import type { EventSource, SubgraphAnswer } from '../context.ts';
import { Ending } from '../ending.ts';
import type { EventsAddress } from './events-address.ts';
import type { EventQueue } from './event-queue.ts';
import { eventStream } from './event-stream.ts';
import { Misbehavior } from './misbehavior.ts';
import { reasonOf, type RemoteSubgraph } from './remote-subgraph.ts';
import type { Service } from './service.ts';
import { socketEvents, type SocketOptions } from './socket-events.ts';

export interface RemoteEventsOptions extends SocketOptions {
  /** Why it may not be asked at all; null where it may. */
  readonly refusal: string | null;
  /** Not that of its queries: a connection is held for each subscription. */
  readonly dispatcher: Dispatcher;
}

/** Events of a product's own service. All that it can see is the request: no credential is forwarded. */
export function remoteEvents(
  { name, productId }: RemoteSubgraph,
  service: Service,
  { protocol, url }: EventsAddress,
  options: RemoteEventsOptions,
): EventSource {
  const begin = (request: SubgraphRequest, ending: Ending): Promise<EventQueue> => {
    if (protocol === 'websocket') return socketEvents(url, request, ending, options);
    const { origin, pathname, search } = new URL(url);
    const { query, variables = {}, operationName } = request;
    const body = JSON.stringify({ query, operationName, variables });
    return eventStream(options.dispatcher, { origin, path: `${pathname}${search}` }, body, ending);
  };
  return {
    address: `${protocol} ${url}`,
    productId: productId ?? name,
    open: async (request, gone) => {
      const ending = following(gone);
      try {
        if (options.refusal !== null) throw new Refusal('FORBIDDEN', options.refusal);
        return told(name, await service.begin(ending, () => begin(request, ending)));
      } catch (error) {
        throw gone.aborted ? gone.reason : unavailable(name, error);
      }
    },
  };
}

/** An ending that comes with another's, and by itself. */
function following(gone: GoneSignal): Ending {
  const ending = new Ending();
  if (gone.aborted) ending.abort(gone.reason);
  else gone.addEventListener('abort', () => ending.abort(gone.reason), { once: true });
  return ending;
}

async function* told(name: string, events: EventQueue): AsyncGenerator<SubgraphAnswer> {
  try {
    yield* events;
  } catch (error) {
    throw error instanceof Misbehavior ? unavailable(name, error) : error;
  }
}

function unavailable(name: string, error: unknown): GraphQLError {
  return new GraphQLError(`The service of ${name} ${reasonOf(error)}.`, {
    extensions: { code: 'SUBGRAPH_UNAVAILABLE', product: name },
  });
}
