// Services and proxies that send heartbeats do so every 5 to 30 s.
const LIMIT_MS = 60_000;

/** A comment of a stream begins with one. */
const COLON = 0x3a;
// A first comment, or several at once, may only push the head of the answer through.
const APART_MS = 1_000;

/**
 * Tells when a service that has sent heartbeats (comments of its stream) has sent nothing for a minute: its connection is dead, though
 * nothing says so. One that never sent any may be silent for as long as it likes; its connection is probed by TCP.
 */
export class Silence {
  readonly #fell: () => void;
  #timer: NodeJS.Timeout | null = null;
  #firstMs: number | null = null;

  constructor(fell: () => void) {
    this.#fell = fell;
  }

  /** A piece of the stream has come. */
  heard(chunk: Buffer): void {
    if (this.#timer !== null) this.#timer.refresh();
    else if (chunk[0] === COLON) {
      this.#firstMs ??= performance.now();
      if (performance.now() - this.#firstMs > APART_MS) this.#timer = setTimeout(this.#fell, LIMIT_MS);
    }
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
