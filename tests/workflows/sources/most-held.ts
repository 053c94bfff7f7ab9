import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that this process came to hold more while it worked, what is not collected yet left aside; DuckDB's own memory is not among them. */
export async function mostHeld(work: () => Promise<unknown>): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    // Buffers are freed beside, and are still counted until the next collection has waited for that.
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  let most = before;
  let watch: NodeJS.Timeout;
  const look = (): void => {
    const beganMs = performance.now();
    most = Math.max(most, held());
    // In a process that has run many tests a collection takes a second: most of the time is the work's.
    watch = setTimeout(look, Math.max(1_000, 10 * (performance.now() - beganMs)));
  };
  watch = setTimeout(look, 1_000);
  try {
    await work();
  } finally {
    clearTimeout(watch);
  }
  return most - before;
}
