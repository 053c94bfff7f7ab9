import { WebSocket } from 'ws';
import { Refusal } from '../../schema/errors.ts';
import type { Actor } from '../actor.ts';
import { envelopeOf } from '../door/envelope.ts';
import { Ending } from '../execute/ending.ts';
import { ClientGone } from '../execute/flights.ts';
import { shownThrown } from '../execute/shown-error.ts';
import { type Client, clientOf } from '../usage/client.ts';
import { answersTo, type AskedDeps, askedOperation, type Asker, type NoAnswers } from './asked-operation.ts';
import { within } from '../../schema/within.ts';
import { gatewayDraining } from './live-operations.ts';

export interface SocketDeps extends AskedDeps {
  readonly actorOf: (authorization: string | undefined) => Actor;
}

const INIT_MS = 3_000;
const PING_MS = 12_000;
// A page has some ten; each is work, and holds a connection to a service.
const OPERATIONS_MAX = 50;
// How long a client has to answer that the connection is closed.
const CLOSING_MS = 1_000;

/** Close codes of `graphql-transport-ws`, and of RFC 6455 where it has none. */
const CLOSE = {
  restart: 1012,
  badRequest: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  initTimeout: 4408,
  alreadyExists: 4409,
  tooManyInits: 4429,
} as const;

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
}

/** Of one message: what was asked by it. */
interface UnderWay {
  readonly ending: Ending;
  isLive: boolean;
}

/** One WebSocket, and all that is asked over it. */
export class SocketSession {
  readonly #deps: SocketDeps;
  readonly #socket: WebSocket;
  readonly #underWay = new Map<string, UnderWay>();
  /** By the header of the request, and then by what it says when it begins. */
  #actor: Actor;
  #client: Client;
  #phase: 'opened' | 'begun' | 'leaving' = 'opened';
  /** Called when something that was under way has ended. */
  #settled: () => void = () => undefined;

  constructor(deps: SocketDeps, socket: WebSocket, { actor, client }: Asker) {
    this.#deps = deps;
    this.#socket = socket;
    this.#actor = actor;
    this.#client = client;
    const starting = setTimeout(() => {
      if (this.#phase === 'opened') this.#close(CLOSE.initTimeout, 'Connection initialisation timeout');
    }, INIT_MS);
    let alive = true;
    const pinging = setInterval(() => {
      if (!alive) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
      alive = false;
    }, PING_MS);
    socket.on('pong', () => (alive = true));
    socket.on('message', (data: Buffer, isBinary) => {
      alive = true;
      if (isBinary) this.#close(CLOSE.badRequest, 'Messages are text');
      else this.#take(data.toString('utf8'));
    });
    // `close` follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(starting);
      clearInterval(pinging);
      for (const { ending } of this.#underWay.values()) ending.abort(new ClientGone());
    });
  }

