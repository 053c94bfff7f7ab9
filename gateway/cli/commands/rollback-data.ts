import { confirm } from '../confirm.ts';
import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';
import { pausedText } from './pause.ts';

/** Shows readers an earlier version of a product's data again, after asking; the product is paused by it. */
export async function rollbackData(
  terminal: Terminal,
  id: string,
  options: { to?: number; yes?: boolean },
): Promise<number> {
  const target = options.to === undefined ? 'the version before' : `version ${options.to}`;
  if (options.yes !== true)
    await confirm(terminal, `Show ${target} of ${id} to readers, and pause it?`, `the data of ${id} may go back`);
  const { rollbackData: product } = await terminal.ask(OPERATIONS.rollbackData, {
    id,
    ...(options.to !== undefined && { to: options.to }),
  });
  terminal.show({ product }, () =>
    safeLine(`${product.id}  version ${product.datasetVersion?.version ?? 0}  ${pausedText(product.pause)}`),
  );
  terminal.say(safeLine(`Its next run publishes a new version. Next: weft resume ${id}`));
  return EXIT.done;
}
