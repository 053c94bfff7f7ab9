import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { openTracer } from '../../schema/telemetry/open-tracer.ts';
import { parentOf } from '../../schema/telemetry/traceparent.ts';
import type { TracesConfig } from '../../schema/telemetry/traces-config.ts';
import { OperationSpans } from './operation-spans.ts';
import { operationSampler, STRANGER } from './sampler.ts';
import type { Traces } from './trace.ts';

/** Opens the making and sending of traces. Nothing is registered globally: what Apollo's packages would trace stays untraced. */
export function openTraces(config: TracesConfig, logger: Logger): Traces {
  const { tracer, close } = openTracer(config, { sampler: operationSampler(config.sampler) }, logger);
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
    close,
  };
}
