import type { ProductId } from '../../../schema/ids.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { OdcsObject } from '../../../schema/contract/odcs.ts';
import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import { readSource as readObject } from '../../../schema/contract/object.ts';
import { reporter } from '../../../schema/contract/report.ts';
import type { Secrets } from '../../../schema/secrets.ts';
import { withDuckdb } from '../../../workflows/engines/duckdb.ts';
import { connectorHost } from '../../../workflows/sources/connectors/connector-host.ts';
import { newColumns } from '../../../workflows/sources/drift.ts';
import { isStill, openSource } from '../../../workflows/sources/open-source.ts';
import type {
  BrokenLine,
  Connector,
  OpenSource,
  SourceAsk,
  SourceColumn,
  SourceRows,
} from '../../../workflows/sources/source.ts';

export interface ReadSource {
  readonly columns: readonly SourceColumn[];
  readonly typed: boolean;
  readonly added: readonly string[];
  readonly facts: OpenSource['facts'];
  /** The contract's columns of each row, and `row`, its number; in the order of these. */
  readonly rows: readonly Record<string, unknown>[];
  readonly broken: readonly BrokenLine[];
  /** Whether it says of itself, asked after `later`, that it is as it was; null without that, or where it could say nothing when it was read. */
  readonly still: boolean | null;
}

export interface ReadAsk {
  /** Without `server`, which every one has. */
  readonly server: Omit<OdcsServer, 'server'>;
  /** Columns that the contract reads: `id: integer`. */
  readonly columns: readonly string[];
  readonly physicalName?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly secrets?: Secrets;
  readonly allowedHosts?: readonly string[];
  readonly connector?: Connector;
  /** Between the look at the source and its reading. */
  readonly between?: (folder: string) => Promise<void>;
  /** After the rows were read, before the source is held against what it was. */
  readonly during?: (folder: string) => Promise<void>;
  /** After all of that, before it is asked whether it is as it was. */
  readonly later?: (folder: string) => Promise<void>;
}

/** Opens, compares, reads and verifies a source as a run does, with files in a product's folder. */
export async function readSource(ask: ReadAsk): Promise<ReadSource> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-source-'));
  try {
    for (const [name, content] of Object.entries(ask.files ?? {})) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return await readIn(folder, ask);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readIn(folder: string, ask: ReadAsk): Promise<ReadSource> {
  const { signal } = new AbortController();
  const properties = ask.columns.map((column) => {
    const [name = '', logicalType = 'string'] = column.split(': ');
    return { name: name.replace(/\W/g, '_'), physicalName: name, logicalType };
  });
  const object = readObject({ name: 'things', physicalName: ask.physicalName, properties } as OdcsObject, {
    path: [],
    report: reporter([], 'source.odcs.yaml', null),
  });
  const asked: SourceAsk = {
    server: { server: 'files', ...ask.server },
    object,
    folder,
    roots: [],
    hosts: { loopbackOnly: ask.allowedHosts === undefined, allowedHosts: ask.allowedHosts ?? [] },
    secrets: ask.secrets ?? (() => null),
    connectors: connectorHost({}, { allowed: '', folder: '', python: '' }),
    since: null,
    position: null,
    reader: 'trial/things' as ProductId,
    run: null,
    signal,
  };
  return withDuckdb({ scratch: join(folder, '.scratch'), signal }, async (db) => {
    const source = await (ask.connector ?? openSource)(asked, db);
    try {
      const added = newColumns(source, object, 'source.odcs.yaml');
      await ask.between?.(folder);
      const read: SourceRows = await source.read();
      const wanted = object.properties
        .filter(({ sourceColumn }) => sourceColumn !== 'file_row_number')
        .map(({ sourceColumn }) => `"${sourceColumn.replaceAll('"', '""')}"`);
      const rows = await db.rows<Record<string, unknown>>(
        `select ${wanted.join(', ')}, weft_row as row from (select *, ${read.rowNumber} as weft_row from ${read.relation}) order by weft_row`,
      );
      const broken = await read.brokenLines();
      await ask.during?.(folder);
      await read.verify();
      const { columns, typed, facts } = source;
      const state = ask.later === undefined ? null : (read.state?.() ?? null);
      await ask.later?.(folder);
      const still = state === null ? null : await isStill(asked, state, db.folder);
      const numbered = rows.map((row) => ({ ...row, row: Number(row['row']) }));
      return { columns, typed, added, facts, rows: numbered, broken, still };
    } finally {
      await source.close();
    }
  });
}
