import type { GraphQLDataSource } from '@apollo/gateway';
import { Agent, request as httpRequest } from 'undici';
import { z } from 'zod';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import { type HostRules, requireAllowedHost } from './allowed-hosts.ts';
import { checkedLookup } from './checked-lookup.ts';
import type { OperationContext } from './context.ts';

// Longer than a slow service's p99, shorter than a client's patience.
const TIMEOUT_MS = 10_000;
// The largest answers that were seen are 1 MB; beyond 8 it is a mistake or an attack.
const ANSWER_LIMIT = 8 * 1024 * 1024;

const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .nullish(),
});

type GatewayResponse = Awaited<ReturnType<GraphQLDataSource['process']>>;

/**
 * A product's own service over HTTP, as a data source of @apollo/gateway. Bounded in time and size, follows no redirect, asks for
 * no compression (so that nothing inflates). What goes wrong is one error that names the product, never a word of the body.
 */
export function remoteSubgraph(
  subgraph: StoredSubgraph & { url: string },
  rules: HostRules,
): GraphQLDataSource<OperationContext> {
  const connect = { timeout: 3_000, lookup: checkedLookup(rules) };
  const agent = new Agent({ connect, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  return {
    process: async ({ request, context }) => {
      const { remotesRead, reading } = context as OperationContext;
      remotesRead.add(subgraph.productId ?? subgraph.name);
      const { query, variables, operationName } = request;
      try {
        requireAllowedHost(subgraph.url, rules);
        const response = await httpRequest(subgraph.url, {
          method: 'POST',
          dispatcher: agent,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ query, variables, operationName }),
          signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), reading.signal]),
        });
        const text = await bounded(response.body);
        const parsed = answer.parse(JSON.parse(text, withoutPrototypeKeys));
        if (response.statusCode >= 300 && parsed.data == null && parsed.errors == null)
          throw new Error(`answered with HTTP status ${response.statusCode}`);
        return { data: parsed.data ?? null, ...(parsed.errors && { errors: parsed.errors }) } as GatewayResponse;
      } catch (error) {
        const message = `The service of ${subgraph.name} ${reasonOf(error)}.`;
        const extensions = { code: 'SUBGRAPH_UNAVAILABLE', product: subgraph.name };
        return { data: null, errors: [{ message, extensions }] };
      }
    },
  };
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > ANSWER_LIMIT) throw new Error(`sent more than ${ANSWER_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `__proto__` in an answer must not become the prototype of what is merged from it. */
function withoutPrototypeKeys(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'did not answer with JSON';
  if (error instanceof z.ZodError) return 'did not answer as GraphQL does';
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return `did not answer within ${TIMEOUT_MS / 1000} s`;
  if (/^(sent more|answered with)/.test(error.message)) return error.message;
  if ('code' in error && error.code === 'FORBIDDEN') return `was not asked: ${error.message.replace(/\.$/, '')}`;
  return 'cannot be reached';
}
