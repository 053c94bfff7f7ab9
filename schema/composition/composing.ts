/** Composes what it is sent, in a thread of its own. */
import { parentPort } from 'node:worker_threads';
import { type ComposableSubgraph, compose } from './compose.ts';

parentPort?.on('message', (subgraphs: readonly ComposableSubgraph[]) => parentPort!.postMessage(compose(subgraphs)));
