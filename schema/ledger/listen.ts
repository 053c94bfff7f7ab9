import { Socket } from 'node:net';
import pg from 'pg';

/**
 * Calls `onHint` at once, whenever the ledger announces an event, and every `pollMs` besides, since a notification can be
 * missed. Calls never overlap; a hint during a call leads to one more. Reconnects by itself. Resolves to a stop function.
 */
export function listen(
  databaseUrl: string,
  options: { name: string; pollMs: number; onHint: () => Promise<void>; onFault: (error: unknown) => void },
): { stop: () => Promise<void> } {
  let stopped = false;
  let client: pg.Client | null = null;
  /** Of the connection that is being made, if any. */
  let socket: Socket | null = null;
  let running: Promise<void> | null = null;
  let again = false;

  const hint = (): void => {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = options
      .onHint()
      .catch(options.onFault)
      .finally(() => {
        running = null;
        if (again) {
          again = false;
          hint();
        }
      });
  };

  const connect = async (): Promise<void> => {
    const connecting = new Socket();
    socket = connecting;
    const next = new pg.Client({
      connectionString: databaseUrl,
      application_name: options.name,
      connectionTimeoutMillis: 5_000,
      stream: () => connecting,
    });
    next.on('notification', hint);
    // The poll below reconnects: an error here only says that the connection is gone.
    next.on('error', () => undefined);
    next.on('end', () => {
      if (client === next) client = null;
    });
    try {
      await next.connect();
      await next.query('listen weft');
      if (stopped) await next.end();
      else client = next;
    } catch (error) {
      if (!stopped) options.onFault(error);
      connecting.destroy();
    } finally {
      socket = null;
    }
  };

  const poll = async (): Promise<void> => {
    if (client === null) await connect();
    hint();
  };

  let polling: Promise<void> | null = null;
  const pollOnce = (): void => {
    polling ??= poll().finally(() => {
      polling = null;
    });
  };
  pollOnce();
  const timer = setInterval(pollOnce, options.pollMs);

  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      // A server that does not answer is not waited for.
      socket?.destroy();
      await polling;
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}
