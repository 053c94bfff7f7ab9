import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { ChildSpec } from './children.ts';
import { ROOT } from './home.ts';

/** Loading the packages takes two seconds, and far longer where the machine is busy with a first load. */
const READY_WITHIN_MS = 120_000;

/** A TypeScript program of ours, which says over its channel that it is ready: see schema/lifecycle.ts. */
export function nodeChild(name: string, title: string, entry: string, env: NodeJS.ProcessEnv): ChildSpec {
  // By its full address: whoever starts us may stand in another folder.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return {
    name,
    title,
    command: process.execPath,
    args: ['--import', loader, join(ROOT, entry)],
    env,
    cwd: ROOT,
    readyWithinMs: READY_WITHIN_MS,
    // Longer than schema/lifecycle.ts gives the child itself.
    stop: [{ signal: 'SIGTERM', patienceMs: 20_000 }],
  };
}
