import { register } from 'tsx/esm/api';

/** Jest imports this file itself, without a transform: it may not be TypeScript. */
export default async function globalSetup() {
  process.env.APOLLO_TELEMETRY_DISABLED = 'true';
  register();
  const { openTestServers } = await import('./servers.ts');
  globalThis.weftTestServers = await openTestServers();
}
