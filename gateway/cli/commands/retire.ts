import { confirm } from '../confirm.ts';
import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Takes a product out of the graph, after a question where somebody is there to answer it. */
export async function retire(terminal: Terminal, id: string, options: { yes?: boolean }): Promise<number> {
  if (options.yes !== true)
    await confirm(terminal, `Retire ${id}? Its fields leave the graph; its data stays.`, `${id} may leave the graph`);
  const { retire: product } = await terminal.ask(OPERATIONS.retire, { id });
  terminal.show({ product }, () => safeLine(`${product.id}  ${product.version}  retired`));
  const { dataUntil, consumers } = product.retirement;
  terminal.say(
    `Its fields have left the graph; its data is kept ${dataUntil === null ? 'for good' : `until ${dataUntil}`}.`,
  );
  for (const { name, lastUsedAt, subscribes } of consumers) {
    const used = lastUsedAt === null ? '' : ` used it last on ${lastUsedAt}`;
    terminal.say(safeLine(`Told: ${name}${used}${subscribes ? ' (subscribes)' : ''}`));
  }
  return EXIT.done;
}
