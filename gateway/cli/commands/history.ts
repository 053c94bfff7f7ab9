import type { z } from 'zod';

import type { revisionShape } from '../answer-shapes.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

type Revision = z.infer<typeof revisionShape>;
type Decision = History['decisions'][number];
type History = NonNullable<z.infer<(typeof OPERATIONS)['history']['answer']>['history']>;

/** Shows every revision of a product: who published it, when it was live, in which supergraphs, what it changed; what else was decided, and what was refused. */
export async function history(terminal: Terminal, id: string, options: { limit: number }): Promise<number> {
  const { history: found } = await terminal.ask(OPERATIONS.history, { id, first: options.limit });
  if (found === null)
    throw new CommandFailure(
      EXIT.refused,
      'NOT_FOUND',
      `Nothing was ever published as ${id}: \`weft products\` lists all.`,
    );
  const { revisions } = found;
  terminal.show(found, () => text(found, terminal));
  const [newest, before] = revisions;
  if (newest !== undefined && before !== undefined)
    terminal.say(safeLine(`Next: weft diff ${id} ${before.revision}..${newest.revision}`));
  return EXIT.done;
}

function text({ revisions, decisions, interventions }: History, { paint }: Terminal): string {
  const refused = decisions.filter(({ outcome }) => outcome === 'rejected');
  const parts: string[] = [];
  if (revisions.length > 0)
    parts.push(
      table(
        ['REVISION', 'VERSION', 'STATE', 'BY', 'PUBLISHED', 'LIVE', 'ENDED', 'SUPERGRAPHS', 'CAUSE', 'CHANGES'],
        revisions.map((one) => [
          String(one.revision),
          one.version,
          one.state,
          one.publishedBy,
          minute(one.publishedAt),
          minute(one.liveAt),
          minute(one.endedAt),
          range(one.supergraphs),
          one.rollbackOf === null ? 'publish' : `rollback to ${one.rollbackOf}`,
          changed(one),
        ]),
      ),
    );
  const life = decisions.filter(({ outcome }) => outcome === 'done');
  if (life.length > 0)
    parts.push(
      paint('bold', 'Life'),
      table(
        ['WHEN', 'BY', 'WHAT'],
        life.map((decision) => [minute(decision.decidedAt), decision.actor, whatText(decision)]),
      ),
    );
  if (refused.length > 0)
    parts.push(
      paint('bold', 'Refused'),
      table(
        ['WHEN', 'BY', 'WHAT', 'VERSION', 'CODE', 'FOR'],
        refused.map((decision) => [
          minute(decision.decidedAt),
          decision.actor,
          whatText(decision),
          decision.version ?? '',
          decision.code ?? '',
          decision.findings.join(', '),
        ]),
      ),
    );
  if (interventions.length > 0)
    parts.push(
      paint('bold', 'By hand'),
      table(
        ['WHEN', 'BY', 'WHAT', 'OF', 'RUN', 'WHY'],
        interventions.map(({ doneAt, actor, action, subject, run, reason }) => [
          minute(doneAt),
          actor,
          action,
          subject,
          run?.id ?? '',
          reason ?? '',
        ]),
      ),
    );
  return parts.join('\n\n');
}

/** `rollback to 3`, `rename from sales/a to sales/b`, `announce retirement for 2030-01-31 00:00`. */
function whatText({ action, toRevision, renamedFrom, renamedTo, retiresAt }: Decision): string {
  return [
    action.replaceAll('_', ' '),
    toRevision !== null && `to ${toRevision}`,
    renamedFrom !== null && `from ${renamedFrom}`,
    renamedTo !== null && `to ${renamedTo}`,
    retiresAt !== null && `for ${minute(retiresAt)}`,
  ]
    .filter((part) => part !== false)
    .join(' ');
}

function changed({ changes }: Revision): string {
  if (changes === null) return '';
  const counts = (['breaking', 'risky', 'safe'] as const).flatMap((weight) =>
    changes[weight] === 0 ? [] : [`${changes[weight]} ${weight}`],
  );
  const [first] = changes.headlines;
  return [counts.join(', '), first].filter((part) => part !== undefined && part !== '').join(': ');
}

function range(supergraphs: Revision['supergraphs']): string {
  if (supergraphs === null) return '';
  return supergraphs.first === supergraphs.last ? `#${supergraphs.first}` : `#${supergraphs.first}–${supergraphs.last}`;
}

/** To the minute: seconds tell nobody anything in a list. */
function minute(moment: string | null): string {
  return moment === null ? '' : moment.replace('T', ' ').slice(0, 16);
}
