import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, type ExecutionResult, graphql, type GraphQLSchema, Kind, parse, subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { ServiceText } from '../federation/subgraph-service.ts';
import type { Tree } from '../gateway-here.ts';

/** A team's own service that tells of events, by server-sent events and by WebSockets at one address. */
export interface EventService {
  readonly url: string;
  /** Subscriptions that it was asked for, oldest first. */
  readonly subscriptions: { readonly query: string; readonly variables: Tree; readonly headers: Tree }[];
  /** Who listens now. */
  listeners(): number;
  /** Resolves once so many listen, and rejects where they do not within seconds. */
  heardBy(count: number): Promise<void>;
  /** Tells all who listen. */
  emit(event: Tree): void;
  /** Ends all subscriptions as the protocol has it. */
  complete(): void;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Serves it, by graphql-js; the fields of `Subscription` are events as they are emitted. */
export async function eventService({ sdl, resolvers }: ServiceText, port = 0): Promise<EventService> {
  const topic = new Topic();
  const typeDefs = parse(sdl);
  const event = { subscribe: () => topic.listen(), resolve: (told: Tree) => told };
  const events = Object.fromEntries(subscriptionFields(typeDefs).map((name) => [name, event]));
  const schema = buildSubgraphSchema({ typeDefs, resolvers: { ...resolvers, Subscription: events } });
  const subscriptions: EventService['subscriptions'] = [];
  const server = createServer((request, response) => {
    void body(request).then(async (text) => {
      const { query, variables, operationName } = JSON.parse(text) as Record<string, Tree>;
      if (query.startsWith('subscription')) {
        subscriptions.push({ query, variables, headers: request.headers });
        await stream(schema, { query, variables, operationName }, response);
      } else {
        const answer = await graphql({ schema, source: query, variableValues: variables, operationName });
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      }
    });
  });
  const sockets = new WebSocketServer({ server });
  useServer(
    {
      schema,
      onSubscribe: ({ extra }, _id, { query, variables }) =>
        void subscriptions.push({ query, variables, headers: extra.request.headers }),
    },
    sockets,
  );
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    server.closeAllConnections();
    for (const client of sockets.clients) client.terminate();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    subscriptions,
    listeners: () => topic.listeners.size,
    heardBy: async (count) => {
      for (let tries = 0; topic.listeners.size !== count; tries++) {
        if (tries === 1_000) throw new Error(`Of ${count} listeners there are ${topic.listeners.size}.`);
        await sleep(5);
      }
    },
    emit: (event) => topic.emit(event),
    complete: () => topic.complete(),
    cut,
    close: async () => {
      cut();
      sockets.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function subscriptionFields({ definitions }: DocumentNode): string[] {
  return definitions.flatMap((node) =>
    node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Subscription'
      ? (node.fields ?? []).map(({ name }) => name.value)
      : [],
  );
}

class Topic {
  readonly listeners = new Set<Listener>();

  listen(): Listener {
    const listener: Listener = new Listener(() => this.listeners.delete(listener));
    this.listeners.add(listener);
    return listener;
  }

  emit(event: Tree): void {
    for (const listener of this.listeners) listener.put({ value: event, done: false });
  }

  complete(): void {
    for (const listener of this.listeners) listener.put({ value: undefined, done: true });
    this.listeners.clear();
  }
}

class Listener implements AsyncIterableIterator<Tree> {
  readonly #gone: () => void;
  readonly #waiting: IteratorResult<Tree>[] = [];
  #take: ((result: IteratorResult<Tree>) => void) | null = null;

  constructor(gone: () => void) {
    this.#gone = gone;
  }

  put(result: IteratorResult<Tree>): void {
    if (this.#take === null) this.#waiting.push(result);
    else this.#take(result);
    this.#take = null;
  }

  next(): Promise<IteratorResult<Tree>> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return Promise.resolve(waiting);
    return new Promise((resolve) => (this.#take = resolve));
  }

  return(): Promise<IteratorResult<Tree>> {
    this.#gone();
    this.put({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** As graphql-sse does. */
async function stream(schema: GraphQLSchema, asked: Record<string, Tree>, response: ServerResponse): Promise<void> {
  const { query, variables, operationName } = asked;
  const answers = await subscribe({ schema, document: parse(query), variableValues: variables, operationName });
  if (!(Symbol.asyncIterator in answers)) {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(answers));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
  response.once('close', () => void answers.return(undefined));
  for await (const answer of answers as AsyncIterable<ExecutionResult>)
    response.write(`event: next\ndata: ${JSON.stringify(answer)}\n\n`);
  response.end('event: complete\ndata:\n\n');
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
