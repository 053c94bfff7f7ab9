import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { details } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** Tells as whom the command line asks, and what that may do. */
export async function whoami(terminal: Terminal): Promise<number> {
  const { me } = await terminal.ask(OPERATIONS.me);
  terminal.show({ me, url: terminal.settings.url }, () =>
    details([
      ['name', me.name],
      ['role', me.role ?? 'none: reading only'],
      ['domains', me.domains.join(', ')],
      ['key', me.key === null ? null : `${me.key.id}, ${me.key.prefix}…`],
      ['expires', me.key?.expiresAt],
      ['server', terminal.settings.url],
    ]),
  );
  return EXIT.done;
}
