/** The server itself ends what takes longer than it may; one that does not say so by then is cut off. */
const GRACE_MS = 10_000;

/** A connection that is cut off once it is called off, or has taken too long. */
export interface BoundedSocket {
  /** Whatever is still under way is not waited for. */
  cut(): void;
  /** True where it took too long. */
  isLate(): boolean;
  /** It is at its end. */
  release(): void;
}

/** Watches over a connection whose server bounds itself by `timeoutSeconds`. */
export function boundedSocket(
  socket: { destroy(): unknown },
  { signal, timeoutSeconds }: { readonly signal: AbortSignal; readonly timeoutSeconds: number },
): BoundedSocket {
  let isLate = false;
  const cut = (): void => void socket.destroy();
  const late = setTimeout(
    () => {
      isLate = true;
      cut();
    },
    timeoutSeconds * 1_000 + GRACE_MS,
  );
  signal.addEventListener('abort', cut);
  return {
    cut,
    isLate: () => isLate,
    release: () => {
      clearTimeout(late);
      signal.removeEventListener('abort', cut);
    },
  };
}
