import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { counted, details } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Tells as whom the command line asks, what that may do, and what it uses that is deprecated or will be retired. */
export async function whoami(terminal: Terminal): Promise<number> {
  const { me } = await terminal.ask(OPERATIONS.me);
  terminal.show({ me, url: terminal.settings.url }, () =>
    details([
      ['name', me.name],
      ['role', me.role ?? 'none: reading only'],
      ['domains', me.domains.join(', ')],
      ['key', me.key === null ? null : `${me.key.id}, ${me.key.prefix}…`],
      ['expires', me.key?.expiresAt],
      ['subscribes', me.subscriptions.map(({ product }) => product.id).join(', ')],
      ['server', terminal.settings.url],
    ]),
  );
  for (const { id, retiresAt } of me.retiring)
    terminal.warn(safeLine(`${id}, which you use, is to be retired at ${retiresAt ?? 'a time that is not known'}.`));
  for (const { coordinate, operationName, calls, lastUsed, deprecated } of me.deprecatedInUse)
    terminal.warn(
      safeLine(
        `${coordinate} is deprecated, and used by you: ${operationName ?? 'an operation without a name'}, ${counted(calls)} times, last ${lastUsed}. ${deprecated ?? ''}`,
      ),
    );
  return EXIT.done;
}
