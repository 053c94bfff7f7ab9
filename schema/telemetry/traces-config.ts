import { z } from 'zod';

/** Where traces go, and which. */
export interface TracesConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compress: boolean;
  /** Of the process: its service's name and whatever else is told of it. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly name: SamplerName; readonly argument: number };
  /** Whose `traceparent` says what is recorded: that of those who have a key, or anybody's. */
  readonly trusts: 'known' | 'all';
  readonly batch: {
    readonly delayMs: number;
    readonly queueMax: number;
    readonly sizeMax: number;
  };
}

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

const count = (fallback: number) => z.coerce.number().int().min(1).max(1_000_000).default(fallback);
const pairs = z.string().default('').transform(readPairs);
// JSON is what is sent: receivers of OTLP over HTTP take both.
const protocol = z.enum(['http/json', 'http/protobuf'], { error: 'must be http/json: gRPC is not spoken here' });
const compression = z.enum(['gzip', 'none']);

const environment = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TIMEOUT: count(10_000),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: count(10_000).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.optional(),
  OTEL_EXPORTER_OTLP_COMPRESSION: compression.default('none'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression.optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  OTEL_BSP_SCHEDULE_DELAY: count(5_000),
  OTEL_BSP_MAX_QUEUE_SIZE: count(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: count(512),
  WEFT_TRACE_PARENTS: z.enum(['known', 'all']).default('known'),
});

/**
 * Reads the standard variables of OpenTelemetry for a process that is called `service` unless they say otherwise. Of them an empty one counts as not set; null where they ask for no traces, and the
 * others are not looked at. Throws one error that names every fault.
 */
export function tracesConfig(
  set: Readonly<Record<string, string | undefined>>,
  service: 'weft-gateway' | 'weft-worker',
): TracesConfig | null {
  const { OTEL_SDK_DISABLED: disabled = '', OTEL_TRACES_EXPORTER: exporter = 'otlp' } = set;
  const base = set['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const url = set['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
  if (disabled.toLowerCase() === 'true' || exporter === 'none' || url === undefined) return null;
  const read = environment.safeParse(set);
  const faults = read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (!exporter.split(',').some((one) => one.trim() === 'otlp'))
    faults.push('OTEL_TRACES_EXPORTER: must be otlp or none');
  if (!read.success || faults.length > 0)
    throw new Error(`The environment is not as it must be. ${faults.join('; ')}.`);
  const { data } = read;
  return {
    url,
    headers: { ...data.OTEL_EXPORTER_OTLP_HEADERS, ...data.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    timeoutMs: data.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? data.OTEL_EXPORTER_OTLP_TIMEOUT,
    compress: (data.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION ?? data.OTEL_EXPORTER_OTLP_COMPRESSION) === 'gzip',
    resource: {
      'service.name': service,
      ...data.OTEL_RESOURCE_ATTRIBUTES,
      ...(data.OTEL_SERVICE_NAME !== undefined && { 'service.name': data.OTEL_SERVICE_NAME }),
    },
    sampler: { name: data.OTEL_TRACES_SAMPLER, argument: data.OTEL_TRACES_SAMPLER_ARG },
    trusts: data.WEFT_TRACE_PARENTS,
    batch: {
      delayMs: data.OTEL_BSP_SCHEDULE_DELAY,
      queueMax: data.OTEL_BSP_MAX_QUEUE_SIZE,
      sizeMax: Math.min(data.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, data.OTEL_BSP_MAX_QUEUE_SIZE),
    },
  };
}

/** `name=value,…`, percent-encoded as W3C Baggage is. */
function readPairs(text: string, context: z.core.$RefinementCtx): Record<string, string> {
  const read: Record<string, string> = {};
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const at = pair.indexOf('=');
    try {
      if (at < 1) throw new URIError('no name');
      read[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      // The value may be a secret: it is not quoted.
      context.addIssue({ code: 'custom', message: 'must be name=value, separated by commas' });
    }
  }
  return read;
}
