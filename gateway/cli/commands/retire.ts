import { createInterface } from 'node:readline/promises';

import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Takes a product out of the graph, after a question where somebody is there to answer it. */
export async function retire(terminal: Terminal, id: string, options: { yes?: boolean }): Promise<number> {
  if (options.yes !== true) await confirm(terminal, id);
  const { retire: product } = await terminal.ask(OPERATIONS.retire, { id });
  terminal.show({ product }, () => safeLine(`${product.id}  ${product.version}  retired`));
  terminal.say('Its fields have left the graph; its data stays.');
  return EXIT.done;
}

async function confirm({ streams, json, signal }: Terminal, id: string): Promise<void> {
  if (json || streams.in.isTTY !== true || streams.err.isTTY !== true)
    throw wrongUsage(`Nobody is there to be asked whether ${id} may leave the graph: add --yes.`);
  const dialog = createInterface({ input: streams.in, output: streams.err });
  try {
    const answer = await dialog.question(`Retire ${safeLine(id)}? Its fields leave the graph; its data stays. [y/N] `, {
      signal,
    });
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new CommandFailure(EXIT.refused, 'NOT_CONFIRMED', 'Nothing was changed.');
  } finally {
    dialog.close();
  }
}
