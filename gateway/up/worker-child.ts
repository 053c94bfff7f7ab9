import type { ChildSpec } from './children.ts';
import { nodeChild } from './node-child.ts';

/**
 * The worker, as a process that holds little: its rows pass by outside of V8's heap. Some 70 MiB less than Node and glibc take by
 * themselves; the Dockerfile says the same.
 */
export function workerChild(env: NodeJS.ProcessEnv): ChildSpec {
  const spec = nodeChild('worker', 'the worker', 'workflows/main.ts', {
    ...env,
    // glibc gives each of 17 threads an arena of its own, and takes nothing back from them.
    MALLOC_ARENA_MAX: '2',
  });
  // Of 16 MiB, Node's default, three are held for objects that die young: pages of an API fit into less.
  return { ...spec, args: ['--max-semi-space-size=4', ...spec.args] };
}
