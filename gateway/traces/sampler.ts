import { createContextKey, trace, TraceFlags } from '@opentelemetry/api';
import { RandomIdGenerator, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import { namedSampler } from '../../schema/telemetry/samplers.ts';
import type { TracesConfig } from '../../schema/telemetry/traces-config.ts';

/** Marks a context whose parent is a stranger's. */
export const STRANGER = createContextKey('the parent is a stranger’s');

/**
 * Says which operations are recorded, as OTEL_TRACES_SAMPLER has it; what is below one, as that is. Under a stranger's parent it says so
 * as if there were none: neither the flag nor the id, which a stranger can choose, makes it record more than its share.
 */
export function operationSampler(config: TracesConfig['sampler']): Sampler {
  const asked = namedSampler(config);
  const ids = new RandomIdGenerator();
  return {
    shouldSample: (context, traceId, ...rest) => {
      if (context.getValue(STRANGER) === true)
        return asked.shouldSample(trace.deleteSpan(context), ids.generateTraceId(), ...rest);
      const above = trace.getSpanContext(context);
      if (above === undefined || above.isRemote === true) return asked.shouldSample(context, traceId, ...rest);
      const recorded = (above.traceFlags & TraceFlags.SAMPLED) !== 0;
      return { decision: recorded ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
    },
    toString: () => asked.toString(),
  };
}
