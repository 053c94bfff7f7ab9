import { changesText } from '../changes-text.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { findingsText, located, sorted } from '../findings-text.ts';
import { followRun } from '../follow-run.ts';
import { givenFolders, productsInput, unreadFindings } from '../given-folders.ts';
import type { Outcome, ShownRun } from '../answer-shapes.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

type Published = Extract<Outcome, { __typename: 'Published' }>;

/** Publishes the products at and below a folder, all or none; with `wait`, to the end of the refreshes that it starts. */
export async function publish(
  terminal: Terminal,
  path: string,
  options: { refresh: boolean; wait?: boolean },
): Promise<number> {
  const folders = await givenFolders(path, terminal.cwd);
  const unread = unreadFindings(folders, terminal.cwd);
  if (unread.length > 0)
    throw new CommandFailure(EXIT.refused, 'FILE_UNREAD', 'Nothing was published: not all files can be read.', {
      findings: unread,
    });
  const variables = { products: productsInput(folders), refresh: options.refresh };
  const { publish: outcome } = await terminal.ask(OPERATIONS.publish, variables);
  const findings = sorted(located(outcome.findings, folders, terminal.cwd));
  if (outcome.__typename === 'Rejected')
    throw new CommandFailure(EXIT.refused, outcome.code, outcome.message, { findings });
  if (findings.length > 0) terminal.say(findingsText(findings, terminal));
  if (outcome.__typename === 'Unchanged') {
    const products = outcome.unchanged.map(({ id }) => ({ id }));
    terminal.show({ outcome: 'unchanged', products, findings }, () =>
      products.map(({ id }) => `${safeLine(id)}  unchanged`).join('\n'),
    );
    return EXIT.done;
  }
  const runs = options.wait === true ? await wait(terminal, outcome) : [];
  const products = outcome.published.map((product) => ({
    ...product,
    run: runs.find((run) => run.id === product.run?.id) ?? product.run,
  }));
  const { supergraph, changes } = outcome;
  if (changes.length > 0) terminal.say(changesText(changes, terminal));
  terminal.show({ outcome: 'published', supergraph, products, findings, changes }, () =>
    products.map((product) => productLine(product)).join('\n'),
  );
  const failed = runs.filter(({ phase }) => phase !== 'succeeded');
  for (const { id, product, phase, error } of failed)
    terminal.warn(safeLine(`The run ${id} of ${product.id} ${phase}. ${error?.message ?? ''} Next: weft run ${id}`));
  if (failed.length > 0) return EXIT.refused;
  const [first] = products;
  const waits = options.wait !== true && products.some(({ run }) => run !== null);
  if (first !== undefined) terminal.say(`Next: ${waits ? `weft runs` : `weft product ${safeLine(first.id)}`}`);
  return EXIT.done;
}

function wait(terminal: Terminal, { published }: Published): Promise<ShownRun[]> {
  return Promise.all(published.flatMap(({ run }) => (run === null ? [] : [followRun(terminal, run.id)])));
}

function productLine({ id, version, state, run }: Published['published'][number]): string {
  const live = state === 'pending' ? 'live once its data of the new shape, and that of what it needs, is there' : state;
  return safeLine([id, version, live, run === null ? '' : `run ${run.id} ${run.phase}`].filter(Boolean).join('  '));
}
