import { randomUUID } from 'node:crypto';
import type { Tracer } from '@opentelemetry/api';
import { BatchSpanProcessor, type IdGenerator, type Sampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { WEFT_VERSION } from '../weft-version.ts';
import { within } from '../within.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import type { TracesConfig } from './traces-config.ts';

// A shutdown is given 15 s in all, most of them for what is under way.
const FLUSH_MS = 3_000;
// A statement of a wide selection has some 5 kB. With 2,048 spans waiting, texts take 16 MB at most.
const TEXT_MAX = 8_192;

/** Makes spans, and sends them behind the back of whoever makes them. */
export interface OpenTracer {
  readonly tracer: Tracer;
  /** Sends what it still has, as long as that takes no longer than a shutdown may wait. */
  readonly close: () => Promise<void>;
}

/** Opens the making and sending of spans. Nothing is registered globally: what other packages would trace stays untraced. */
export function openTracer(
  config: TracesConfig,
  made: { readonly sampler: Sampler; readonly idGenerator?: IdGenerator },
  logger: Logger,
): OpenTracer {
  const resource = { 'service.version': WEFT_VERSION, 'service.instance.id': randomUUID(), ...config.resource };
  const exporter = new OtlpExporter({ ...config, resource }, logger);
  const { delayMs, queueMax, sizeMax } = config.batch;
  const provider = new TracerProvider({
    ...made,
    spanLimits: { attributeValueLengthLimit: TEXT_MAX },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: delayMs,
        maxQueueSize: queueMax,
        maxExportBatchSize: sizeMax,
      }),
    ],
  });
  return {
    tracer: provider.getTracer('weft', WEFT_VERSION),
    close: async () => {
      // What does not come through, the exporter's log has said.
      await within(
        FLUSH_MS,
        provider.shutdown().catch(() => undefined),
      );
      await exporter.shutdown();
    },
  };
}
