import type { GoneSignal } from '../../schema/reading.ts';
import { Ending } from './ending.ts';

/** Starts what many may wait for, and gives up when it is told to: nobody waits any more. */
type Start<Value> = (ending: Ending) => Promise<Value>;

/** The client that asked has gone: what becomes of its answer, nobody sees. */
export class ClientGone extends Error {}

/** What is under way, by a key: who asks for the same waits for the same. */
export class Flights<Value> {
  readonly #underWay = new Map<string, Flight<Value>>();

  /** `key` null is shared with nobody. Rejects when `gone` fires, while others wait on. `joined` is called where it was under way. */
  ask(key: string | null, gone: GoneSignal, start: Start<Value>, joined?: () => void): Promise<Value> {
    if (gone.aborted) return Promise.reject(new ClientGone());
    const known = key === null ? undefined : this.#underWay.get(key);
    if (known !== undefined) joined?.();
    return (known ?? this.#open(key, start)).join(gone);
  }

  /** Nobody joins what is under way now: something was written that it may not have seen. */
  forget(): void {
    this.#underWay.clear();
  }

  #open(key: string | null, start: Start<Value>): Flight<Value> {
    const flight = new Flight(start, () => {
      if (key !== null && this.#underWay.get(key) === flight) this.#underWay.delete(key);
    });
    if (key !== null) this.#underWay.set(key, flight);
    return flight;
  }
}

class Flight<Value> {
  readonly #ending = new Ending();
  readonly #value: Promise<Value>;
  readonly #over: () => void;
  #waiting = 0;

  constructor(start: Start<Value>, over: () => void) {
    this.#over = over;
    this.#value = start(this.#ending).finally(over);
    // Where all have gone, nobody hears of it.
    this.#value.catch(() => undefined);
  }

  join(gone: GoneSignal): Promise<Value> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(new ClientGone());
        this.#waiting -= 1;
        if (this.#waiting > 0) return;
        this.#over();
        this.#ending.abort(new ClientGone());
      };
      gone.addEventListener('abort', leave, { once: true });
      const stay = (): void => gone.removeEventListener('abort', leave);
      this.#value.then(stay, stay);
      this.#value.then(resolve, reject);
    });
  }
}
