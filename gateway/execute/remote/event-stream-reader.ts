import { StringDecoder } from 'node:string_decoder';
import { EVENT_LIMIT } from './event-queue.ts';
import { Misbehavior } from './misbehavior.ts';

/** An event of a stream, as HTML's server-sent events have it. */
export interface StreamedEvent {
  /** Empty where it has none. */
  readonly name: string;
  readonly data: string;
}

/** Reads a `text/event-stream` (HTML, 9.2.6) piece by piece, each event bounded in size. */
export class EventStreamReader {
  readonly #decoder = new StringDecoder('utf8');
  /** Pieces of a line whose end has not come. */
  #rest: string[] = [''];
  #name = '';
  #data: string[] = [];
  /** Letters of both. */
  #restSize = 0;
  #dataSize = 0;

  /** Events that a piece completes. Throws a Misbehavior where one is too large. */
  read(chunk: Buffer): StreamedEvent[] {
    const events: StreamedEvent[] = [];
    const piece = this.#decoder.write(chunk);
    this.#rest.push(piece);
    this.#restSize += piece.length;
    // A line in very many pieces is put together once.
    if (!/[\r\n]/.test(piece) && this.#rest.at(-2)?.endsWith('\r') !== true) {
      this.#bound();
      return events;
    }
    const text = this.#rest.join('');
    let from = 0;
    for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) {
      // Its line feed may be in the next piece.
      if (end === '\r' && index === text.length - 1) break;
      const event = this.#line(text.slice(from, index));
      if (event !== null) events.push(event);
      from = index + end.length;
    }
    this.#rest = [text.slice(from)];
    this.#restSize = text.length - from;
    this.#bound();
    return events;
  }

  #line(line: string): StreamedEvent | null {
    if (line === '') return this.#dispatched();
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') this.#name = value;
    if (field === 'data') {
      this.#data.push(value);
      this.#dataSize += value.length;
    }
    return null;
  }

  #dispatched(): StreamedEvent | null {
    const event =
      this.#name === '' && this.#data.length === 0 ? null : { name: this.#name, data: this.#data.join('\n') };
    this.#name = '';
    this.#data = [];
    this.#dataSize = 0;
    return event;
  }

  #bound(): void {
    if (this.#restSize + this.#dataSize > EVENT_LIMIT)
      throw new Misbehavior(`sent an event of more than ${EVENT_LIMIT} bytes`);
  }
}
