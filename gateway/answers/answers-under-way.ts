import type { GoneSignal } from '../../schema/reading.ts';
import { ClientGone, Flights } from '../execute/flights.ts';
import type { Serving } from '../serving/serving.ts';
import type { ProductRead } from '../usage/read-meter.ts';

/** What is sent. */
export interface Answered {
  readonly status: number;
  /** As bytes where several may get it: they are made of it once. */
  readonly body: string | Buffer;
  readonly outcome: 'ok' | 'error';
  /** Of its errors. */
  readonly codes?: readonly string[];
  /** The products that it was made of, and those of them that brought nothing; absent where nobody reads it. */
  readonly read?: Pick<ProductRead, 'products' | 'failed'>;
}

/** Nobody reads it. */
const TO_NOBODY: Answered = { status: 503, body: '', outcome: 'error', codes: ['CLIENT_GONE'] };

/** Answers under way, of what is served now: who asks for the same waits for the same. */
export class AnswersUnderWay {
  readonly #flights = new Flights<Answered>();
  #serving: Serving | null = null;

  /**
   * `key` holds all that the answer depends on besides `serving`: what is asked, with which variables, and who asks. Null is
   * shared with nobody. `joined` is called where it was under way.
   */
  async ask(
    { serving, key }: { readonly serving: Serving; readonly key: string | null },
    gone: GoneSignal,
    make: (gone: GoneSignal) => Promise<Answered>,
    joined?: () => void,
  ): Promise<Answered> {
    if (serving !== this.#serving) this.forget();
    this.#serving = serving;
    try {
      const start = async (ending: GoneSignal): Promise<Answered> => {
        const answered = await make(ending);
        return { ...answered, body: Buffer.from(answered.body) };
      };
      return await this.#flights.ask(key, gone, start, joined);
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
