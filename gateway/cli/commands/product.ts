import type { z } from 'zod';

import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { counted, details, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';
import { pausedText } from './pause.ts';

type Product = NonNullable<z.infer<(typeof OPERATIONS)['product']['answer']>['dataProduct']>;

/** Shows one product: who answers for it, what it holds, how fresh it is, and what hangs on it. */
export async function product(terminal: Terminal, id: string): Promise<number> {
  const { dataProduct } = await terminal.ask(OPERATIONS.product, { id });
  if (dataProduct === null)
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no product ${id}: \`weft products\` lists them.`);
  terminal.show({ product: dataProduct }, () => text(dataProduct, terminal));
  terminal.say(`Next: ${dataProduct.kind === 'managed' ? `weft refresh ${id} --wait` : 'weft query'}`);
  return EXIT.done;
}

function text(shown: Product, { paint }: Terminal): string {
  const { team, datasetVersion: data, runs, sla, revision } = shown;
  const [run] = runs;
  const ids = (list: readonly { id: string }[]): string => list.map(({ id }) => id).join(', ');
  const parts = [
    paint('bold', safeLine(`${shown.id}  ${shown.name}`)),
    details([
      [
        'version',
        `${shown.version} ${shown.status}, revision ${revision.revision} ${revision.state}, by ${revision.publishedBy}`,
      ],
      ['retires', shown.retiresAt],
      ['kind', shown.kind],
      ['purpose', shown.purpose],
      ['limitations', shown.limitations],
      ['usage', shown.usage],
      ['team', [team.name, ...team.members.map(({ username }) => username)].filter(Boolean).join(', ')],
      ['support', shown.support.map(({ channel, url }) => (url === null ? channel : `${channel} ${url}`)).join(', ')],
      ['tags', shown.tags.join(', ')],
      [
        'server',
        shown.server && `${shown.server.name}, database ${shown.server.database}: ${shown.server.tables.join(', ')}`,
      ],
      ['sla', sla.map(({ property, value, unit }) => `${property} ${value} ${unit ?? ''}`.trim()).join(', ')],
      ['data', data === null ? (shown.kind === 'managed' ? 'none yet' : null) : dataLine(data)],
      ['refreshes', shown.pause === null ? null : pausedText(shown.pause)],
      [
        'domain',
        shown.domain.hold === null ? null : `held by ${shown.domain.hold.by} ${shown.domain.hold.reason ?? ''}`.trim(),
      ],
      ['last run', run === undefined ? null : `${run.phase} ${run.id} ${run.error?.message ?? ''}`.trim()],
      ['reads', ids(shown.upstream)],
      ['read by', ids(shown.downstream)],
      ['referred by', ids(shown.referencedBy)],
    ]),
  ];
  for (const { type, description, properties } of shown.schemaObjects)
    parts.push(
      `${paint('bold', safeLine(type))}${description === null ? '' : `  ${safeLine(description)}`}`,
      table(
        ['FIELD', 'TYPE', '', 'DESCRIPTION'],
        properties.map((property) => [
          property.field ?? property.name,
          property.type,
          [property.primaryKey && 'key', property.deprecated !== null && 'deprecated'].filter(Boolean).join(' '),
          property.description ?? '',
        ]),
      ),
    );
  return parts.join('\n\n');
}

function dataLine({
  version,
  publishedAt,
  confirmedAt,
  withinSlo,
  objects,
}: NonNullable<Product['datasetVersion']>): string {
  const rows = objects.map(({ name, rows: count }) => `${counted(count)} ${name}`).join(', ');
  const slo = withinSlo === null ? '' : withinSlo ? ', within its SLO' : ', BEYOND its SLO';
  const confirmed = confirmedAt === null ? '' : `, confirmed ${confirmedAt}`;
  return `version ${version} of ${publishedAt}${confirmed}: ${rows}${slo}`;
}
