import { createRequire } from 'node:module';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { domainId, type DomainId } from '../schema/ids.ts';
import { type HostRules, hostRules } from '../schema/allowed-hosts.ts';
import { type PayloadCodec, payloadCodec } from '../schema/payload-codec.ts';
import { openSecrets, type Secrets } from '../schema/secrets.ts';
import { type TracesConfig, tracesConfig } from '../schema/telemetry/traces-config.ts';
import { type CrashSetting, readCrash } from './crash.ts';
import type { DuckdbLimits } from './engines/duckdb.ts';
import { type ConnectorHost, connectorHost } from './sources/connectors/connector-host.ts';
import type { OpenLineageConfig } from './notify/open-lineage.ts';
import { checkSparkAddress, type SparkAddresses } from './engines/spark/open-spark.ts';
import { durationSeconds } from '../schema/contract/duration.ts';
import { type Operators, readOperators } from './notify/operators.ts';
import type { AlertSenderDeps } from './notify/alert-sender.ts';
import type { FileRoot } from './sources/file-path.ts';
import { withoutEmpty } from '../schema/without-empty.ts';

const bytes = z.string().regex(/^[1-9]\d{0,5}(MB|GB|TB)$/, 'a size, such as 512MB or 20GB');

const port = z.coerce.number().int().min(0).max(65_535);

const sparkAddress = z.string().superRefine((text, context) => {
  try {
    checkSparkAddress(text);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'It is no address of Spark.',
    });
  }
});
const OWN_SPARK = /^WEFT_SPARK_REMOTE_([A-Z0-9_]+)$/;

const environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  HOST: z.string().min(1).default('127.0.0.1'),
  // None by itself: two workers of one machine would want the same. 0 is any that is free.
  WEFT_WORKER_PORT: port.optional(),
  WEFT_TEMPORAL_METRICS_PORT: port.min(1).optional(),
  WEFT_ALLOWED_HOSTS: z.string().default(''),
  WEFT_SECRETS_DIR: z.string().min(1).optional(),
  /** Packages of PyPI that contracts may name as connectors: `tap-postgres`, `tap-postgres==1.2.3`, or `*`. */
  WEFT_CONNECTORS: z.string().default(''),
  WEFT_PYTHON: z.string().min(1).default('python3'),
  WEFT_HOME: z.string().min(1).default('.weft'),
  /** Folders, with the system's path delimiter between them. */
  WEFT_FILE_ROOTS: z.string().default(''),
  /** Likewise; `deliveries` in WEFT_HOME where it names none. */
  WEFT_DELIVERY_ROOTS: z.string().default(''),
  // What is longer ago is not kept (schema/ledger/usage.ts).
  WEFT_USAGE_DAYS: z.coerce.number().int().min(0).max(90).default(30),
  /** Stages of one domain that run at once in one worker: for each domain, and for those that are named, `8,weather=2`. */
  WEFT_STAGES_AT_ONCE: z
    .string()
    .regex(/^[1-9]\d{0,2}(,[a-z][a-z0-9-]*=[1-9]\d{0,2})*$/, 'a number, and others for domains: 8,weather=2')
    .default('8'),
  // Less, and DuckDB spills while it joins some thousand rows; more, and three at once are most of a small machine.
  WEFT_DUCKDB_MEMORY: bytes.default('512MB'),
  WEFT_DUCKDB_DISK: bytes.default('20GB'),
  /** As OpenLineage's own clients understand OPENLINEAGE_URL and OPENLINEAGE_ENDPOINT. */
  WEFT_OPENLINEAGE_URL: z.url({ protocol: /^https?$/ }).optional(),
  WEFT_OPENLINEAGE_ENDPOINT: z.string().min(1).default('api/v1/lineage'),
  WEFT_OPENLINEAGE_FILE: z.string().min(1).optional(),
  /** Of all domains, and `WEFT_SPARK_REMOTE_<DOMAIN>` of one: `sc://…` or `emr-serverless://…`, with references to secrets. */
  WEFT_SPARK_REMOTE: sparkAddress.optional(),
  /** Where Spark finds the database, where that is not where we do: `host:port`. */
  WEFT_SPARK_DATABASE: z
    .string()
    .regex(/^[\w.-]+:\d{1,5}$/, 'host:port')
    .optional(),
  /** See schema/payload-codec.ts. */
  WEFT_PAYLOAD_KEYS: z.string().optional(),
  /** The operators' channels, who are told last: see notify/operators.ts. */
  WEFT_ALERTS_URL: z.string().default(''),
  WEFT_ALERTS_SECRET: z.string().min(1).optional(),
  /** How long an alert waits for somebody to see to it before the next are told. */
  WEFT_ALERTS_ESCALATE_AFTER: z.string().default('30m'),
  WEFT_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  WEFT_MAIL_FROM: z.string().min(3).default('weft@localhost'),
  WEFT_TEMPORAL_UI_URL: z.url().optional(),
  WEFT_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Tests only: see crash.ts. */
  WEFT_CRASH_AT: z.string().default(''),
});

