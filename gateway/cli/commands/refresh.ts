import { EXIT } from '../exit.ts';
import { endOf, followRun } from '../follow-run.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';
import { runText } from './run.ts';

/** Asks for a refresh, or joins the one that is under way; with `wait`, to its end. */
export async function refresh(
  terminal: Terminal,
  id: string,
  options: { wait?: boolean; priority?: number; full?: boolean },
): Promise<number> {
  const { wait, ...order } = options;
  const { refresh: request } = await terminal.ask(OPERATIONS.refresh, { id, ...order });
  const { joined, run: asked } = request;
  terminal.say(
    safeLine(joined ? `Joined the run ${asked.id}, which is under way.` : `The run ${asked.id} is ${asked.phase}.`),
  );
  const run = wait === true ? await followRun(terminal, asked.id) : asked;
  terminal.show({ joined, run }, () => runText(run, terminal));
  if (wait === true) return endOf(run, terminal);
  terminal.say(`Next: weft run ${run.id} --watch`);
  return EXIT.done;
}
