import { EXIT } from '../exit.ts';
import { endOf, followRun } from '../follow-run.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';
import { runText } from './run.ts';

/** Asks for a refresh, or joins the one that is under way; with `wait`, to its end. */
export async function refresh(terminal: Terminal, id: string, options: { wait?: boolean }): Promise<number> {
  const { refresh: request } = await terminal.ask(OPERATIONS.refresh, { id });
  const { joined, run: asked } = request;
  terminal.say(
    safeLine(joined ? `Joined the run ${asked.id}, which is under way.` : `The run ${asked.id} is ${asked.phase}.`),
  );
  const run = options.wait === true ? await followRun(terminal, asked.id) : asked;
  terminal.show({ joined, run }, () => runText(run, terminal));
  if (options.wait === true) return endOf(run, terminal);
  terminal.say(`Next: weft run ${run.id} --watch`);
  return EXIT.done;
}