/** The worker's configuration, read once. */
export interface WorkerConfig {
  readonly databaseUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly home: string;
  /** Where probes and Prometheus ask, and where for Temporal's own metrics; null where nobody said. */
  readonly listen: { readonly host: string; readonly port: number | null; readonly temporalMetrics: number | null };
  readonly roots: readonly FileRoot[];
  /** Folders that products may be delivered to; a relative path lies in the first. */
  readonly deliveryRoots: readonly string[];
  readonly hosts: HostRules;
  /** What contracts refer to by `${secret:NAME}`. */
  readonly secrets: Secrets;
  readonly connectors: ConnectorHost;
  /** Who used a product within so many days is told when it is retired. */
  readonly usageDays: number;
  /** How many stages of a domain run at once here. */
  readonly stagesAtOnce: (domain: DomainId) => number;
  /** What each transformation in DuckDB may take. */
  readonly duckdb: DuckdbLimits;
  /** What goes to Temporal is encrypted by it; null where there is no key. */
  readonly codec: PayloadCodec | null;
  /** Who is told of every run. */
  readonly openLineage: OpenLineageConfig;
  /** Where traces of runs go; null where none are made. */
  readonly traces: TracesConfig | null;
  readonly spark: SparkAddresses;
  readonly sparkDatabase: string | null;
  readonly operators: Operators;
  readonly operatorsSecret: string | null;
  readonly escalateAfterMs: number;
  readonly mail: AlertSenderDeps['mail'];
  /** Where people find the Temporal Web UI; null where nobody said. */
  readonly temporalUi: string | null;
  readonly logLevel: z.infer<typeof environment>['WEFT_LOG_LEVEL'];
  readonly crash: CrashSetting | null;
}

