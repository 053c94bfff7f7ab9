import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The folder that `prepare.sh` filled; null where these tests are not asked for. */
export const SPARK_CACHE = process.env['WEFT_SPARK_TESTS'] ?? null;

/** A Spark Connect server of this machine, `local[2]`. */
export interface SparkServer {
  /** `sc://127.0.0.1:…` */
  readonly remote: string;
  stop(): Promise<void>;
}

/** Starts one, and resolves once it listens. */
export async function startSpark(cache: string): Promise<SparkServer> {
  const [python = ''] = await readdir(join(cache, 'venv', 'lib'));
  const home = join(cache, 'venv', 'lib', python, 'site-packages', 'pyspark');
  const jar = (await readdir(cache)).find((name) => /^postgresql-.*\.jar$/.test(name));
  const port = await freePort();
  const settings = {
    'spark.ui.enabled': 'false',
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(port),
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.memory': '1g',
    // A task a core: what is small needs no 200.
    'spark.sql.shuffle.partitions': '2',
  };
  const child = spawn(
    join(home, 'bin', 'spark-submit'),
    [
      ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', '--master', 'local[2]'],
      ...['--jars', join(cache, jar ?? 'postgresql.jar')],
      ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
      'spark-internal',
    ],
    {
      cwd: await mkdtemp(join(tmpdir(), 'weft-spark-')),
      env: { ...process.env, SPARK_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const ended = once(child, 'exit');
  const untilMs = Date.now() + 120_000;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > untilMs) throw new Error(`Spark did not start:\n${said}`);
    await sleep(200);
  }
  return {
    remote: `sc://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
