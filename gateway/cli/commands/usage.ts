import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { counted, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** Shows who uses what of a product, most used first; what is deprecated, and who subscribes. */
export async function usage(
  terminal: Terminal,
  id: string,
  options: { readonly days: number; readonly limit: number; readonly deprecated?: boolean },
): Promise<number> {
  const { days, limit, deprecated = false } = options;
  const { dataProduct } = await terminal.ask(OPERATIONS.usage, { id, days, first: Math.min(limit, 1_000), deprecated });
  if (dataProduct === null)
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no product ${id}: \`weft products\` lists them.`);
  const { usageReport = [], deprecatedInUse = [], subscriptions } = dataProduct;
  const uses = deprecated ? deprecatedInUse : usageReport;
  terminal.show({ product: id, days, uses, subscriptions }, () =>
    table(
      ['USED', 'CONSUMER', 'OPERATION', 'CALLS', 'LAST', 'DEPRECATED'],
      uses.map((use) => [
        use.coordinate,
        use.consumer,
        use.operationName ?? use.operation.slice(0, 12),
        counted(use.calls),
        use.lastUsed.slice(0, 19).replace('T', ' '),
        use.deprecated ?? '',
      ]),
    ),
  );
  const who = subscriptions.map(
    ({ consumer, operations }) => `${consumer} (${plural(operations.length, 'operation')})`,
  );
  if (who.length > 0) terminal.say(`Subscribed: ${who.join(', ')}.`);
  terminal.say(`${plural(uses.length, 'use')} in ${plural(days, 'day')}.`);
  return EXIT.done;
}
