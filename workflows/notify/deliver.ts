import type { Logger } from 'pino';
import type { Pool } from '../../schema/ledger/connect.ts';
import {
  clearDeliveries,
  type Delivery,
  markFailed,
  markSent,
  releaseDelivery,
  takeDeliveries,
} from '../../schema/ledger/deliveries.ts';
import { NotNow, type Senders, Undeliverable } from './sender.ts';

export interface DeliverDeps {
  readonly pool: Pool;
  readonly senders: Senders;
  readonly log: Logger;
}

/** What is sent by one worker process. */
export interface Deliveries {
  /** Begins to send what is due, as far as there is room; resolves once nothing is due that there is room for. */
  look(): Promise<void>;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
  /** Calls off what is under way: another worker sends it. */
  stop(): Promise<void>;
}

/** At once, of one process. */
const AT_ONCE = 16;
/** To one destination at once: a slow one takes a quarter of the room, and no more. */
const EACH = 4;
/** What does not come through within this is tried again. */
const ATTEMPT_MS = 30_000;
/** Longer than an attempt takes, so that nobody else begins meanwhile. */
const LEASE_SECONDS = 60;
/** From a second, doubled, up to a quarter of an hour; each wait is between half of it and the whole, so that all do not come back at once. */
const DELAY_SECONDS = { first: 1, most: 900 } as const;
/** A receiver may ask for an hour of peace. */
const WAIT_SECONDS_MAX = 3_600;
/** What was sent is kept for a week, for those who ask what was. */
const KEPT_SECONDS = 7 * 86_400;
const WAITING_MAX = 100_000;
/** Removed in one statement: some 100 ms. */
const CLEARED_AT_ONCE = 10_000;

/** Sends what the ledger's deliveries ask for, at least once each. Several processes may. */
export function openDeliveries({ pool, senders, log }: DeliverDeps): Deliveries {
  const stopping = new AbortController();
  const underWay = new Map<Promise<void>, string>();
  let looking: Promise<void> | null = null;
  let asked = 0;

  const takeAll = async (): Promise<void> => {
    while (!stopping.signal.aborted && underWay.size < AT_ONCE) {
      const taken = await takeDeliveries(pool, {
        channels: Object.keys(senders),
        busy: busyPlaces([...underWay.values()]),
        each: EACH,
        limit: AT_ONCE - underWay.size,
        leaseSeconds: LEASE_SECONDS,
      });
      if (taken.length === 0) return;
      for (const delivery of taken) begin(delivery);
    }
  };
  /** One that is under way may have asked the ledger before there was room: then it asks again. */
  const takeAsked = async (): Promise<void> => {
    for (let answered = 0; answered !== asked && !stopping.signal.aborted;) {
      answered = asked;
      await takeAll();
    }
  };
  const look = (): Promise<void> => {
    asked += 1;
    return (looking ??= takeAsked().finally(() => {
      looking = null;
    }));
  };
  const begin = (delivery: Delivery): void => {
    const sending = attempt({ pool, senders, log }, delivery, stopping.signal)
      .catch((error: unknown) => log.warn({ err: error, delivery: delivery.id }, 'a delivery is tried again'))
      .finally(() => {
        underWay.delete(sending);
        // There is room for the next; where the ledger is away the next look finds it.
        if (!stopping.signal.aborted) void look().catch(() => undefined);
      });
    underWay.set(sending, placeOf(delivery));
  };
  const idle = async (): Promise<void> => {
    while (underWay.size > 0 || looking !== null) await Promise.allSettled([looking, ...underWay.keys()]);
  };
  return {
    look,
    idle,
    stop: async () => {
      stopping.abort();
      await idle();
    },
  };
}

/** Removes what was sent or given up long ago. */
export async function clearSent(pool: Pool): Promise<void> {
  const limits = { keptSeconds: KEPT_SECONDS, waitingMax: WAITING_MAX, limit: CLEARED_AT_ONCE };
  while ((await clearDeliveries(pool, limits)) === CLEARED_AT_ONCE);
}

async function attempt({ pool, senders, log }: DeliverDeps, delivery: Delivery, stopping: AbortSignal): Promise<void> {
  const { id, channel, destination, attempts } = delivery;
  try {
    await senders[channel]?.(delivery, AbortSignal.any([stopping, AbortSignal.timeout(ATTEMPT_MS)]));
  } catch (error) {
    if (stopping.aborted) return releaseDelivery(pool, delivery);
    const reason = error instanceof Error ? error.message : String(error);
    const ended = await markFailed(pool, delivery, { reason, delaySeconds: delayOf(error, attempts) });
    if (ended === 'given_up')
      log.error({ delivery: id, channel, destination, attempts, reason }, 'a delivery is given up');
    return;
  }
  await markSent(pool, id);
}

function delayOf(error: unknown, attempts: number): number | null {
  if (error instanceof Undeliverable) return null;
  if (error instanceof NotNow) return Math.min(error.waitSeconds, WAIT_SECONDS_MAX);
  const { first, most } = DELAY_SECONDS;
  return Math.min(first * 2 ** (attempts - 1), most) * (0.5 + Math.random() / 2);
}

function placeOf({ channel, destination }: Delivery): string {
  return `${channel} ${destination}`;
}

/** Those to which as much is under way as may be. */
function busyPlaces(places: readonly string[]): string[] {
  return [...new Set(places)].filter((place) => places.filter((one) => one === place).length >= EACH);
}
