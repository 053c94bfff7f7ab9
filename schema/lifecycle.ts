/** How a process that `up` supervises speaks with it; by itself (in a container, say) signals alone do. */

/** A stop takes the time of a query or of an activity's heartbeat; with the parent gone nobody else would end us. */
const STOP_WITHIN_MS = 15_000;

/** Says to the parent that this process serves now. */
export function ready(): void {
  if (process.connected) process.send?.({ ready: true });
}

/**
 * Runs `stop` once and ends the process: on SIGTERM, on SIGINT, and when the parent is gone (its channel closes).
 * A stop that fails or hangs ends with exit code 1; a second signal does not run it again.
 */
export function onShutdown(stop: () => Promise<void>): void {
  let stopping = false;
  const shutDown = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, shutDown);
  // The parent may have died before anyone listened: `disconnect` has been and gone then.
  if (process.send !== undefined && !process.connected) shutDown();
}
