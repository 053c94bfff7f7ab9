import { OTHER_OPERATIONS, type UsageBatch } from '../../schema/ledger/usage.ts';
import type { Client } from './client.ts';
import { noteGiven } from './given-values.ts';
import type { UsedOperation } from './used-operation.ts';

/**
 * What is told apart in a day. A flood of operations, each written anew, ends in the one bucket of the others, whose coordinates are
 * still counted: that what they use is in use stays true. All of it holds some 20 MB.
 */
const BOUNDS = {
  /** Operations by consumer: a mesh has some hundred of each of its programs. */
  uses: 20_000,
  /** Of one consumer: nobody takes the room of all. */
  usesOfConsumer: 2_000,
  /** Programs, by name and version, that ask one operation. */
  clients: 20,
  /** Coordinates that variables brought, and those of the others. */
  coordinates: 100_000,
  /** Coordinates of operations that are not written yet: of some thousand at once. */
  untold: 500_000,
} as const;

/** What one statement takes: some megabytes. */
const BATCH = { calls: 2_000, coordinates: 10_000 } as const;

/** A count that is written from time to time, and begins anew. */
interface Tally {
  readonly use: Use;
  calls: number;
  lastMs: number;
  /** To be written. */
  pending: boolean;
}

interface CallTally extends Tally {
  readonly client: Client;
  errors: number;
}

interface CoordinateTally extends Tally {
  readonly coordinate: string;
}

/** One operation, as one consumer asks it. */
interface Use {
  readonly consumer: string;
  /** Its hash. */
  readonly operation: string;
  /** Until it is written. */
  untold: UsedOperation | null;
  readonly clients: Map<string, Map<string, CallTally>>;
  clientCount: number;
  readonly coordinates: Map<string, CoordinateTally>;
}

/** What a batch was made of: to be taken off once it is written. */
export interface TakenUsage {
  readonly batch: UsageBatch;
  /** It is written: what was counted meanwhile stays. */
  written(): void;
  /** It is not: it goes with the next. */
  kept(): void;
}

/** Counts who asks which operation, and with which coordinates, in memory. What is known is counted without making anything. */
export class UsageMeter {
  #uses = new Map<string, Map<string, Use>>();
  #ofConsumer = new Map<string, number>();
  #useCount = 0;
  #coordinateCount = 0;
  #untoldCount = 0;
  #calls: CallTally[] = [];
  #coordinates: CoordinateTally[] = [];