  /**
   * Ends its subscriptions and, once all else that it was asked is answered, itself: its client is told to open another, in which it
   * subscribes anew.
   */
  async leave(): Promise<void> {
    this.#phase = 'leaving';
    for (const { ending, isLive } of this.#underWay.values()) if (isLive) ending.abort(new ClientGone());
    while ([...this.#underWay.values()].some(({ isLive }) => !isLive))
      await new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#close(CLOSE.restart, 'Service restart');
    await within(CLOSING_MS, closed);
  }

  /** Closes it where the key of who opened it is valid no more. */
  closeUnauthorized(): void {
    if (!this.#actor.isCurrent()) this.#close(CLOSE.forbidden, 'The key is no longer valid');
  }

  /** Ends it, whatever is under way. */
  cut(): void {
    this.#socket.terminate();
  }

  #take(text: string): void {
    const message = messageOf(text);
    switch (message?.type) {
      case 'connection_init':
        this.#begin(message.payload);
        return;
      case 'ping':
        void this.#send({ type: 'pong', ...(message.payload !== undefined && { payload: message.payload }) });
        return;
      case 'pong':
        return;
      case 'subscribe':
        this.#subscribe(message);
        return;
      case 'complete':
        if (typeof message.id === 'string') this.#underWay.get(message.id)?.ending.abort(new ClientGone());
        return;
      default:
        this.#close(CLOSE.badRequest, 'No message of graphql-transport-ws');
    }
  }

  #begin(payload: unknown): void {
    if (this.#phase !== 'opened') {
      this.#close(CLOSE.tooManyInits, 'Too many initialisation requests');
      return;
    }
    const authorization = authorizationIn(payload);
    try {
      if (authorization !== undefined) this.#actor = this.#deps.actorOf(authorization);
    } catch {
      this.#close(CLOSE.forbidden, 'The key is not valid');
      return;
    }
    // A browser can send no header of its own with a WebSocket.
    if (this.#client.name === '' && isObject(payload)) this.#client = clientOf(payload);
    this.#phase = 'begun';
    void this.#send({ type: 'connection_ack' });
  }

  #subscribe({ id, payload }: Message): void {
    if (this.#phase === 'opened') this.#close(CLOSE.unauthorized, 'Unauthorized');
    else if (!this.#actor.isCurrent()) this.closeUnauthorized();
    else if (typeof id !== 'string' || id === '') this.#close(CLOSE.badRequest, 'An operation needs an id');
    else if (this.#underWay.has(id))
      this.#close(CLOSE.alreadyExists, `Subscriber for ${id.slice(0, 60)} already exists`);
    else void this.#answer(id, payload);
  }

  async #answer(id: string, payload: unknown): Promise<void> {
    const underWay: UnderWay = { ending: new Ending(), isLive: false };
    const { ending } = underWay;
    const isOver = (): boolean => ending.aborted;
    this.#underWay.set(id, underWay);
    try {
      const answers = await this.#answers(payload, underWay);
      if (isOver()) return;
      if ('errors' in answers) {
        await this.#send({ id, type: 'error', payload: answers.errors });
        return;
      }
      const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
      // Each is made when the client has taken the one before.
      for await (const json of answers) await this.#sendText(`${head}${json}}`);
      if (!isOver()) await this.#send({ id, type: 'complete' });
    } finally {
      // The client may give the id to another as soon as it is done with this one.
      if (this.#underWay.get(id) === underWay) this.#underWay.delete(id);
      this.#settled();
    }
  }

  async #answers(payload: unknown, underWay: UnderWay): Promise<AsyncIterable<string> | NoAnswers> {
    try {
      if (this.#phase === 'leaving') throw gatewayDraining();
      if (this.#underWay.size > OPERATIONS_MAX)
        throw new Refusal(
          'TOO_MANY_SUBSCRIPTIONS',
          `${OPERATIONS_MAX} operations are under way on this connection: open another.`,
        );
      const envelope = envelopeOf(payload);
      if (envelope === null) throw new Refusal('BAD_INPUT', 'The payload is no request of GraphQL.');
      const asked = askedOperation(this.#deps, { actor: this.#actor, client: this.#client }, envelope);
      if ('errors' in asked) return asked;
      underWay.isLive = asked.operation.kind === 'subscription';
      return await answersTo(this.#deps, asked, underWay.ending);
    } catch (error) {
      return { status: 400, errors: [shownThrown(error as Error, this.#deps.logFault)] };
    }
  }

  #send(message: { readonly payload?: unknown } & Record<string, unknown>): Promise<void> {
    return this.#sendText(JSON.stringify(message));
  }

  /** Resolves when it has left this process, or nobody is there any more. */
  #sendText(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text, () => resolve());
      else resolve();
    });
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

function messageOf(text: string): Message | null {
  try {
    const message = JSON.parse(text) as unknown;
    return typeof message === 'object' ? message : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** As a header would have it: `{"authorization": "Bearer …"}`, in whatever letters. */
function authorizationIn(payload: unknown): string | undefined {
  if (!isObject(payload)) return undefined;
  const found = Object.entries(payload).find(([name]) => name.toLowerCase() === 'authorization');
  return found === undefined ? undefined : String(found[1]);
}
