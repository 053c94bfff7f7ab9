import { type Command, Option } from 'commander';
import { backfill, type BackfillOptions } from './commands/backfill.ts';
import { hold, pause, release, resume } from './commands/pause.ts';
import { cancel, retry } from './commands/retry.ts';
import { atMost } from './at-most.ts';
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
  add(
    'backfill <product>',
    'read a stretch of the sources again in slices, and merge it at once; without --from, list what there was',
    [
      'backfill sales/orders --from 2025-01-01 --to 2025-07-01 --by P1D --at-once 4 --wait',
      'backfill sales/orders',
      'backfill sales/orders --cancel',
    ],
  )
    .option('--from <moment>', 'the first of the watermark: a date, a moment, or a number')
    .option('--to <moment>', 'the first that is no part of it; now where nothing is said')
    .option('--by <length>', 'how long a slice is: P1D, PT6H, P1M, or a number')
    .addOption(new Option('--at-once <count>', 'slices that are read at once, at most').argParser(atMost(16)))
    .option('--reason <text>', 'why, for all to read')
    .option('--wait', 'end by the outcome')
    .option('--cancel', 'call off the one that is under way')
    .option('--retry', 'let the newest one, which failed, go on')
    .action((id: string, options: BackfillOptions) => on((terminal) => backfill(terminal, id, options)));
  add('cancel <run>', 'call a run off, and clear away what it made', [
    'cancel 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d',
  ]).action((id: string) => on((terminal) => cancel(terminal, id)));
  add('retry <run>', 'take up a failed run from the stage that failed, without extracting again', [
    'retry 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d --wait',
  ])
    .option('--wait', 'show the stages, and end by the outcome')
    .action((id: string, options: { wait?: boolean }) => on((terminal) => retry(terminal, id, options)));
}
