import type { z } from 'zod';

import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { counted, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Page = z.infer<(typeof OPERATIONS)['products']['answer']>;

const PAGE = 100;
/** By `withinSlo`; nothing where nothing is promised. */
const SLO: Readonly<Record<string, string>> = { true: 'within', false: 'beyond' };

/** Lists the products of the mesh, all pages of them. */
export async function products(
  terminal: Terminal,
  options: { search?: string; domain?: string; kind?: string },
): Promise<number> {
  const { search, domain, kind } = options;
  const filter = { ...(domain !== undefined && { domain }), ...(kind !== undefined && { kind: kind.toUpperCase() }) };
  const found: Page['dataProducts']['nodes'] = [];
  let total = 0;
  for (let after: string | null = null, more = true; more;) {
    const variables: Record<string, unknown> = {
      ...(search !== undefined && { search }),
      ...(Object.keys(filter).length > 0 && { filter }),
      first: PAGE,
      ...(after !== null && { after }),
    };
    const { dataProducts }: Page = await terminal.ask(OPERATIONS.products, variables);
    found.push(...dataProducts.nodes);
    total = dataProducts.totalCount;
    after = dataProducts.pageInfo.endCursor;
    more = dataProducts.pageInfo.hasNextPage && after !== null;
  }
  terminal.show({ totalCount: total, products: found }, () =>
    table(
      ['PRODUCT', 'TITLE', 'VERSION', 'STATUS', 'KIND', 'ROWS', 'DATA OF', 'SLO'],
      found.map(({ id, name, version, status, kind, datasetVersion: data }) => [
        id,
        name,
        version,
        status,
        kind,
        data === null ? '' : data.objects.map(({ rows }) => counted(rows)).join(' + '),
        data === null
          ? kind === 'managed'
            ? 'no data yet'
            : 'live'
          : (data.confirmedAt ?? data.publishedAt).slice(0, 19).replace('T', ' '),
        SLO[String(data?.withinSlo)] ?? '',
      ]),
    ),
  );
  const next = found[0] === undefined ? 'weft publish <folder>' : `weft product ${found[0].id}`;
  terminal.say(`${plural(total, 'product')}. Next: ${next}`);
  return EXIT.done;
}
