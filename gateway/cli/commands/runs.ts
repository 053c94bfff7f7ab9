import type { z } from 'zod';

import { EXIT } from '../exit.ts';
import { duration } from '../follow-run.ts';
import { OPERATIONS } from '../operations.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Page = z.infer<(typeof OPERATIONS)['runs']['answer']>;

const PAGE = 100;

/** Lists runs, newest first, up to a limit. */
export async function runs(
  terminal: Terminal,
  options: { product?: string; phase?: string; limit: number },
): Promise<number> {
  const { product, phase, limit } = options;
  const found: Page['runs']['nodes'] = [];
  for (let after: string | null = null, more = true; more && found.length < limit;) {
    const { runs: page }: Page = await terminal.ask(OPERATIONS.runs, {
      ...(product !== undefined && { product }),
      ...(phase !== undefined && { phase: phase.toUpperCase() }),
      first: Math.min(PAGE, limit - found.length),
      ...(after !== null && { after }),
    });
    found.push(...page.nodes);
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage && after !== null;
  }
  terminal.show({ runs: found }, () =>
    table(
      ['RUN', 'PRODUCT', 'PHASE', 'TRIGGER', 'REQUESTED', 'TOOK', 'ERROR'],
      found.map((run) => [
        run.id,
        run.product.id,
        run.outcome === 'confirmed' ? run.outcome : run.phase,
        run.trigger,
        run.requestedAt.slice(0, 19).replace('T', ' '),
        duration(run.startedAt, run.endedAt),
        run.error === null ? '' : `${run.error.code}: ${run.error.message}`,
      ]),
    ),
  );
  if (found[0] !== undefined) terminal.say(`Next: weft run ${found[0].id}`);
  return EXIT.done;
}
