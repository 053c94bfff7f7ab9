import { createServer, type Server, type Socket, connect } from 'node:net';
import { once } from 'node:events';

/** A TCP proxy on 127.0.0.1 between a client and a server, which a test cuts. */
export interface Wire {
  readonly port: number;
  /** Nothing goes through any more, in either direction, and nobody is told; new connections are taken and hang. */
  cut(): void;
  /** All goes through again: what was sent meanwhile too, as over a network that was away. */
  mend(): void;
  /** Clients are told that their connections broke; the server is not, and holds its ends open. New ones go through. */
  forsake(): void;
  /** The next client that says this has it brought to the server, and hears no answer: its connection breaks. */
  loseAnswerTo(words: string): Promise<void>;
  close(): Promise<void>;
}

export async function wireTo(target: number): Promise<Wire> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const held = new Set<Socket>();
  const state: { isCut: boolean; listened: { words: string; heard: () => void } | null } = {
    isCut: false,
    listened: null,
  };
  const join = (client: Socket): void => {
    const server = connect(target, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      if (!held.has(server)) server.destroy();
      client.destroy();
    };
    for (const socket of [client, server]) socket.on('error', () => undefined).on('close', end);
    client.on('data', (bytes) => {
      server.write(bytes);
      if (state.listened === null || !bytes.includes(state.listened.words)) return;
      const { heard } = state.listened;
      state.listened = null;
      server.removeAllListeners('data').resume();
      // By then the server has done it.
      setTimeout(() => {
        client.resetAndDestroy();
        heard();
      }, 300);
    });
    server.on('data', (bytes) => client.write(bytes));
    if (state.isCut) still(pair);
  };
  const proxy: Server = createServer(join).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as { port: number }).port,
    cut: () => {
      state.isCut = true;
      for (const pair of pairs) still(pair);
    },
    mend: () => {
      state.isCut = false;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.resume();
    },
    forsake: () => {
      state.isCut = false;
      for (const { client, server } of pairs) {
        held.add(server);
        client.resetAndDestroy();
      }
    },
    loseAnswerTo: (words) => new Promise((heard) => (state.listened = { words, heard })),
    close: async () => {
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
      for (const server of held) server.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

function still({ client, server }: { client: Socket; server: Socket }): void {
  client.pause();
  server.pause();
}
