import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cloneDatabase } from '../testkit/database.ts';
import { freePorts } from '../testkit/free-port.ts';
import { firstMessage } from '../testkit/processes.ts';
import { gatewayAt, type GatewayAt, KEY } from './gateway-here.ts';

const MAIN = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A gateway in a process of its own, as `up` starts one, over a database of its own. */
export interface GatewayProcess extends GatewayAt {
  readonly pid: number;
  close(): Promise<void>;
}

/** Resolves once it serves. */
export async function gatewayProcess(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const database = await cloneDatabase();
  const [port] = await freePorts(1);
  const child: ChildProcess = fork(MAIN, {
    execArgv: ['--import', LOADER],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, DATABASE_URL: database.url, PORT: String(port), WEFT_ADMIN_KEY: KEY, ...env },
  });
  await firstMessage(child);
  return {
    ...gatewayAt(`http://127.0.0.1:${port}`, database),
    pid: child.pid!,
    close: async () => {
      const over = once(child, 'exit');
      child.kill('SIGTERM');
      await over;
      await database.drop();
    },
  };
}
