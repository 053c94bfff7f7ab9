import { once } from 'node:events';
import { WebSocket } from 'undici';

/** A connection to the inspector of a Node process. */
export interface Inspector {
  /** What the protocol says a method answers. */
  send(method: string, params?: object): Promise<unknown>;
  close(): void;
}

/** Connects to a process that was started with `--inspect` at this port of the loopback. */
export async function inspectorAt(port: number): Promise<Inspector> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, 'open');
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  let last = 0;
  return {
    send: (method, params = {}) =>
      new Promise<unknown>((resolve) => {
        const id = (last += 1);
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params }));
      }),
    close: () => socket.close(),
  };
}