  /** One call; `operation` null is not recorded. `times` 0 only says that it is under way still. */
  count(
    operation: UsedOperation | null,
    asked: {
      readonly consumer: string;
      readonly client: Client;
      readonly variables: Readonly<Record<string, unknown>>;
    },
    failed: boolean,
    times: 0 | 1 = 1,
  ): void {
    if (operation === null) return;
    const nowMs = Date.now();
    const { consumer, client, variables } = asked;
    const use = this.#uses.get(operation.hash)?.get(consumer) ?? this.#opened(operation, consumer);
    const tally = use.clients.get(client.name)?.get(client.version) ?? this.#client(use, client);
    tally.calls += times;
    if (failed) tally.errors += 1;
    this.#mark(tally, this.#calls, nowMs);
    if (operation.given.length > 0)
      noteGiven(operation.given, variables, (coordinate) => this.#note(use, coordinate, nowMs, times));
    if (use.operation === OTHER_OPERATIONS)
      for (const coordinate of operation.coordinates) this.#note(use, coordinate, nowMs, times);
  }

  /** What has been counted and not been written, up to what one statement takes; null where there is nothing. */
  take(): TakenUsage | null {
    if (this.#calls.length === 0 && this.#coordinates.length === 0) return null;
    const nowMs = Date.now();
    const calls = this.#calls.splice(0, BATCH.calls);
    const coordinates = this.#coordinates.splice(0, BATCH.coordinates);
    const counted = [...calls, ...coordinates].map((tally) => ({ tally, calls: tally.calls, errors: errorsOf(tally) }));
    const untold = new Map<string, Use[]>();
    for (const { use } of calls)
      if (use.untold !== null) untold.set(use.operation, [...(untold.get(use.operation) ?? []), use]);
    const row = ({ use: { consumer, operation }, calls: times, lastMs }: Tally) => ({
      consumer,
      operation,
      calls: times,
      agoMs: Math.max(0, nowMs - lastMs),
    });
    const batch: UsageBatch = {
      operations: [...untold.values()].map(([use]) => {
        const { hash, name, type, coordinates: used } = use!.untold!;
        return { hash, name, type, coordinates: used };
      }),
      calls: calls.map((tally) => ({
        ...row(tally),
        clientName: tally.client.name,
        clientVersion: tally.client.version,
        errors: tally.errors,
      })),
      coordinates: coordinates.map((tally) => ({ ...row(tally), coordinate: tally.coordinate })),
    };
    return {
      batch,
      written: () => {
        for (const use of [...untold.values()].flat()) this.#told(use);
        for (const { tally, calls: times, errors } of counted) {
          tally.calls -= times;
          if ('errors' in tally) tally.errors -= errors;
          tally.pending = false;
          if (tally.calls > 0) this.#again(tally);
        }
      },
      kept: () => {
        this.#calls = [...calls, ...this.#calls];
        this.#coordinates = [...coordinates, ...this.#coordinates];
      },
    };
  }

  /** Another day: everything has room again. What is not written yet stays where it is. */
  forget(): void {
    if (this.#calls.length > 0 || this.#coordinates.length > 0) return;
    this.#uses = new Map();
    this.#ofConsumer = new Map();
    this.#useCount = this.#coordinateCount = this.#untoldCount = 0;
  }

  #opened(operation: UsedOperation, consumer: string): Use {
    const ofConsumer = this.#ofConsumer.get(consumer) ?? 0;
    const untoldCount = this.#untoldCount + operation.coordinates.length;
    const isFull = this.#useCount >= BOUNDS.uses || ofConsumer >= BOUNDS.usesOfConsumer || untoldCount > BOUNDS.untold;
    const hash = isFull ? OTHER_OPERATIONS : operation.hash;
    const byConsumer = this.#uses.get(hash) ?? new Map<string, Use>();
    this.#uses.set(hash, byConsumer);
    const known = byConsumer.get(consumer);
    if (known !== undefined) return known;
    const use: Use = {
      consumer,
      operation: hash,
      untold: isFull ? null : operation,
      clients: new Map(),
      clientCount: 0,
      coordinates: new Map(),
    };
    byConsumer.set(consumer, use);
    if (isFull) return use;
    this.#useCount += 1;
    this.#untoldCount = untoldCount;
    this.#ofConsumer.set(consumer, ofConsumer + 1);
    return use;
  }

  #client(use: Use, client: Client): CallTally {
    const told = use.clientCount < BOUNDS.clients ? client : { name: 'other', version: '' };
    const byVersion = use.clients.get(told.name) ?? new Map<string, CallTally>();
    use.clients.set(told.name, byVersion);
    const known = byVersion.get(told.version);
    if (known !== undefined) return known;
    const tally: CallTally = { use, client: told, calls: 0, errors: 0, lastMs: 0, pending: false };
    byVersion.set(told.version, tally);
    use.clientCount += 1;
    return tally;
  }

  #note(use: Use, coordinate: string, nowMs: number, times: number): void {
    let tally = use.coordinates.get(coordinate);
    if (tally === undefined) {
      if (this.#coordinateCount >= BOUNDS.coordinates) return;
      this.#coordinateCount += 1;
      tally = { use, coordinate, calls: 0, lastMs: 0, pending: false };
      use.coordinates.set(coordinate, tally);
    }
    tally.calls += times;
    this.#mark(tally, this.#coordinates, nowMs);
  }

  #mark<Kind extends Tally>(tally: Kind, pending: Kind[], nowMs: number): void {
    tally.lastMs = nowMs;
    if (tally.pending) return;
    tally.pending = true;
    pending.push(tally);
  }

  #again(tally: CallTally | CoordinateTally): void {
    tally.pending = true;
    if ('coordinate' in tally) this.#coordinates.push(tally);
    else this.#calls.push(tally);
  }

  #told(use: Use): void {
    if (use.untold === null) return;
    this.#untoldCount -= use.untold.coordinates.length;
    use.untold = null;
  }
}

function errorsOf(tally: CallTally | CoordinateTally): number {
  return 'errors' in tally ? tally.errors : 0;
}
