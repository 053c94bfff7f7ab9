import type { Pool } from '../../schema/ledger/connect.ts';
import { addReads, cleanReads } from '../../schema/ledger/product-reads.ts';
import { addUsage, cleanUsage } from '../../schema/ledger/usage.ts';
import { within } from '../../schema/within.ts';
import { ReadMeter } from './read-meter.ts';
import { UsageMeter } from './usage-meter.ts';

// Shorter is a write more for the same rows; longer is more that a gateway which is killed has not told.
const FLUSH_MS = 5_000;
// A ledger that does not answer holds up no gateway that goes down.
const FAREWELL_MS = 5_000;

export interface UsageDeps {
  readonly ledger: Pool;
  /** Before each write: what is under way for long says so. */
  readonly beforeFlush: () => void;
  readonly onFault: (error: unknown) => void;
}

/** The usage of one gateway: counted in memory, written to the ledger from time to time. */
export interface Usage {
  readonly meter: UsageMeter;
  readonly reads: ReadMeter;
  /** Writes what was counted; where that fails, it is kept for the next time. */
  flush(): Promise<void>;
  /** Writes the last of it. */
  close(): Promise<void>;
}

/** Begins to count. Once a day, what is too long ago is deleted. */
export function openUsage({ ledger, beforeFlush, onFault }: UsageDeps): Usage {
  const meter = new UsageMeter();
  const reads = new ReadMeter();
  let cleaned = '';
  let flushing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    for (let taken = meter.take(); taken !== null; taken = meter.take()) {
      try {
        await addUsage(ledger, taken.batch);
      } catch (error) {
        taken.kept();
        throw error;
      }
      taken.written();
    }
    const read = reads.take();
    if (read !== null)
      await addReads(ledger, read).catch((error: unknown) => {
        reads.putBack(read);
        throw error;
      });
    const today = new Date().toISOString().slice(0, 10);
    if (today === cleaned) return;
    meter.forget();
    await cleanUsage(ledger);
    await cleanReads(ledger);
    cleaned = today;
  };

  const flush = (): Promise<void> => {
    beforeFlush();
    return (flushing ??= write()
      .catch(onFault)
      .finally(() => {
        flushing = null;
      }));
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();
  return {
    meter,
    reads,
    flush,
    close: async () => {
      clearInterval(timer);
      // One that is under way may have begun before the last was counted.
      await within(FAREWELL_MS, (flushing ?? Promise.resolve()).then(flush));
    },
  };
}
