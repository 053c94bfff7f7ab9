import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-port.ts';
import { removeHome } from './servers.ts';
import { temporaryHome } from './temporary-home.ts';

const LAUNCHER = fileURLToPath(new URL('../../gateway/cli/weft.js', import.meta.url));

export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
  readonly extensions?: unknown;
}

/** A whole Weft in processes of its own, as `npm start` makes it. */
export interface RunningMesh {
  readonly url: string;
  readonly home: string;
  readonly pid: number;
  readonly output: () => string;
  /** Resolves when it has ended; null where a signal ended it. */
  readonly exitCode: Promise<number | null>;
  request(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** The data; throws on errors. */
  ask<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** Ctrl-C, and its folder removed unless `keep`. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/** Starts Weft on free ports, in a home of its own (or in `home`, again), and resolves once it says that it is ready. */
export async function startMesh(options: { home?: string; env?: Record<string, string> } = {}): Promise<RunningMesh> {
  const home = options.home ?? temporaryHome();
  const [port, temporal, ui, places] = await freePorts(4);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [LAUNCHER, 'up'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WEFT_HOME: home,
      PORT: String(port),
      WEFT_TEMPORAL_PORT: String(temporal),
      WEFT_TEMPORAL_UI_PORT: String(ui),
      PLACES_PORT: String(places),
      ...options.env,
    },
  });
  let output = '';
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/\bready\b/i.test(output)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`Weft ended with ${code} before it was ready:\n${output}`)));
  });
  await ready;
  const request = async (query: string, variables: Record<string, unknown> = {}): Promise<Answer> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  };
  return {
    url,
    home,
    pid: child.pid!,
    output: () => output,
    exitCode,
    request,
    ask: async <Data>(query: string, variables?: Record<string, unknown>): Promise<Data> => {
      const answer = await request(query, variables);
      if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join('\n'));
      return answer.data as Data;
    },
    stop: async ({ keep = false } = {}) => {
      child.kill('SIGINT');
      await exitCode;
      if (!keep) removeHome(home);
    },
  };
}
