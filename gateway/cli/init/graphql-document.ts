import { buildClientSchema, getIntrospectionQuery, printSchema, type IntrospectionQuery } from 'graphql';
import { z } from 'zod';

import { CommandFailure, EXIT } from '../exit.ts';

const ANSWER_MS = 10_000;
/** The largest public SDL has a tenth of it. */
const ANSWER_BYTES = 10 * 1024 * 1024;

const served = z.object({ data: z.object({ _service: z.object({ sdl: z.string().min(1) }) }) });
const introspected = z.object({ data: z.object({ __schema: z.looseObject({}) }) });

/**
 * The SDL of a GraphQL service: what it serves as a Federation subgraph, else what introspection says. Null where what answers is no
 * GraphQL; refuses where nothing answers in ten seconds, or too much.
 */
export async function sdlOf(url: string, signal: AbortSignal): Promise<{ sdl: string; isSubgraph: boolean } | null> {
  const asSubgraph = served.safeParse(await asked(url, '{ _service { sdl } }', signal));
  if (asSubgraph.success) return { sdl: asSubgraph.data.data._service.sdl, isSubgraph: true };
  const query = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: false });
  const schema = introspected.safeParse(await asked(url, query, signal));
  if (!schema.success) return null;
  return { sdl: printSchema(buildClientSchema(schema.data.data as unknown as IntrospectionQuery)), isSubgraph: false };
}

/** A document at an address, as text. Refuses what is not there, is too large, or takes more than ten seconds. */
export async function documentAt(url: string, signal: AbortSignal): Promise<string> {
  const { status, text } = await answerOf(url, signal, {
    headers: { accept: 'application/json, application/yaml, text/yaml, */*' },
  });
  if (status !== 200) throw unreachable(url, `answered ${status}`);
  return text;
}

async function asked(url: string, query: string, signal: AbortSignal): Promise<unknown> {
  const { text } = await answerOf(url, signal, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' },
    body: JSON.stringify({ query }),
  });
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function answerOf(
  url: string,
  signal: AbortSignal,
  init: RequestInit,
): Promise<{ status: number; text: string }> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const response = await fetch(url, { ...init, signal: within });
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += part.byteLength;
      if (bytes > ANSWER_BYTES) throw unreachable(url, `answers more than ${ANSWER_BYTES / 1024 / 1024} MiB`);
      parts.push(part);
    }
    return { status: response.status, text: Buffer.concat(parts).toString('utf8') };
  } catch (error) {
    if (signal.aborted || error instanceof CommandFailure) throw error;
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw unreachable(url, isLate ? `did not answer within ${ANSWER_MS / 1000} s` : 'cannot be reached', error);
  }
}

function unreachable(url: string, says: string, cause?: unknown): CommandFailure {
  // An address may hold a key in its query.
  const { origin, pathname } = new URL(url);
  return new CommandFailure(
    EXIT.refused,
    'SOURCE_UNREACHABLE',
    `${origin}${pathname} ${says}: is it the right address, and does it run?`,
    { cause },
  );
}
