import { EXIT } from '../exit.ts';
import { endOf, followRun } from '../follow-run.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';
import { runText } from './run.ts';

/** Has a failed run taken up again from the stage that failed; with `wait`, to its end. */
export async function retry(terminal: Terminal, id: string, options: { wait?: boolean }): Promise<number> {
  const { retry: asked } = await terminal.ask(OPERATIONS.retry, { id });
  const done = asked.stages.map(({ name }) => name).join(', ');
  terminal.say(
    safeLine(`The run ${asked.id} takes up ${id}${done === '' ? ' from its first stage' : `: ${done} are done`}.`),
  );
  const run = options.wait === true ? await followRun(terminal, asked.id) : asked;
  terminal.show({ run }, () => runText(run, terminal));
  if (options.wait === true) return endOf(run, terminal);
  terminal.say(`Next: weft run ${run.id} --watch`);
  return EXIT.done;
}

/** Calls a run off. */
export async function cancel(terminal: Terminal, id: string): Promise<number> {
  const { cancelRun: run } = await terminal.ask(OPERATIONS.cancel, { id });
  terminal.show({ run }, () => runText(run, terminal));
  return EXIT.done;
}
