import type { Dispatcher } from 'undici';
import { Refusal } from '../../../schema/errors.ts';
import type { GoneSignal } from '../../../schema/reading.ts';
import { Misbehavior, NOBODY_THERE, OutOfReach } from './misbehavior.ts';

// The largest answers that were seen are 1 MB; beyond 8 it is a mistake or an attack.
const ANSWER_LIMIT = 8 * 1024 * 1024;

// No compression is asked for, so that nothing inflates.
const HEADERS = ['content-type', 'application/json', 'accept', 'application/json'];

/** What is sent, and how often it was. */
export interface Sending {
  readonly body: string;
  /** Of the trace that it belongs to, as W3C's Trace Context has it; null where none is made. */
  readonly traceparent: string | null;
  times: number;
}

/** Where a service is. */
export interface Address {
  readonly origin: string;
  readonly path: string;
}

/** What came back over HTTP, whole. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends it, once, and reads the whole answer, bounded in size; follows no redirect. `signal` says how long it may take in
 * all: a drop every now and then is no progress. Rejects with a Misbehavior, the signal's reason, or what the lookup refused.
 */
export function exchange(
  dispatcher: Dispatcher,
  { origin, path }: Address,
  sending: Sending,
  signal: GoneSignal,
): Promise<Reply> {
  const { body, traceparent } = sending;
  const headers = traceparent === null ? HEADERS : [...HEADERS, 'traceparent', traceparent];
  return new Promise((resolve, reject) => {
    const answer = new Answer(signal, resolve, reject);
    if (answer.over) return;
    sending.times += 1;
    dispatcher.dispatch({ origin, path, method: 'POST', headers, body }, answer);
  });
}

/** Collects an answer. In place of undici's streams: of a large answer these cost as much as all the rest. */
class Answer implements Dispatcher.DispatchHandler {
  over = false;
  readonly #signal: GoneSignal;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(signal: GoneSignal, resolve: (reply: Reply) => void, reject: (reason: unknown) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#aborted, { once: true });
    if (signal.aborted) this.#aborted();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A second start: undici would send again by itself what was on a connection that broke.
    if (this.#controller !== null) this.#fail(new OutOfReach('cannot be reached', true));
    this.#controller = controller;
    if (this.over) controller.abort(new Error('nobody waits'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    // 100 to 199 are followed by the answer's own.
    this.#status = status;
    if (Number(headers['content-length']) > ANSWER_LIMIT) this.#fail(tooLarge());
    else if (NOBODY_THERE.has(status))
      this.#fail(
        new OutOfReach(`answered with HTTP status ${status}`, headers['retry-after'] === undefined, { status }),
      );
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > ANSWER_LIMIT) this.#fail(tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    this.#end();
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, text: body.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof Refusal) this.#fail(error);
    else if (this.#bytes > 0) this.#fail(new OutOfReach('cut its answer off', false, { cause: error }));
    else this.#fail(new OutOfReach('cannot be reached', true, { cause: error }));
  }

  readonly #aborted = (): void => this.#fail(this.#signal.reason);

  #fail(reason: unknown): void {
    if (this.over) return;
    this.#end();
    this.#chunks.length = 0;
    this.#controller?.abort(new Error('the answer is not wanted'));
    this.#reject(reason);
  }

  #end(): void {
    this.over = true;
    this.#signal.removeEventListener('abort', this.#aborted);
  }
}

function tooLarge(): Misbehavior {
  return new Misbehavior(`sent more than ${ANSWER_LIMIT} bytes`);
}
