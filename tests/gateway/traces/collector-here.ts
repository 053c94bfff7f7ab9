import type { IncomingHttpHeaders, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { Tree } from '../gateway-here.ts';
import { listening, urlOf } from '../remote/services-here.ts';
import type { TracesConfig } from '../../../schema/telemetry/traces-config.ts';

/** A span as it came, its attributes as a plain object. */
export interface SpanHere {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, Tree>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number };
}

/** A receiver of OTLP over HTTP, with what it was sent. */
export interface CollectorHere {
  readonly server: Server;
  readonly config: TracesConfig;
  readonly spans: SpanHere[];
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Tree }[];
  /** What it answers next, as long as there is one: HTTP statuses. */
  readonly statuses: number[];
  /** Waits for a span, until the test's own limit. */
  span(is: (span: SpanHere) => boolean): Promise<SpanHere>;
  /** Those beneath a span, in the order of their beginnings. */
  below(span: SpanHere): SpanHere[];
}

export async function collectorHere(config: Partial<TracesConfig> = {}): Promise<CollectorHere> {
  const spans: SpanHere[] = [];
  const requests: CollectorHere['requests'] = [];
  const statuses: number[] = [];
  const server = await listening((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks);
      const body = JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent));
      requests.push({ url: request.url ?? '', headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === 200) spans.push(...spansOf(body));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return {
    server,
    config: {
      url: `${urlOf(server)}/v1/traces`,
      headers: {},
      timeoutMs: 5_000,
      compress: false,
      resource: { 'service.name': 'weft-gateway' },
      sampler: { name: 'parentbased_always_on', argument: 1 },
      trusts: 'known',
      batch: { delayMs: 20, queueMax: 2_048, sizeMax: 512 },
      ...config,
    },
    spans,
    requests,
    statuses,
    span: async (is) => {
      for (;;) {
        const found = spans.find(is);
        if (found !== undefined) return found;
        await sleep(10);
      }
    },
    below: ({ spanId }) =>
      spans
        .filter(({ parentSpanId }) => parentSpanId === spanId)
        .sort((one, other) => (BigInt(one.startTimeUnixNano) < BigInt(other.startTimeUnixNano) ? -1 : 1)),
  };
}

function spansOf(body: Tree): SpanHere[] {
  return body.resourceSpans.flatMap(({ scopeSpans }: Tree) =>
    scopeSpans.flatMap(({ spans }: Tree) =>
      spans.map((span: Tree) => ({
        ...span,
        attributes: Object.fromEntries(span.attributes.map(({ key, value }: Tree) => [key, plain(value)])),
      })),
    ),
  );
}

function plain(value: Tree): Tree {
  return value.arrayValue === undefined ? Object.values(value)[0] : value.arrayValue.values.map(plain);
}
