import { ENDINGS, readFileFormat } from '../../../schema/contract/file-format.ts';
import type { Duckdb } from '../../engines/duckdb.ts';
import type { Connector, SourceAsk } from '../source.ts';
import { openCsv } from './csv.ts';
import type { FileAsk, FileTable } from './file-table.ts';
import type { FindFiles } from './found-files.ts';
import { asIncomplete } from './incomplete.ts';
import { openJson } from './json.ts';
import { openParquet } from './parquet.ts';
import { requireSettings } from './require-settings.ts';

/** A source of files: how they are found is one matter, how they are read another. */
export function filesBy(find: FindFiles): Connector {
  return async (ask, db) => {
    const format = requireSettings(ask.server, readFileFormat);
    const found = await find(ask, { endings: ENDINGS[format.kind], folder: db.folder });
    const { label, files } = found;
    const translated = (error: unknown): never => {
      throw asIncomplete(label, error);
    };
    try {
      const { columns, typed, facts, ...table } = await tableOf({ label, files, format, object: ask.object }, db);
      return {
        label,
        columns,
        typed,
        facts: { ...found.facts(), ...facts },
        read: async () => ({
          ...(await table.read().catch(translated)),
          verify: () => found.verify(),
          state: () => found.state(),
        }),
        leave: async () => found.leave?.(),
        close: () => found.close(),
      };
    } catch (error) {
      await found.close();
      return translated(error);
    }
  };
}

/** Whether files that are found so are in a state still, without reading them; what is asked for is kept in `folder`. */
export function stillBy(
  find: FindFiles,
): (ask: SourceAsk, former: { readonly state: string; readonly folder: string }) => Promise<boolean> {
  return async (ask, { state, folder }) => {
    const format = requireSettings(ask.server, readFileFormat);
    const found = await find(ask, { endings: ENDINGS[format.kind], folder });
    try {
      return await found.isStill(state);
    } finally {
      await found.close();
    }
  };
}

/** Readers of their own are loaded when they are first needed: a worker that never is holds 15 MiB less. */
async function tableOf(ask: FileAsk, db: Duckdb): Promise<FileTable> {
  switch (ask.format.kind) {
    case 'csv':
      return openCsv(ask as FileAsk<'csv'>, db);
    case 'json':
    case 'ndjson':
      return openJson(ask as FileAsk<'json' | 'ndjson'>, db);
    case 'parquet':
      return openParquet(ask, db);
    case 'arrow':
      return (await import('./arrow.ts')).openArrow(ask, db);
    case 'excel':
      return (await import('./excel.ts')).openExcel(ask as FileAsk<'excel'>, db);
  }
}
