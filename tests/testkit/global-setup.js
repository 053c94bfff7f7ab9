import { register } from 'tsx/esm/api';

/** Jest imports this file itself, without a transform: it may not be TypeScript. */
export default async function globalSetup({ nonFlagArgs }) {
  process.env.APOLLO_TELEMETRY_DISABLED = 'true';
  register();
  const { openTestServers } = await import('./servers.ts');
  // A run of everything needs Temporal, whose first fetching takes longer than any test waits for.
  globalThis.weftTestServers = await openTestServers(nonFlagArgs.length === 0 ? ['temporal'] : []);
}
