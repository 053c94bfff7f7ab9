import type { Dispatcher } from 'undici';
import { Refusal } from '../../../schema/errors.ts';
import type { GoneSignal } from '../../../schema/reading.ts';
import { EVENT_LIMIT, EventQueue } from './event-queue.ts';
import { EventStreamReader, type StreamedEvent } from './event-stream-reader.ts';
import type { Address } from './exchange.ts';
import { Misbehavior, NOBODY_THERE, OutOfReach } from './misbehavior.ts';
import { readAnswer } from './read-answer.ts';
import { Silence } from './silence.ts';

const HEADERS = ['content-type', 'application/json', 'accept', 'text/event-stream, application/json;q=0.1'];

/**
 * Subscribes by server-sent events (graphql-sse, distinct connections mode): resolves when the service begins to answer. Follows no
 * redirect. A service that answers as it answers queries has told one event. Rejects as an exchange does.
 */
export function eventStream(
  dispatcher: Dispatcher,
  { origin, path }: Address,
  body: string,
  ending: GoneSignal,
): Promise<EventQueue> {
  return new Promise((resolve, reject) => {
    const stream = new Stream(ending, resolve, reject);
    if (!stream.over) dispatcher.dispatch({ origin, path, method: 'POST', headers: HEADERS, body }, stream);
  });
}

class Stream implements Dispatcher.DispatchHandler {
  readonly #queue: EventQueue;
  readonly #begun: (queue: EventQueue) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #reader = new EventStreamReader();
  readonly #silence = new Silence(() => this.#fail(new OutOfReach('has fallen silent', false)));
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  /** What came in place of events. */
  #answer: Buffer[] | null = null;
  #bytes = 0;

  constructor(ending: GoneSignal, begun: (queue: EventQueue) => void, reject: (reason: unknown) => void) {
    this.#begun = begun;
    this.#reject = reject;
    this.#queue = new EventQueue(ending, () => {
      this.#silence.end();
      this.#controller?.abort(new Error('nobody listens'));
      // Once it has begun, this says nothing any more.
      reject(ending.reason);
    });
  }

  get over(): boolean {
    return this.#queue.over;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#controller !== null) this.#fail(new OutOfReach('cannot be reached', true));
    this.#controller = controller;
    if (this.over) controller.abort(new Error('nobody listens'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    // 100 to 199 are followed by the answer's own.
    if (status < 200) return;
    this.#status = status;
    if (NOBODY_THERE.has(status)) this.#fail(new OutOfReach(`answered with HTTP status ${status}`, false));
    else if (status !== 200 || !/^text\/event-stream\b/i.test(String(headers['content-type']))) this.#answer = [];
    else this.#begun(this.#queue);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    try {
      if (this.#answer === null) this.#read(chunk);
      else this.#keep(chunk, this.#answer);
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseEnd(): void {
    if (this.over) return;
    if (this.#answer === null) {
      this.#fail(new OutOfReach('ended its events before they were complete', false));
      return;
    }
    try {
      const text = Buffer.concat(this.#answer, this.#bytes).toString('utf8');
      this.#queue.push(readAnswer({ status: this.#status, text }, null), this.#bytes);
      this.#begun(this.#queue);
      this.#queue.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof Refusal) this.#fail(error);
    else if (this.#status === 0) this.#fail(new OutOfReach('cannot be reached', true, error));
    else this.#fail(new OutOfReach('broke its events off', false, error));
  }

  #read(chunk: Buffer): void {
    for (const event of this.#reader.read(chunk)) this.#take(event);
    this.#silence.heard(chunk);
  }

  #take({ name, data }: StreamedEvent): void {
    if (name === 'complete') this.#queue.end();
    // Others are of no protocol that we know: heartbeats, mostly.
    else if (['next', '', 'message'].includes(name) && data !== '')
      this.#queue.push(readAnswer({ status: this.#status, text: data }, null), data.length);
  }

  #keep(chunk: Buffer, answer: Buffer[]): void {
    this.#bytes += chunk.length;
    if (this.#bytes > EVENT_LIMIT) throw new Misbehavior(`sent more than ${EVENT_LIMIT} bytes`);
    answer.push(chunk);
  }

  #fail(reason: unknown): void {
    if (this.over) return;
    this.#reject(reason);
    this.#queue.fail(reason);
  }
}
