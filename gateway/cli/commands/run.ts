import { EXIT } from '../exit.ts';
import { findingsText } from '../findings-text.ts';
import { duration, endOf, followRun, isOver, requireRun, stageLine } from '../follow-run.ts';
import type { ShownRun } from '../answer-shapes.ts';
import { details, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Shows one run; with `watch`, its stages as they go on, ending by its outcome. */
export async function run(terminal: Terminal, id: string, options: { watch?: boolean }): Promise<number> {
  const shown = options.watch === true ? await followRun(terminal, id) : await requireRun(terminal, id);
  terminal.show({ run: shown }, () => runText(shown, terminal));
  if (options.watch === true) return endOf(shown, terminal);
  if (!isOver(shown)) terminal.say(`Next: weft run ${id} --watch`);
  else if (shown.phase === 'failed')
    terminal.say(`Next: weft ${shown.keptUntil === null ? `refresh ${shown.product.id}` : `retry ${id}`} --wait`);
  return EXIT.done;
}

function datasetText({ datasetVersion, outcome }: Pick<ShownRun, 'datasetVersion' | 'outcome'>): string {
  return `version ${datasetVersion}${outcome === 'confirmed' ? ', confirmed: nothing that it reads has changed' : ''}`;
}

/** A run in full: its stages, what its quality rules found, and why it failed. */
export function runText(shown: ShownRun, terminal: Pick<Terminal, 'paint'>): string {
  const { error } = shown;
  const color = shown.phase === 'succeeded' ? 'green' : shown.phase === 'failed' ? 'red' : 'yellow';
  const parts = [
    details([
      ['run', shown.id],
      ['product', shown.product.id],
      ['phase', shown.phase],
      ['trigger', `${shown.trigger}, by ${shown.requestedBy}`],
      ['takes up', shown.retryOf?.id ?? null],
      ['requested', shown.requestedAt],
      ['scheduled', shown.scheduledFor],
      ['kept', shown.keptUntil === null ? null : `until ${shown.keptUntil}, for a retry`],
      ['took', duration(shown.startedAt, shown.endedAt)],
      ['dataset', shown.datasetVersion === null ? null : datasetText(shown)],
      ['temporal', shown.temporalUrl],
    ]).replace(
      new RegExp(`^(phase +)(${shown.phase})$`, 'm'),
      (_, name: string, phase: string) => name + terminal.paint(color, phase),
    ),
    shown.stages.map((stage) => stageLine(stage, terminal)).join('\n'),
  ];
  if (shown.quality.length > 0)
    parts.push(
      table(
        ['RULE', 'OF', 'SEVERITY', 'OUTCOME', 'MEASURED', 'EXPECTED'],
        shown.quality.map(({ rule, object, property, severity, outcome, measured, expected }) => [
          rule,
          property === null ? object : `${object}.${property}`,
          severity,
          outcome,
          measured ?? '',
          expected ?? '',
        ]),
      ),
    );
  const broken = shown.quality.flatMap(({ rule, samples }) =>
    samples.map((sample) =>
      safeLine(
        `${rule}: ${Object.entries(sample)
          .map(([name, value]) => `${name} ${value ?? 'null'}`)
          .join(', ')}`,
      ),
    ),
  );
  parts.push(broken.join('\n'));
  if (error !== null) {
    parts.push(`${terminal.paint('red', error.code)}  ${error.message}`);
    if (error.findings.length > 0) parts.push(findingsText(error.findings, terminal));
  }
  return parts.filter((part) => part !== '').join('\n\n');
}
