import { createHash } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import type { RunId } from '../ids.ts';
import { parentOf, traceparentOf } from './traceparent.ts';

/** A run, and the `traceparent` that the ledger has of it: the span that asked for it, its own where none did, null where nobody traces it. */
export interface TracedRun {
  readonly id: RunId;
  readonly traceparent: string | null;
}

/** A run's place in a trace. */
export interface RunTrace {
  /** Of the run's own span: told by its id, so that whichever worker ends the run makes the same. */
  readonly span: SpanContext;
  /** Null where the trace begins with it. */
  readonly parent: SpanContext | null;
}

/** Where a run stands in its trace; null where it has none. */
export function runTrace({ id, traceparent }: TracedRun): RunTrace | null {
  const asked = parentOf(traceparent);
  if (asked === null) return null;
  const span = { ...asked, spanId: spanIdOf(id) };
  return { span, parent: asked.spanId === span.spanId ? null : asked };
}

/** For what comes of a run: null where it has no trace. */
export function traceparentWithin(run: TracedRun): string | null {
  const trace = runTrace(run);
  return trace && traceparentOf(trace.span);
}

/** For a run that begins a trace of its own, which has its id. */
export function ownTraceparent(id: RunId, isSampled: boolean): string {
  return traceparentOf({ traceId: ownTraceId(id), spanId: spanIdOf(id), traceFlags: Number(isSampled) });
}

/** A run's id as a trace's. */
export function ownTraceId(id: RunId): string {
  return id.replaceAll('-', '');
}

function spanIdOf(id: RunId): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
