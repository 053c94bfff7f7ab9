import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { StatementRun } from '../../schema/reading.ts';
import { parentOf, traceparentOf } from '../../schema/telemetry/traceparent.ts';
import type { FetchRun, RemoteRun } from '../execute/fetch-run.ts';
import { WHOLE } from '../execute/plan/whole-supergraph.ts';
import type { Serving } from '../serving/serving.ts';
import type { FetchTrace, OperationTrace, TracedAnswer, TracedOperation } from './trace.ts';
import { withoutValues } from './without-values.ts';

/** A client names an operation as it likes. */
const NAME_MAX = 100;
/** Generated texts of some hundred kB are not worth their parsing. */
const DOCUMENT_MAX = 20_000;

/** An operation's spans, in the words of OpenTelemetry's conventions for GraphQL, HTTP and databases, and `weft.` where these have none. */
export class OperationSpans implements OperationTrace {
  readonly id: string;
  readonly recorded: boolean;
  readonly traceparent: string;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  #path: TracedOperation['path'] = null;

  constructor(tracer: Tracer, span: Span) {
    this.id = span.spanContext().traceId;
    this.recorded = span.isRecording();
    this.traceparent = traceparentOf(span.spanContext());
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
  }

  asks({ type, name, path, query }: TracedOperation): void {
    if (!this.recorded) return;
    this.#path = path;
    const shown = name?.slice(0, NAME_MAX) ?? null;
    this.#span.updateName(shown === null ? type : `${type} ${shown}`);
    this.#span.setAttributes({
      'graphql.operation.type': type,
      ...(shown !== null && { 'graphql.operation.name': shown }),
      ...(query.length <= DOCUMENT_MAX && { 'graphql.document': withoutValues(query) }),
    });
  }

  statement(run: StatementRun): void {
    statementSpan(this.#tracer, this.#context, run);
  }

  fetch(subgraph: string, serving: Serving): FetchTrace {
    const target = targetOf(subgraph, serving);
    const options = { kind: target.kind, attributes: target.attributes };
    const span = this.#tracer.startSpan(target.name, options, this.#context);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    return {
      recorded: span.isRecording(),
      traceparent: traceparentOf(span.spanContext()),
      statement: (run) => statementSpan(this.#tracer, context, run),
      end: (run) => endFetch(span, run),
    };
  }

  joined(): void {
    this.#span.setAttributes({ 'weft.operation.path': this.#path ?? '', 'weft.answer.shared': true });
  }

  made({ kept, products }: { readonly kept: boolean; readonly products: readonly string[] }): void {
    this.#span.setAttributes({
      'weft.operation.path': kept ? 'kept' : (this.#path ?? ''),
      'weft.products': [...products],
    });
  }

  end({ status, outcome, codes = [] }: TracedAnswer): void {
    this.#span.setAttributes({ 'http.response.status_code': status, 'weft.outcome': outcome });
    if (outcome === 'error') {
      this.#span.setAttributes({ 'error.type': codes[0] ?? '_OTHER', 'weft.error.codes': [...codes] });
      // What a client did wrong is no failure of the server's.
      if (status < 400 || status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

function statementSpan(tracer: Tracer, parent: Context, { sql, ms, bytes, lane, failure, rows }: StatementRun): void {
  const now = performance.now();
  const attributes = {
    'db.system.name': 'postgresql',
    'db.operation.name': 'SELECT',
    'db.query.text': sql,
    'weft.lane': lane,
    'weft.answer.bytes': bytes,
    ...(rows !== undefined && { 'weft.answer.rows': rows }),
    ...(failure !== undefined && { 'error.type': failure }),
  };
  const span = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT, startTime: now - ms, attributes }, parent);
  // One that was stopped in the quick lane begins anew in the other: nothing failed.
  if (failure !== undefined && failure !== 'TOO_SLOW') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(now);
}

interface Target {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

function targetOf(subgraph: string, { supergraph }: Serving): Target {
  const stored = subgraph === WHOLE ? undefined : supergraph.subgraphs.find(({ name }) => name === subgraph);
  if (stored === undefined || stored.url === null) {
    const name = subgraph === WHOLE ? 'fetch managed products' : `fetch ${subgraph}`;
    return { name, kind: SpanKind.INTERNAL, attributes: { 'weft.subgraph': subgraph } };
  }
  const { origin, pathname, hostname, port, protocol } = new URL(stored.url);
  return {
    name: `POST ${subgraph}`,
    kind: SpanKind.CLIENT,
    attributes: {
      'http.request.method': 'POST',
      // A key may stand behind its question mark.
      'url.full': `${origin}${pathname}`,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'peer.service': subgraph,
      'weft.subgraph': subgraph,
      ...(stored.productId !== null && { 'weft.product': stored.productId }),
    },
  };
}

function endFetch(span: Span, run: FetchRun | null): void {
  if (run === null) span.setAttributes({ 'error.type': 'INTERNAL' });
  else {
    const { entities, errors, remote } = run;
    span.setAttributes({
      ...(entities !== null && { 'weft.fetch.entities': entities }),
      ...(errors > 0 && { 'weft.fetch.errors': errors }),
      ...(remote && {
        ...(remote.status !== null && { 'http.response.status_code': remote.status }),
        ...(remote.timesSent > 1 && { 'http.request.resend_count': remote.timesSent - 1 }),
        'weft.fetch.shared': remote.shared,
      }),
      ...(errors > 0 && { 'error.type': failureOf(remote) }),
    });
    // Whose answer did for this one too.
    const sent = remote?.shared === true ? parentOf(remote.sentIn) : null;
    if (sent !== null) span.addLink({ context: sent });
  }
  if (run === null || run.errors > 0) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** HTTP's status where that was the failure; what an answer says of errors is the service's own. */
function failureOf(remote: RemoteRun | undefined): string {
  if (remote === undefined) return '_OTHER';
  if (remote.status === null) return 'SUBGRAPH_UNAVAILABLE';
  return remote.status >= 300 ? String(remote.status) : '_OTHER';
}
