import { BrokenCircuitError, CircuitState, type CircuitBreakerPolicy } from 'cockatiel';
import pg from 'pg';
import { Refusal } from '../../schema/errors.ts';

/** True of a server that is away, and not of one that says no. */
export function isAway(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError || error instanceof Refusal);
}

export interface Guard {
  readonly breaker: CircuitBreakerPolicy;
  /** Of the server, as its contract has it. */
  readonly name: string;
  readonly refusal: () => Refusal | null;
}

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/** A client that asks the breaker before it connects: whoever wants a server that stays away does not wait for it. */
export function guardedClient({ breaker, name, refusal }: Guard): typeof pg.Client {
  return class extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | void {
      const connected = this.#guarded();
      if (callback === undefined) return connected;
      // Both forms of a callback are one.
      const tell = callback as (error: Error | null, client?: pg.Client) => void;
      connected.then(() => tell(null, this), tell);
    }

    async #guarded(): Promise<pg.Client> {
      const refused = refusal();
      if (refused !== null) throw refused;
      try {
        // While one connection tries it, the others do not wait for what that learns.
        if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
        return await breaker.execute(() => super.connect());
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        const message = `The server ${name} is not asked: it has not answered for a while, and is tried again in a moment.`;
        throw new Refusal('DATABASE_UNREACHABLE', message, { cause: error });
      }
    }
  };
}
