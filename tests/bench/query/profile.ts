import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspectorAt } from './inspector.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** V8's own form, as the inspector hands it over. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TOP = 15;

/** Profiles a process that listens for an inspector at `port` while `act` runs; keeps the profile as a file that DevTools opens. */
export async function profileOf(port: number, file: string, act: () => Promise<unknown>): Promise<string> {
  const inspector = await inspectorAt(port);
  try {
    await inspector.send('Profiler.enable');
    await inspector.send('Profiler.setSamplingInterval', { interval: 500 });
    await inspector.send('Profiler.start');
    await act();
    // What the inspector's protocol says of Profiler.stop.
    const { profile } = (await inspector.send('Profiler.stop')) as { profile: CpuProfile };
    writeFileSync(file, JSON.stringify(profile));
    return topOf(profile);
  } finally {
    inspector.close();
  }
}

/** Functions by the time spent in themselves, as shares of the time that was not idle. */
function topOf({ nodes, samples, timeDeltas }: CpuProfile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const selfUs = new Map<string, number>();
  let busyUs = 0;
  samples.forEach((id, index) => {
    const { callFrame } = byId.get(id)!;
    if (callFrame.functionName === '(idle)') return;
    const us = timeDeltas[index] ?? 0;
    busyUs += us;
    const name = nameOf(callFrame);
    selfUs.set(name, (selfUs.get(name) ?? 0) + us);
  });
  const ranked = [...selfUs].sort(([, one], [, other]) => other - one).slice(0, TOP);
  return ranked.map(([name, us]) => `${((100 * us) / busyUs).toFixed(1).padStart(5)} %  ${name}`).join('\n');
}

function nameOf({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  const path = url
    .replace('file://', '')
    .replace(ROOT, '')
    .replace(/^.*node_modules\//, '');
  return path === '' ? name : `${name}  ${path}:${lineNumber + 1}`;
}
