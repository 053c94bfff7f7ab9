import { z } from 'zod';

import { askServers } from './ask-servers.ts';

const temporalSchema = z.object({ address: z.string(), namespace: z.string().nullable() });

/** The run's Temporal server, and a namespace that no other test file has: workflow ids and queues may be the real ones. */
export interface TestTemporal {
  /** What TEMPORAL_ADDRESS would be. */
  readonly address: string;
  /** What TEMPORAL_NAMESPACE would be; it has the search attributes. */
  readonly namespace: string;
}

/** A namespace of a test file's own. */
export async function testTemporal(): Promise<TestTemporal> {
  const { address, namespace } = temporalSchema.parse(await askServers('temporal'));
  if (namespace === null) throw new Error('The test server has no namespace left: give it more in servers.ts.');
  return { address, namespace };
}
