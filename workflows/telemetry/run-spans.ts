import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AlwaysOnSampler, type IdGenerator, RandomIdGenerator, SamplingDecision } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { domainOf, type RunId } from '../../schema/ids.ts';
import { openTracer } from '../../schema/telemetry/open-tracer.ts';
import { ownTraceId, ownTraceparent, runTrace } from '../../schema/telemetry/run-trace.ts';
import { namedSampler } from '../../schema/telemetry/samplers.ts';
import type { TracesConfig } from '../../schema/telemetry/traces-config.ts';
import type { StageDetail } from '../refresh/activities.ts';
import type { RunObserver } from '../refresh/observer.ts';

/** A run's spans: one from its request to its end, and beneath it one for each attempt at a stage. */
export interface RunSpans {
  readonly observer: RunObserver;
  /** For a run that nobody's trace asked for. */
  readonly ownTrace: (run: RunId) => string;
  readonly close: () => Promise<void>;
}

/** Counts of one stage: a product of many objects has some for each. */
const COUNTS_MAX = 32;

/** Opens the making and sending of them. What is recorded, the run's own `traceparent` says. */
export function openRunSpans(config: TracesConfig, log: Logger): RunSpans {
  const ids = new GivenIds();
  const { tracer, close } = openTracer(config, { sampler: new AlwaysOnSampler(), idGenerator: ids }, log);
  const sampler = namedSampler(config.sampler);
  const begin = (name: string, parent: SpanContext | null, startTime: Date, attributes: Attributes): Span => {
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    return tracer.startSpan(name, { startTime, attributes }, context);
  };
  return {
    observer: {
      stageEnded: ({ run, stage, attempt, startedAt, outcome, detail, code }) => {
        const traced = run && runTrace(run);
        if (!traced || !isSampled(traced.span)) return;
        const span = begin(stage, traced.span, startedAt, {
          'weft.run': run.id,
          'weft.product': run.productId,
          'weft.stage': stage,
          'weft.attempt': attempt,
          'weft.outcome': outcome,
          ...(detail !== null && countsOf(detail)),
        });
        end(span, code);
      },
      runEnded: ({ run, outcome, code }) => {
        const traced = runTrace(run);
        if (traced === null || !isSampled(traced.span)) return;
        const span = ids.given(traced.span, () =>
          begin('refresh', traced.parent, run.requestedAt, {
            'weft.run': run.id,
            'weft.product': run.productId,
            'weft.domain': domainOf(run.productId),
            'weft.trigger': run.trigger,
            'weft.outcome': outcome,
          }),
        );
        end(span, code);
      },
    },
    ownTrace: (run) => {
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, ownTraceId(run), 'refresh', SpanKind.INTERNAL, {}, []);
      return ownTraceparent(run, decision === SamplingDecision.RECORD_AND_SAMPLED);
    },
    close,
  };
}

/** What failed has the code of its refusal; what was called off or stopped did not fail. */
function end(span: Span, code: string | null): void {
  if (code !== null) {
    span.setAttribute('error.type', code);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(new Date());
}

/** Numbers alone: what else a stage tells may name files and tables. */
function countsOf(detail: StageDetail): Attributes {
  const counts = Object.entries(detail).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(counts.slice(0, COUNTS_MAX).map(([name, value]) => [`weft.stage.${name}`, value]));
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & 1) !== 0;
}

/** Random ids, but for a span whose ids are known. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #given: Pick<SpanContext, 'traceId' | 'spanId'> | null = null;

  generateTraceId = (): string => this.#given?.traceId ?? this.#random.generateTraceId();
  generateSpanId = (): string => this.#given?.spanId ?? this.#random.generateSpanId();

  /** The span that `begin` makes has these. */
  given(ids: Pick<SpanContext, 'traceId' | 'spanId'>, begin: () => Span): Span {
    this.#given = ids;
    try {
      return begin();
    } finally {
      this.#given = null;
    }
  }
}
