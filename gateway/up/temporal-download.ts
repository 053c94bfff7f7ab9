/** Run as a process: the Temporal SDK downloads its development server into the folder given as argument. */
import { createRequire } from 'node:module';

import { Runtime } from '@temporalio/worker';
import { z } from 'zod';

const folder = z.string({ error: 'Give the folder to download into' }).parse(process.argv[2]);
const { version } = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('@temporalio/worker/package.json'));

try {
  const server = await Runtime.instance().createEphemeralServer({
    type: 'dev-server',
    // The service behind it chooses the server that fits the SDK. `ttl` 0 keeps it for good.
    exe: {
      type: 'cached-download',
      downloadDir: folder,
      version: 'default',
      ttl: 0,
      sdkName: 'sdk-typescript',
      sdkVersion: version,
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    uiPort: null,
    dbFilename: null,
    ui: false,
    log: { format: 'pretty', level: 'warn' },
    extraArgs: [],
  });
  // The SDK has no download without a start; having started, the program is proven to run here.
  await Runtime.instance().shutdownEphemeralServer(server);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
