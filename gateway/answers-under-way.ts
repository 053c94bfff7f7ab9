import type { GoneSignal } from '../schema/reading.ts';
import { ClientGone, Flights } from './execute/flights.ts';
import type { Serving } from './serving.ts';

/** What is sent. */
export interface Answered {
  readonly status: number;
  /** As bytes where several may get it: they are made of it once. */
  readonly body: string | Buffer;
  readonly outcome: 'ok' | 'error';
}

/** Nobody reads it. */
const TO_NOBODY: Answered = { status: 503, body: '', outcome: 'error' };

/** Answers under way, of what is served now: who asks for the same waits for the same. */
export class AnswersUnderWay {
  readonly #flights = new Flights<Answered>();
  #serving: Serving | null = null;

  /**
   * `key` holds all that the answer depends on besides `serving`: what is asked, with which variables, and who asks. Null is
   * shared with nobody.
   */
  async ask(
    { serving, key }: { readonly serving: Serving; readonly key: string | null },
    gone: GoneSignal,
    make: (gone: GoneSignal) => Promise<Answered>,
  ): Promise<Answered> {
    if (serving !== this.#serving) this.forget();
    this.#serving = serving;
    try {
      return await this.#flights.ask(key, gone, async (ending) => {
        const answered = await make(ending);
        return { ...answered, body: Buffer.from(answered.body) };
      });
    } catch (error) {
      if (error instanceof ClientGone) return TO_NOBODY;
      throw error;
    }
  }

  /** Something was written: nobody joins what may not have seen it. */
  forget(): void {
    this.#flights.forget();
  }
}
