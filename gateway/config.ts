import { readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { type HostRules, hostRules } from '../schema/allowed-hosts.ts';
import { type PayloadCodec, payloadCodec } from '../schema/payload-codec.ts';
import { openSecrets, type Secrets } from '../schema/secrets.ts';
import { type TracesConfig, tracesConfig } from '../schema/telemetry/traces-config.ts';
import { readVariants, type VariantRules } from './variants/read-variants.ts';
import { withoutEmpty } from '../schema/without-empty.ts';

const key = z.string().regex(/^\S{16,}$/, 'must have at least 16 characters and no space');

const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  WEFT_HOME: z.string().min(1).default('.weft'),
  WEFT_ADMIN_KEY: key.optional(),
  WEFT_FILE_ROOTS: z.string().default(''),
  WEFT_ALLOWED_HOSTS: z.string().default(''),
  WEFT_TEMPORAL_UI_URL: z.url().optional(),
  WEFT_ANSWER_CACHE_MB: z.coerce.number().min(0).max(65_536).default(64),
  WEFT_POLICIES: z.string().min(1).optional(),
  WEFT_OPERATIONS: z.string().min(1).optional(),
  WEFT_OPERATIONS_ONLY: z.enum(['on', 'off']).default('off'),
  WEFT_VARIANTS: z.string().min(1).optional(),
  WEFT_COST_MAX: z.coerce.number().int().min(1).optional(),
  WEFT_SUBSCRIPTIONS_MAX: z.coerce.number().int().min(0).max(100_000).default(1_000),
  WEFT_SECRETS_DIR: z.string().min(1).optional(),
  // What is longer ago is not kept (schema/ledger/usage.ts).
  WEFT_USAGE_DAYS: z.coerce.number().int().min(0).max(90).default(30),
  WEFT_PAYLOAD_KEYS: z.string().optional(),
  WEFT_SLOW_MS: z.coerce.number().min(0).default(1_000),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
});

/** What the gateway is told by its environment. */
export interface GatewayConfig extends HostRules {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** The key with every right. */
  readonly adminKey: string;
  /** Folders, absolute, that a published product may be said to lie in, besides those an admin names where it listens on loopback alone. */
  readonly fileRoots: readonly string[];
  /** For so many days after its last use a field is in use. */
  readonly usageDays: number;
  /** An organisation's own governance, a file or folder; null where it has none. */
  readonly policies: string | null;
  /** Room for whole answers; 0 keeps none. */
  readonly answerCacheBytes: number;
  /** A manifest of operations that clients may send by their hash; `only`: those who are no admins may ask nothing else. */
  readonly operations: { readonly file: string | null; readonly only: boolean };
  /** Parts of the graph that are served as graphs of their own, by their names. */
  readonly variants: VariantRules;
  /** The most that an operation which is not in managed products alone may cost; null where there is no limit. */
  readonly costMax: number | null;
  /** GraphQL subscriptions that may be under way at once; each holds two connections. */
  readonly subscriptionsMax: number;
  /** What contracts refer to by `${secret:NAME}`. */
  readonly secrets: Secrets;
  /** Decrypts what Temporal has, for its Web UI and command line; null where there is no key. */
  readonly codec: PayloadCodec | null;
  /** What takes longer is logged, with its statements. */
  readonly slowMs: number;
  /** Where people find the Temporal Web UI; null where nobody said. */
  readonly temporalUi: { readonly url: string; readonly namespace: string } | null;
  /** Where traces go; null where none are made. */
  readonly traces: TracesConfig | null;
}

/** Reads the environment; an empty variable counts as not set. Throws one error that names every fault. */
export function gatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const set = withoutEmpty(env);
  const read = environment.safeParse(set);
  if (!read.success) {
    const faults = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`The environment is not as it must be. ${faults.join('; ')}.`);
  }
  const { data } = read;
  const secrets = openSecrets(env, data.WEFT_SECRETS_DIR ?? null);
  return {
    host: data.HOST,
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    adminKey: data.WEFT_ADMIN_KEY ?? keptKey(join(data.WEFT_HOME, 'admin.key')),
    ...hostRules(data.HOST, data.WEFT_ALLOWED_HOSTS),
    fileRoots: data.WEFT_FILE_ROOTS.split(delimiter)
      .filter((root) => root !== '')
      .map((root) => resolve(root)),
    usageDays: data.WEFT_USAGE_DAYS,
    policies: data.WEFT_POLICIES ?? null,
    answerCacheBytes: Math.round(data.WEFT_ANSWER_CACHE_MB * 1024 * 1024),
    operations: { file: data.WEFT_OPERATIONS ?? null, only: data.WEFT_OPERATIONS_ONLY === 'on' },
    variants: data.WEFT_VARIANTS === undefined ? {} : readVariants(data.WEFT_VARIANTS),
    costMax: data.WEFT_COST_MAX ?? null,
    subscriptionsMax: data.WEFT_SUBSCRIPTIONS_MAX,
    secrets,
    codec: payloadCodec(secrets, data.WEFT_PAYLOAD_KEYS),
    slowMs: data.WEFT_SLOW_MS,
    temporalUi:
      data.WEFT_TEMPORAL_UI_URL === undefined
        ? null
        : { url: data.WEFT_TEMPORAL_UI_URL, namespace: data.TEMPORAL_NAMESPACE },
    traces: tracesConfig(set, 'weft-gateway'),
  };
}

function keptKey(file: string): string {
  let kept: string;
  try {
    kept = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(`No admin key: set WEFT_ADMIN_KEY, or start with \`weft up\`, which keeps one in ${file}.`, {
      cause,
    });
  }
  const read = key.safeParse(kept);
  if (read.success) return read.data;
  throw new Error(
    `${file} holds no key that can be used: it ${read.error.issues[0]?.message}. Remove it to have a new one made.`,
  );
}
