import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Gives a product another name, or hands it over to another domain. */
export async function rename(terminal: Terminal, id: string, to: string): Promise<number> {
  const { renameProduct: product } = await terminal.ask(OPERATIONS.rename, { id, to });
  terminal.show({ product }, () => safeLine(`${id}  is  ${product.id}`));
  terminal.say(
    safeLine(
      `Its documents say so now; bring them into its folder: weft export ${product.id} --format odps, and odcs.`,
    ),
  );
  return EXIT.done;
}
