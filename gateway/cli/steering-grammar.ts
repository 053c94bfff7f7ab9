import type { Command } from 'commander';
import { hold, pause, release, resume } from './commands/pause.ts';
import { cancel, retry } from './commands/retry.ts';
import type { Terminal } from './terminal.ts';

type Add = (usage: string, says: string, examples: readonly string[]) => Command;
type On = (command: (terminal: Terminal) => Promise<number>) => Promise<void>;

/** What steers refreshes by hand. */
export function addSteering(add: Add, on: On): void {
  add('pause <product>', 'let nothing come to a product by itself, by schedule or from what it reads', [
    'pause network/airports --reason "the source moves"',
  ])
    .option('--reason <text>', 'why, for all to read')
    .action((id: string, options: { reason?: string }) => on((terminal) => pause(terminal, id, options)));
  add('resume <product>', 'let a paused product go on', ['resume network/airports']).action((id: string) =>
    on((terminal) => resume(terminal, id)),
  );
  add('hold <domain>', 'let no run of a domain start: what is asked for stays queued', [
    'hold network --reason "the warehouse is down until noon"',
  ])
    .option('--reason <text>', 'why, for all to read')
    .action((id: string, options: { reason?: string }) => on((terminal) => hold(terminal, id, options)));
  add('release <domain>', 'end a hold; what was queued starts', ['release network']).action((id: string) =>
    on((terminal) => release(terminal, id)),
  );
  add('cancel <run>', 'call a run off, and clear away what it made', [
    'cancel 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d',
  ]).action((id: string) => on((terminal) => cancel(terminal, id)));
  add('retry <run>', 'take up a failed run from the stage that failed, without extracting again', [
    'retry 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d --wait',
  ])
    .option('--wait', 'show the stages, and end by the outcome')
    .action((id: string, options: { wait?: boolean }) => on((terminal) => retry(terminal, id, options)));
}
