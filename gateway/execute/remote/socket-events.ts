import { WebSocket } from 'ws';
import { Refusal } from '../../../schema/errors.ts';
import type { GoneSignal, SubgraphRequest } from '../../../schema/reading.ts';
import type { Lookup } from '../../../schema/checked-lookup.ts';
import { EVENT_LIMIT, EventQueue } from './event-queue.ts';
import { Misbehavior, NOBODY_THERE, OutOfReach } from './misbehavior.ts';
import { checkedAnswer, parsed } from './read-answer.ts';

export interface SocketOptions {
  readonly lookup: Lookup;
  /** Certificates that are trusted in place of the system's. */
  readonly authorities: readonly string[] | undefined;
}

// A connection that is alive answers a ping within a round trip.
const PING_MS = 20_000;
const ID = '1';

/**
 * Subscribes over a WebSocket of its own (`graphql-transport-ws`): resolves when the service has acknowledged the connection. Follows no
 * redirect. Rejects as an exchange does.
 */
export function socketEvents(
  url: string,
  request: SubgraphRequest,
  ending: GoneSignal,
  { lookup, authorities }: SocketOptions,
): Promise<EventQueue> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', {
      lookup,
      ...(authorities && { ca: [...authorities] }),
      maxPayload: EVENT_LIMIT,
      perMessageDeflate: false,
      followRedirects: false,
    });
    let begun = false;
    const queue = new EventQueue(ending, () => {
      clearInterval(pinging);
      if (socket.readyState === WebSocket.OPEN) send(socket, { id: ID, type: 'complete' });
      socket.close(1000);
      const why = ending.reason as Error;
      reject(why);
    });
    const fail = (reason: Error): void => {
      // Once it has begun, this says nothing any more.
      reject(reason);
      queue.fail(reason);
    };
    let alive = true;
    const pinging = setInterval(() => {
      if (!alive) {
        fail(new OutOfReach('has fallen silent', false));
        socket.terminate();
        return;
      }
      alive = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, PING_MS);
    const take = (text: string): void => {
      const message = requireMessage(parsed(text, 200));
      if (message.type === 'connection_ack' && !begun) {
        begun = true;
        const { query, variables = {}, operationName } = request;
        send(socket, { id: ID, type: 'subscribe', payload: { query, variables, operationName } });
        resolve(queue);
      } else if (message.type === 'ping') send(socket, { type: 'pong' });
      else if (message.id !== ID) return;
      else if (message.type === 'next')
        queue.push(checkedAnswer(message.payload, { status: 200, entities: null }), text.length);
      else if (message.type === 'error') {
        queue.push(checkedAnswer({ errors: message.payload }, { status: 200, entities: null }), text.length);
        queue.end();
      } else if (message.type === 'complete') queue.end();
    };
    socket.on('open', () => send(socket, { type: 'connection_init' }));
    socket.on('message', (data: Buffer) => {
      alive = true;
      if (queue.over) return;
      try {
        take(data.toString('utf8'));
      } catch (error) {
        fail(error as Error);
      }
    });
    socket.on('pong', () => (alive = true));
    socket.on('unexpected-response', (handshake, response) => {
      const status = response.statusCode ?? 0;
      const what = `answered with HTTP status ${status}`;
      fail(NOBODY_THERE.has(status) ? new OutOfReach(what, false) : new Misbehavior(what));
      handshake.destroy();
    });
    socket.on('error', (error) => fail(reasonOf(error, begun)));
    socket.on('close', (code) => fail(new OutOfReach(`closed its WebSocket with code ${code}`, false)));
    // Where it has ended before it began.
    if (queue.over) socket.terminate();
  });
}

function reasonOf(error: Error & { readonly code?: string }, begun: boolean): Error {
  if (error instanceof Refusal) return error;
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return new Misbehavior(`sent an event of more than ${EVENT_LIMIT} bytes`);
  return new OutOfReach(begun ? 'broke its events off' : 'cannot be reached', false, error);
}

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
}

function requireMessage(value: unknown): Message {
  if (typeof value === 'object' && value !== null) return value;
  throw new Misbehavior('did not speak graphql-transport-ws');
}

function send(socket: WebSocket, message: object): void {
  socket.send(JSON.stringify(message));
}
