import { setTimeout as sleep } from 'node:timers/promises';

import { CommandFailure, EXIT, type ExitCode } from './exit.ts';
import type { ShownRun } from './answer-shapes.ts';
import { OPERATIONS } from './operations.ts';
import { counted } from './table.ts';
import { safeLine, type Terminal } from './terminal.ts';

const POLL_MS = 500;
/** A gateway that is started again is away for some seconds; a minute without it is an outage. */
const OUTAGE_MS = 60_000;
/** The worker takes a run within a second or two; after this one wonders. */
const QUEUED_LONG_MS = 15_000;

type Stage = ShownRun['stages'][number];

/** A run by its id; refuses one that nobody knows. */
export async function requireRun({ ask }: Pick<Terminal, 'ask'>, id: string): Promise<ShownRun> {
  const { run } = await ask(OPERATIONS.run, { id });
  if (run === null)
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no run ${id}: \`weft runs\` lists them.`);
  return run;
}

/** Tells each stage as it comes, and answers the run when it is over; outlives a short outage of the server. */
export async function followRun(terminal: Terminal, id: string): Promise<ShownRun> {
  try {
    return await toItsEnd(terminal, id);
  } catch (error) {
    if (terminal.signal.aborted) terminal.warn(safeLine(`The run ${id} goes on without us: weft run ${id} --watch`));
    throw error;
  }
}

async function toItsEnd(terminal: Terminal, id: string): Promise<ShownRun> {
  const told = new Set<string>();
  const began = performance.now();
  let reachedAt = began;
  for (;;) {
    const run = await requireRun(terminal, id).catch((error: unknown) => {
      const isAway = error instanceof CommandFailure && error.exit === EXIT.unreachable;
      if (isAway && performance.now() - reachedAt < OUTAGE_MS) return null;
      throw error;
    });
    if (run !== null) {
      reachedAt = performance.now();
      for (const stage of run.stages) {
        const step = `${stage.name} ${stage.attempt} ${stage.state}`;
        if (told.has(step) || (stage.state === 'running' && told.has(`${stage.name} ${stage.attempt}`))) continue;
        told.add(step).add(`${stage.name} ${stage.attempt}`);
        terminal.say(`${safeLine(run.product.id)}  ${stageLine(stage, terminal)}`);
      }
      if (isOver(run)) return run;
      if (run.phase === 'queued' && performance.now() - began > QUEUED_LONG_MS && !told.has('queued')) {
        told.add('queued');
        terminal.say(
          `${safeLine(run.product.id)}  still queued: no worker has taken it yet. \`weft doctor\` looks; Ctrl-C leaves it queued.`,
        );
      }
    }
    await sleep(POLL_MS, undefined, { signal: terminal.signal });
  }
}

/** True where nothing more will come of it. */
export function isOver({ phase }: Pick<ShownRun, 'phase'>): boolean {
  return phase !== 'queued' && phase !== 'running';
}

/** Tells how a run that is over ended, where it did not succeed: the exit code. The run itself was shown. */
export function endOf({ id, product, phase, error }: ShownRun, { warn, paint }: Terminal): ExitCode {
  if (phase === 'succeeded') return EXIT.done;
  const why = error === null ? '' : ` ${error.message}`;
  warn(`${paint('red', 'weft:')} ${safeLine(`The run ${id} of ${product.id} ${phase}.${why}`)}`);
  return EXIT.refused;
}

/** `land       done     1.2 s  rowsRead 3,376, rowsLanded 3,376`. */
export function stageLine(stage: Stage, { paint }: Pick<Terminal, 'paint'>): string {
  const { name, state, attempt, startedAt, endedAt, detail } = stage;
  const color = state === 'done' ? 'green' : state === 'failed' ? 'red' : 'dim';
  const again = attempt > 1 ? `attempt ${attempt}` : '';
  return [
    name.padEnd(9),
    paint(color, state.padEnd(7)),
    duration(startedAt, endedAt).padStart(8),
    again,
    detailText(detail),
  ]
    .filter((part) => part !== '')
    .join('  ')
    .trimEnd();
}

/** `1.2 s`; empty while it goes on. */
export function duration(from: string | null, to: string | null): string {
  if (from === null || to === null) return '';
  const seconds = Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function detailText(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return '';
  return (
    Object.entries(detail)
      // A moment among counts is for programs.
      .filter(([name, value]) => name !== 'modifiedMs' && (typeof value === 'number' || typeof value === 'string'))
      .map(([name, value]) => safeLine(`${name} ${counted(value as number | string)}`))
      .join(', ')
  );
}
