import { createContextKey, trace, TraceFlags } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerName, TracesConfig } from './traces-config.ts';

/** Marks a context whose parent is a stranger's. */
export const STRANGER = createContextKey('the parent is a stranger’s');

/**
 * Says which operations are recorded, as OTEL_TRACES_SAMPLER has it; what is below one, as that is. Under a stranger's parent it says so
 * as if there were none: neither the flag nor the id, which a stranger can choose, makes it record more than its share.
 */
export function operationSampler({ name, argument }: TracesConfig['sampler']): Sampler {
  const asked = SAMPLERS[name](argument);
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

const parentBased = (root: Sampler): Sampler => new ParentBasedSampler({ root });

const SAMPLERS: Readonly<Record<SamplerName, (argument: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => parentBased(new AlwaysOnSampler()),
  parentbased_always_off: () => parentBased(new AlwaysOffSampler()),
  parentbased_traceidratio: (ratio) => parentBased(new TraceIdRatioBasedSampler(ratio)),
};
