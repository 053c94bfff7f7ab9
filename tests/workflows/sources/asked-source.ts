import { basename, join } from 'node:path';
import { readdir, readFile } from 'node:fs/promises';

import type { SourceObject } from '../../../schema/contract/model.ts';
import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import type { ProductId } from '../../../schema/ids.ts';
import type { Finding } from '../../../schema/findings.ts';
import { type Duckdb, withDuckdb } from '../../../workflows/engines/duckdb.ts';
import type { RefreshDeps } from '../../../workflows/refresh/stage.ts';
import { openSource } from '../../../workflows/sources/open-source.ts';
import type { OpenSource, Since, SourceRows } from '../../../workflows/sources/source.ts';
import { smallProduct, type SmallProduct } from '../small-product.ts';

/** What a check says of a product's folder. */
export async function checkedProduct(small: SmallProduct): Promise<{
  findings: readonly Finding[];
  source: { server: OdcsServer; object: SourceObject } | null;
}> {
  const folder = await smallProduct(small);
  const names = (await readdir(folder)).filter((name) => /\.(ya?ml|sql)$/.test(name));
  const files = await Promise.all(
    names.map(async (path) => ({ path, text: await readFile(join(folder, path), 'utf8') })),
  );
  const { product, findings } = readProduct(files, { folder: basename(folder) });
  const [port] = product?.inputs ?? [];
  return { findings, source: port?.kind === 'server' ? { server: port.server, object: port.objects[0]! } : null };
}

/** Opens the source of a product as a stage does, for the time of the story. */
export async function withSource<Result>(
  deps: RefreshDeps,
  small: SmallProduct,
  story: (source: OpenSource, db: Duckdb) => Promise<Result>,
  { since = null, signal = new AbortController().signal }: { since?: Since | null; signal?: AbortSignal } = {},
): Promise<Result> {
  const { source, findings } = await checkedProduct(small);
  if (source === null) throw new Error(JSON.stringify(findings));
  const { roots, hosts, secrets, connectors, scratch } = deps;
  return withDuckdb({ scratch, signal }, async (db) => {
    const opened = await openSource(
      {
        ...source,
        folder: null,
        roots,
        hosts,
        secrets,
        connectors,
        since,
        position: null,
        reader: 'trial/things' as ProductId,
        run: null,
        signal,
      },
      db,
    );
    try {
      return await story(opened, db);
    } finally {
      await opened.close();
    }
  });
}

/** All rows of a source, by the column of the contract. */
export async function rowsOf(
  deps: RefreshDeps,
  small: SmallProduct,
  options: { since?: Since; signal?: AbortSignal } = {},
): Promise<Record<string, unknown>[]> {
  return withSource(
    deps,
    small,
    async (source, db) => {
      const rows: SourceRows = await source.read();
      return db.rows<Record<string, unknown>>(`select * from ${rows.relation}`);
    },
    options,
  );
}
