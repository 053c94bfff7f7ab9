import type { Command } from 'commander';
import type { z } from 'zod';

import { productId } from '../../../schema/ids.ts';
import { bashCompletion } from '../completion/bash-completion.ts';
import { type Completions, completions } from '../completion/completions.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { zshCompletion } from '../completion/zsh-completion.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import type { Terminal } from '../terminal.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const satisfies Record<
  string,
  (all: readonly Completions[]) => string
>;
export type Shell = keyof typeof SCRIPTS;
/** Shells that there is a completion for. */
export const SHELLS = Object.keys(SCRIPTS) as readonly Shell[];

/** Whoever pressed Tab waits. */
const PRODUCTS_MS = 1_500;
const PAGE = 100;

type ProductsAnswer = z.infer<typeof OPERATIONS.products.answer>;

/** Prints the script by which a shell completes `weft`: commands, options, choices, and ids of products where a server answers. */
export async function completion(terminal: Terminal, shell: Shell, program: Command): Promise<number> {
  const script = SCRIPTS[shell](completions(program));
  terminal.show({ shell, script }, () => script);
  return EXIT.done;
}

/** Prints the ids of products, for the scripts; nothing where no server answers at once. */
export async function completionProducts(terminal: Terminal): Promise<number> {
  const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(PRODUCTS_MS)]);
  const ids: string[] = [];
  try {
    let after: string | null = null;
    do {
      const page: Record<string, unknown> = { search: null, filter: null, first: PAGE, after };
      const { dataProducts }: ProductsAnswer = await terminal.ask(OPERATIONS.products, page, signal);
      // A shell would expand what it is given: what is no id goes no further.
      ids.push(...dataProducts.nodes.map(({ id }) => id).filter((id) => productId(id) !== null));
      after = dataProducts.pageInfo.hasNextPage ? dataProducts.pageInfo.endCursor : null;
    } while (after !== null);
  } catch (error) {
    if (terminal.signal.aborted || !(error instanceof CommandFailure || signal.aborted)) throw error;
  }
  if (ids.length > 0) terminal.show(ids, () => ids.join('\n'));
  return EXIT.done;
}
