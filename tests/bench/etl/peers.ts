import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createTable, type Format, type Lineitem } from './lineitem.ts';
import { type Load, loadBy } from './load.ts';
import type { Loader } from './loader.ts';
import { slingProgram, venvOf } from './tools.ts';

const DLT = fileURLToPath(new URL('dlt_load.py', import.meta.url));
const dltAnswer = z.object({ seconds: z.number(), cpuSeconds: z.number() });

/** PostgreSQL's own client and nothing else: the ceiling. With the key, what a table of the contract costs it besides. */
export function psql({ url }: { url: string }, lineitem: Lineitem, key: boolean): Loader {
  const table = 'psql.lineitem';
  const add = key ? `alter table ${table} add primary key (l_orderkey, l_linenumber);` : '';
  return {
    title: key ? 'psql COPY, then the primary key' : 'psql COPY (the ceiling)',
    format: 'csv',
    table,
    prepare: async () => {
      execFileSync('psql', ['--version']);
    },
    load: () =>
      loadBy(lineitem.rows, {
        command: 'psql',
        args: ['--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', url],
        // In one transaction, as Weft has it: then the table is synced and not logged row by row.
        input: `begin; create schema psql; ${createTable(table)};
                \\copy ${table} from '${lineitem.file('csv')}' (format csv, header true)
                ${add} commit;`,
      }),
  };
}

/** dlt over pyarrow, or as its documentation begins: with a dict a row. */
export function dlt(
  { url, folder }: { url: string; folder: string },
  lineitem: Lineitem,
  { backend, format }: { backend: 'arrow' | 'default'; format: Format },
): Loader {
  const few = backend === 'default';
  let python = '';
  return {
    title: backend === 'arrow' ? 'dlt, pyarrow' : 'dlt, default',
    format,
    table: 'dlt.lineitem',
    prepare: async () => {
      python = join(await venvOf('dlt'), 'python');
    },
    load: async (): Promise<Load> => {
      const { said, ...load } = await loadBy(few ? lineitem.fewRows : lineitem.rows, {
        command: python,
        args: [DLT, backend, format, few ? lineitem.fewFile : lineitem.file(format), 'dlt', join(folder, 'dlt')],
        // Files between its steps are packed by default, which takes most of its time.
        env: { DATABASE_URL: url, DATA_WRITER__DISABLE_COMPRESSION: 'true', RUNTIME__DLTHUB_TELEMETRY: 'false' },
      });
      const { seconds, cpuSeconds } = dltAnswer.parse(JSON.parse(said.trim().split('\n').at(-1)!));
      return { ...load, seconds, clientCpuSeconds: cpuSeconds };
    },
  };
}

/** From CSV alone: for Parquet it fetches a program from elsewhere. */
export function sling({ url }: { url: string }, lineitem: Lineitem): Loader {
  let program = '';
  return {
    title: 'sling',
    format: 'csv',
    table: 'sling.lineitem',
    prepare: async () => {
      program = await slingProgram();
    },
    load: () =>
      loadBy(lineitem.rows, {
        command: program,
        args: [
          ...['run', '--src-stream', `file://${lineitem.file('csv')}`, '--tgt-conn', 'BENCH'],
          ...['--tgt-object', 'sling.lineitem', '--mode', 'full-refresh'],
        ],
        env: { BENCH: `${url}?sslmode=disable`, SLING_DISABLE_TELEMETRY: 'true' },
      }),
  };
}
