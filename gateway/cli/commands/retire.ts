import { confirm } from '../confirm.ts';
import { EXIT, wrongUsage } from '../exit.ts';
import { momentToCome } from '../moment-to-come.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

export interface RetireOptions {
  /** When: `90d`, or a day. */
  readonly at?: string;
  /** Takes an announcement back. */
  readonly cancel?: boolean;
  readonly yes?: boolean;
}

/** Takes a product out of the graph, now or at an announced time, after a question where somebody is there to answer it. */
export async function retire(terminal: Terminal, id: string, options: RetireOptions): Promise<number> {
  if (options.cancel === true && options.at !== undefined) throw wrongUsage('--at announces and --cancel takes back.');
  if (options.cancel === true) return cancel(terminal, id);
  const at = options.at === undefined ? null : momentToCome('--at', options.at);
  const when = at === null ? '' : ` at ${at}`;
  if (options.yes !== true)
    await confirm(
      terminal,
      `Retire ${id}${when}? Its fields leave the graph; its data stays.`,
      `${id} may leave the graph`,
    );
  const { retire: product } = await terminal.ask(OPERATIONS.retire, { id, at });
  const { dataUntil, consumers, heldBy } = product.retirement;
  const what = at === null ? 'retired' : `retires at ${product.retirement.at}`;
  terminal.show({ product }, () => safeLine(`${product.id}  ${product.version}  ${what}`));
  terminal.say(
    `Its fields ${at === null ? 'have left' : 'leave'} the graph; its data is kept ${dataUntil === null ? 'for good' : `until ${dataUntil}`}.`,
  );
  for (const { name, lastUsedAt, subscribes } of consumers) {
    const used = lastUsedAt === null ? '' : ` used it last on ${lastUsedAt}`;
    terminal.say(safeLine(`Told: ${name}${used}${subscribes ? ' (subscribes)' : ''}`));
  }
  if (heldBy.length > 0)
    terminal.warn(safeLine(`${heldBy.join(', ')} must let it go by then: else it is refused, and stays.`));
  return EXIT.done;
}

async function cancel(terminal: Terminal, id: string): Promise<number> {
  const { cancelRetirement: product } = await terminal.ask(OPERATIONS.cancelRetirement, { id });
  terminal.show({ product }, () => safeLine(`${product.id}  stays`));
  return EXIT.done;
}
