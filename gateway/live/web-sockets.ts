import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Refusal, REFUSALS } from '../../schema/errors.ts';
import { BODY_LIMIT_BYTES } from '../door/request-body.ts';
import { clientOf } from '../usage/client.ts';
import { within } from '../../schema/within.ts';
import type { Asker } from './asked-operation.ts';
import { gatewayDraining } from './live-operations.ts';
import { isSameOrigin } from './same-origin.ts';
import { type SocketDeps, SocketSession } from './socket-session.ts';

const PROTOCOL = 'graphql-transport-ws';
// What is asked over them and is no subscription is answered first.
const FAREWELL_MS = 10_000;

export interface WebSocketsDeps extends SocketDeps {
  /** So many may be open at once. */
  readonly max: number;
}

/** WebSockets at `/graphql`, by the protocol `graphql-transport-ws`. */
export interface WebSockets {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Closes those of keys that were revoked or have expired. */
  readonly closeUnauthorized: () => void;
  /** Takes no more, and closes each as soon as what it was asked is answered, so that its client tries again elsewhere. */
  readonly close: () => Promise<void>;
}

/** Opens none before a client does. */
export function openWebSockets(deps: WebSocketsDeps): WebSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: BODY_LIMIT_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => PROTOCOL,
  });
  const sessions = new Set<SocketSession>();
  let draining = false;

  /** Throws the refusal of a request that may not become a WebSocket; who asks, by its header. */
  const admitted = ({ url = '', headers }: IncomingMessage): Asker => {
    if (draining) throw gatewayDraining();
    if (!/^\/graphql(?:\?|$)/.test(url)) throw new Refusal('NOT_FOUND', 'There is no WebSocket at this address.');
    if (!isSameOrigin(headers))
      throw new Refusal('FORBIDDEN', 'A page of another origin may not open a WebSocket here.');
    const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!protocols.includes(PROTOCOL))
      throw new Refusal('BAD_INPUT', `WebSockets here speak ${PROTOCOL}: name it as the subprotocol.`);
    if (sessions.size >= deps.max)
      throw new Refusal('TOO_MANY_SUBSCRIPTIONS', `${deps.max} WebSockets are open: try again in a while.`);
    return { actor: deps.actorOf(headers.authorization), client: clientOf(headers) };
  };

  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      let asker: Asker;
      try {
        asker = admitted(request);
      } catch (error) {
        refuse(socket, error);
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const session = new SocketSession(deps, webSocket, asker);
        sessions.add(session);
        webSocket.once('close', () => sessions.delete(session));
      });
    },
    closeUnauthorized: () => {
      for (const session of sessions) session.closeUnauthorized();
    },
    close: async () => {
      draining = true;
      const all = [...sessions];
      await within(
        FAREWELL_MS,
        Promise.all(all.map((session) => session.leave())).then(() => undefined),
      );
      for (const session of all) session.cut();
    },
  };
}

function refuse(socket: Duplex, error: unknown): void {
  const { code, message } =
    error instanceof Refusal ? error : { code: 'INTERNAL' as const, message: 'Something failed inside.' };
  const status = code === 'INTERNAL' ? 500 : REFUSALS[code].http;
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
