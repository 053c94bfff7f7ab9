import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

import { SEARCH_ATTRIBUTES } from '../../gateway/up/temporal.ts';
import { askServers } from './ask-servers.ts';

const serverSchema = z.object({ address: z.string() });

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;
/** The server's caches learn of a namespace within two tenths of a second. */
const TRIES = 100;

/** The run's Temporal server, and a namespace that no other test file has: workflow ids and queues may be the real ones. */
export interface TestTemporal {
  /** What TEMPORAL_ADDRESS would be. */
  readonly address: string;
  /** What TEMPORAL_NAMESPACE would be; it has the search attributes. */
  readonly namespace: string;
}

/** Makes a namespace of a test file's own: some 100 ms. */
export async function testTemporal(): Promise<TestTemporal> {
  const { address } = serverSchema.parse(await askServers('temporal'));
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    const { workflowService, operatorService } = connection;
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD]));
    await eventually(() => operatorService.addSearchAttributes({ namespace, searchAttributes }));
    await eventually(() => workflowService.describeNamespace({ namespace }));
    return { address, namespace };
  } finally {
    await connection.close();
  }
}

async function eventually(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(50);
    }
  }
}
