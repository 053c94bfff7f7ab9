import type { GraphQLFormattedError } from 'graphql';
import { Agent, request as httpRequest } from 'undici';
import { z } from 'zod';
import { Refusal } from '../../schema/errors.ts';
import type { StoredSubgraph } from '../../schema/ledger/supergraphs.ts';
import { type HostRules, requireAllowedHost } from './allowed-hosts.ts';
import { askedPaths } from './asked-paths.ts';
import { checkedLookup } from './checked-lookup.ts';
import type { AskSubgraph } from './context.ts';
import { abortSignal } from './gone-signal.ts';

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
        // Its code alone: what else a service says may be a stack, or `http`, by which Apollo Server would set our status.
        extensions: z
          .object({ code: z.string().optional().catch(undefined) })
          .optional()
          .catch(undefined),
      }),
    )
    .nullish(),
});

type AnswerError = NonNullable<z.infer<typeof answer>['errors']>[number];

/** What a service did, as the end of a sentence that is safe to show. */
class Misbehavior extends Error {}

/**
 * A product's own service over HTTP, bounded in time and size, follows no redirect, asks for
 * no compression (so that nothing inflates). What goes wrong is one error for each field that it was asked for, naming the
 * product, never a word of the body.
 */
export function remoteSubgraph(
  subgraph: StoredSubgraph & { url: string },
  rules: HostRules,
  timeoutMs = TIMEOUT_MS,
): AskSubgraph {
  // How long an answer may take in all is the signal's to say: a drop every now and then is no progress.
  const agent = new Agent({ connect: { timeout: 3_000, lookup: checkedLookup(rules) } });
  return async ({ query, variables, operationName }, { remotesRead, reading }) => {
    remotesRead.add(subgraph.productId ?? subgraph.name);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      requireAllowedHost(subgraph.url, rules);
      const response = await httpRequest(subgraph.url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query, variables, operationName }),
        signal: AbortSignal.any([timeout, abortSignal(reading.signal)]),
      });
      const { data, errors } = answer.parse(JSON.parse(await bounded(response.body), withoutPrototypeKeys));
      if (response.statusCode >= 300 && data == null && errors == null)
        throw new Misbehavior(`answered with HTTP status ${response.statusCode}`);
      if (data != null) requireEntities(data, variables?.['representations']);
      return { data: data ?? null, ...(errors && { errors: errors.map(shown) }) };
    } catch (error) {
      const reason = timeout.aborted ? `did not answer within ${timeoutMs / 1000} s` : reasonOf(error);
      const message = `The service of ${subgraph.name} ${reason}.`;
      const extensions = { code: 'SUBGRAPH_UNAVAILABLE', product: subgraph.name };
      const errors = askedPaths(query).map((path) => ({ message, path, extensions }));
      return { data: null, errors: errors.length > 0 ? errors : [{ message, extensions }] };
    }
  };
}

function shown({ message, path, extensions }: AnswerError): GraphQLFormattedError {
  const code = extensions?.code;
  return { message, ...(path && { path }), ...(code !== undefined && { extensions: { code } }) };
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > ANSWER_LIMIT) throw new Misbehavior(`sent more than ${ANSWER_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `__proto__` in an answer must not become the prototype of what is merged from it. */
function withoutPrototypeKeys(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

/** An entity, or null, for each that was asked for: the gateway merges them by their order. */
function requireEntities(data: Readonly<Record<string, unknown>>, asked: unknown): void {
  if (!Array.isArray(asked)) return;
  const { _entities: answered } = data;
  if (!Array.isArray(answered) || answered.length !== asked.length)
    throw new Misbehavior('did not answer for each entity that it was asked for');
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'did not answer with JSON';
  if (error instanceof z.ZodError) return 'did not answer as GraphQL does';
  if (error instanceof Misbehavior) return error.message;
  if (error instanceof Refusal) return `was not asked: ${error.message.replace(/\.$/, '')}`;
  return 'cannot be reached';
}