/** Reads the environment, or throws with all that is wrong in it. */
export function readConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const read = environment.safeParse(env);
  if (!read.success) throw new Error(`The worker's environment is not in order:\n${z.prettifyError(read.error)}`);
  const { data } = read;
  const secrets = openSecrets(env, data.WEFT_SECRETS_DIR ?? null);
  const escalateAfter = durationSeconds(data.WEFT_ALERTS_ESCALATE_AFTER, undefined);
  if (escalateAfter === null) throw new Error('WEFT_ALERTS_ESCALATE_AFTER is a length of time, such as 30m or PT1H.');
  return {
    databaseUrl: data.DATABASE_URL,
    temporal: { address: data.TEMPORAL_ADDRESS, namespace: data.TEMPORAL_NAMESPACE },
    home: resolve(data.WEFT_HOME),
    listen: {
      host: data.HOST,
      port: data.WEFT_WORKER_PORT ?? null,
      temporalMetrics: data.WEFT_TEMPORAL_METRICS_PORT ?? null,
    },
    roots: [
      ...data.WEFT_FILE_ROOTS.split(delimiter)
        .filter((root) => root !== '')
        .map((root) => ({ folder: resolve(root), within: resolve(root) })),
      ...exampleData(),
    ],
    deliveryRoots: deliveryRoots(data.WEFT_DELIVERY_ROOTS, data.WEFT_HOME),
    hosts: hostRules(data.HOST, data.WEFT_ALLOWED_HOSTS),
    connectors: connectorHost(env, {
      allowed: data.WEFT_CONNECTORS,
      folder: join(resolve(data.WEFT_HOME), 'connectors'),
      python: data.WEFT_PYTHON,
    }),
    secrets,
    codec: payloadCodec(secrets, data.WEFT_PAYLOAD_KEYS),
    usageDays: data.WEFT_USAGE_DAYS,
    stagesAtOnce: stagesAtOnce(data.WEFT_STAGES_AT_ONCE),
    duckdb: { memory: data.WEFT_DUCKDB_MEMORY, disk: data.WEFT_DUCKDB_DISK },
    openLineage: {
      url:
        data.WEFT_OPENLINEAGE_URL === undefined
          ? null
          : joined(data.WEFT_OPENLINEAGE_URL, data.WEFT_OPENLINEAGE_ENDPOINT),
      file: data.WEFT_OPENLINEAGE_FILE === undefined ? null : resolve(data.WEFT_OPENLINEAGE_FILE),
    },
    traces: tracesConfig(withoutEmpty(env), 'weft-worker'),
    spark: { each: data.WEFT_SPARK_REMOTE ?? null, own: ownSpark(env) },
    sparkDatabase: data.WEFT_SPARK_DATABASE ?? null,
    operators: readOperators(data.WEFT_ALERTS_URL),
    operatorsSecret: data.WEFT_ALERTS_SECRET ?? null,
    escalateAfterMs: escalateAfter * 1000,
    mail: data.WEFT_SMTP_URL === undefined ? null : { url: data.WEFT_SMTP_URL, from: data.WEFT_MAIL_FROM },
    temporalUi: data.WEFT_TEMPORAL_UI_URL ?? null,
    logLevel: data.WEFT_LOG_LEVEL,
    crash: readCrash(data.WEFT_CRASH_AT),
  };
}

function joined(url: string, endpoint: string): string {
  return `${url.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}`;
}

/** `WEFT_SPARK_REMOTE_NIGHT_TRAINS` is that of the domain night-trains. */
function ownSpark(env: NodeJS.ProcessEnv): SparkAddresses['own'] {
  return new Map(
    Object.entries(env).flatMap(([name, address]): [DomainId, string][] => {
      const domain = domainId(OWN_SPARK.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-') ?? '');
      if (domain === null || address === undefined) return [];
      const read = sparkAddress.safeParse(address);
      if (!read.success)
        throw new Error(`The worker's environment is not in order:\n${name}: ${z.prettifyError(read.error)}`);
      return [[domain, address]];
    }),
  );
}

function deliveryRoots(listed: string, home: string): string[] {
  const roots = listed.split(delimiter).filter((root) => root !== '');
  return (roots.length > 0 ? roots : [join(home, 'deliveries')]).map((root) => resolve(root));
}

function stagesAtOnce(text: string): (domain: DomainId) => number {
  const [each, ...named] = text.split(',');
  const own = new Map(named.map((part) => part.split('=') as [string, string]));
  return (domain) => Number(own.get(domain) ?? each);
}

/** The folder that holds the package of the example data, where it is installed; nothing beside the package may be read. */
function exampleData(): FileRoot[] {
  try {
    const [, folder, name] =
      /^(.*)[\\/](vega-datasets)[\\/]/.exec(createRequire(import.meta.url).resolve('vega-datasets')) ?? [];
    return folder === undefined || name === undefined ? [] : [{ folder, within: join(folder, name) }];
  } catch {
    return [];
  }
}
