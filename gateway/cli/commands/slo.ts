import type { z } from 'zod';

import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Slo = NonNullable<z.infer<(typeof OPERATIONS)['slo']['answer']>['dataProduct']>['slos'][number];

/** By `withinObjective`; nothing where nothing was measured. */
const STANDS: Readonly<Record<string, string>> = { true: 'kept', false: 'MISSED' };
/** A day in eight steps, from none of it as promised to all. */
const BARS = '▁▂▃▄▅▆▇█';

/** Shows the promises of a product that are measured: how each is kept, and what is left of its error budget. */
export async function slo(terminal: Terminal, id: string, { days }: { readonly days: number }): Promise<number> {
  const { dataProduct } = await terminal.ask(OPERATIONS.slo, { id, days });
  if (dataProduct === null)
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no product ${id}: \`weft products\` lists them.`);
  const { slos } = dataProduct;
  terminal.show({ product: id, days, slos }, () =>
    table(
      ['PROMISE', '', 'TARGET', 'NOW', 'SINCE', 'KEPT', 'BUDGET LEFT', 'BURN', 'DAYS', 'MEASURED'],
      slos.map((one) => [
        one.property,
        one.promised,
        percent(one.target),
        STANDS[String(one.withinObjective)] ?? '',
        one.since?.slice(0, 16).replace('T', ' ') ?? '',
        percent(one.errorBudget.compliance),
        percent(one.errorBudget.left),
        one.errorBudget.burnRate === null ? '' : String(Number(one.errorBudget.burnRate.toFixed(2))),
        one.history.map(({ compliance }) => bar(compliance)).join(''),
        one.measured ?? '',
      ]),
    ),
  );
  terminal.say(`${plural(slos.length, 'promise')} measured in ${plural(days, 'day')}. ${missed(slos)}`.trim());
  return EXIT.done;
}

function missed(slos: readonly Slo[]): string {
  const names = slos.filter(({ withinObjective }) => withinObjective === false).map(({ property }) => property);
  return names.length === 0 ? '' : `Not kept: ${names.join(', ')}.`;
}

function percent(share: number | null): string {
  return share === null ? '' : `${Number((share * 100).toFixed(2))} %`;
}

function bar(share: number): string {
  return BARS[Math.min(Math.floor(share * BARS.length), BARS.length - 1)] ?? '';
}
