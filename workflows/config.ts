import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { z } from 'zod';

const environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  WEFT_HOME: z.string().min(1).default('.weft'),
  /** Folders, with the system's path delimiter between them. */
  WEFT_FILE_ROOTS: z.string().default(''),
  WEFT_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Tests only: see crash.ts. */
  WEFT_CRASH_AT: z
    .string()
    .regex(/^[a-z:]+,.+$/)
    .optional(),
});

/** The worker's configuration, read once. */
export interface WorkerConfig {
  readonly databaseUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly home: string;
  readonly roots: readonly string[];
  readonly logLevel: z.infer<typeof environment>['WEFT_LOG_LEVEL'];
  readonly crash: { readonly point: string; readonly file: string } | null;
}

/** Reads the environment, or throws with all that is wrong in it. */
export function readConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const read = environment.safeParse(env);
  if (!read.success) throw new Error(`The worker's environment is not in order:\n${z.prettifyError(read.error)}`);
  const { data } = read;
  const [point, file] = data.WEFT_CRASH_AT?.split(/,(.*)/s) ?? [];
  return {
    databaseUrl: data.DATABASE_URL,
    temporal: { address: data.TEMPORAL_ADDRESS, namespace: data.TEMPORAL_NAMESPACE },
    home: resolve(data.WEFT_HOME),
    roots: [...data.WEFT_FILE_ROOTS.split(delimiter).filter((root) => root !== ''), ...exampleData()].map((root) => resolve(root)),
    logLevel: data.WEFT_LOG_LEVEL,
    crash: point === undefined || file === undefined ? null : { point, file },
  };
}

/** The folder that holds the package of the example data, where it is installed. */
function exampleData(): string[] {
  try {
    return [dirname(join(createRequire(import.meta.url).resolve('vega-datasets/package.json'), '..'))];
  } catch {
    return [];
  }
}
