import { createInterface } from 'node:readline/promises';

import { CommandFailure, EXIT, wrongUsage } from './exit.ts';
import { safeLine, type Terminal } from './terminal.ts';

/** Asks a yes-or-no question where somebody is there to answer it; refuses where not, naming `what`, and where the answer is no. */
export async function confirm({ streams, json, signal }: Terminal, question: string, what: string): Promise<void> {
  if (json || streams.in.isTTY !== true || streams.err.isTTY !== true)
    throw wrongUsage(`Nobody is there to be asked whether ${what}: add --yes.`);
  const dialog = createInterface({ input: streams.in, output: streams.err });
  try {
    const answer = await dialog.question(`${safeLine(question)} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new CommandFailure(EXIT.refused, 'NOT_CONFIRMED', 'Nothing was changed.');
  } finally {
    dialog.close();
  }
}
