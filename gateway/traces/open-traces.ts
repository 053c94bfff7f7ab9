import { randomUUID } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { WEFT_VERSION } from '../../schema/weft-version.ts';
import { within } from '../within.ts';
import { OperationSpans } from './operation-spans.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { operationSampler, STRANGER } from './sampler.ts';
import type { Traces } from './trace.ts';
import { parentOf } from './traceparent.ts';
import type { TracesConfig } from './traces-config.ts';

// A shutdown is given 15 s in all, most of them for operations under way.
const FLUSH_MS = 3_000;
// A statement of a wide selection has some 5 kB. With 2,048 spans waiting, texts take 16 MB at most.
const TEXT_MAX = 8_192;

/** Opens the making and sending of traces. Nothing is registered globally: what Apollo's packages would trace stays untraced. */
export function openTraces(config: TracesConfig, logger: Logger): Traces {
  const resource = { 'service.version': WEFT_VERSION, 'service.instance.id': randomUUID(), ...config.resource };
  const exporter = new OtlpExporter({ ...config, resource }, logger);
  const { delayMs, queueMax, sizeMax } = config.batch;
  const provider = new TracerProvider({
    sampler: operationSampler(config.sampler),
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
  const tracer = provider.getTracer('weft', WEFT_VERSION);
  return {
    begin: ({ headers, method, actor, beganMs }) => {
      const parent = parentOf(headers['traceparent']);
      let context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      if (parent !== null && config.trusts === 'known' && !actor.rights.authenticated)
        context = context.setValue(STRANGER, true);
      const attributes = { 'http.request.method': method, 'http.route': '/graphql' };
      const options = { kind: SpanKind.SERVER, startTime: beganMs, attributes };
      return new OperationSpans(tracer, tracer.startSpan('GraphQL Operation', options, context));
    },
    swapped: ({ supergraph, failure, beganMs }) => {
      const attributes = { 'weft.supergraph': supergraph };
      const span = tracer.startSpan('swap supergraph', { startTime: beganMs, attributes }, ROOT_CONTEXT);
      if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end();
    },
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
