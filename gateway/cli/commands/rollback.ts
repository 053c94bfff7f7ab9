import { changesText } from '../changes-text.ts';
import { confirm } from '../confirm.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Brings the documents of an earlier revision back as a new one, after showing what that changes and asking. */
export async function rollback(
  terminal: Terminal,
  id: string,
  options: { to?: number; yes?: boolean; refresh: boolean },
): Promise<number> {
  const to = options.to === undefined ? {} : { to: options.to };
  if (options.yes !== true) {
    if (options.to !== undefined) await preview(terminal, id, options.to);
    const target = options.to === undefined ? 'the revision that was live before' : `revision ${options.to}`;
    await confirm(terminal, `Roll ${id} back to ${target}?`, `${id} may go back`);
  }
  const { rollback: outcome } = await terminal.ask(OPERATIONS.rollback, { id, refresh: options.refresh, ...to });
  if (outcome.__typename === 'Rejected')
    throw new CommandFailure(EXIT.refused, outcome.code, outcome.message, { findings: outcome.findings });
  if (outcome.__typename === 'Unchanged') {
    terminal.show({ outcome: 'unchanged', product: id }, () =>
      safeLine(`${id}  unchanged: it has these documents now`),
    );
    return EXIT.done;
  }
  const { published, supergraph, findings, changes } = outcome;
  const [product] = published;
  terminal.show({ outcome: 'published', supergraph, product, findings, changes }, () =>
    published
      .map(({ revision, version, state }) => safeLine(`${id}  ${version}  revision ${revision}  ${state}`))
      .join('\n'),
  );
  terminal.say(changesText(changes, terminal));
  return EXIT.done;
}

async function preview(terminal: Terminal, id: string, to: number): Promise<void> {
  const { history } = await terminal.ask(OPERATIONS.history, { id, first: 1 });
  const from = history?.revisions[0]?.revision;
  if (from === undefined || from === to) return;
  const { diff } = await terminal.ask(OPERATIONS.diff, { id, from, to });
  terminal.say(changesText(diff.changes, terminal));
}
