import { z } from 'zod';

import type { Settings } from './config.ts';
import { CommandFailure, EXIT, type ExitCode } from './exit.ts';

/** A GraphQL document with the shape of its answer. */
export interface Operation<Data> {
  readonly text: string;
  readonly answer: z.ZodType<Data>;
}

/** Asks the public graph; refuses, as a CommandFailure, on any error that the graph names. */
export type AskServer = <Data>(
  operation: Operation<Data>,
  variables?: Record<string, unknown>,
  /** Ends this one question early. */
  signal?: AbortSignal,
) => Promise<Data>;

/** A graph's answer as it came. */
export type GraphAnswer = z.infer<typeof answerSchema>;

/** Composition of a whole mesh takes seconds on a busy machine. */
const ANSWER_WITHIN_MS = 120_000;

/** Of W3C's Trace Context; what is none is not sent. */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

const errorSchema = z.looseObject({
  message: z.string(),
  extensions: z.looseObject({ code: z.string().optional(), findings: z.unknown().optional() }).optional(),
});
const answerSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(errorSchema).min(1).optional(),
});
const findingsSchema = z.array(
  z.object({
    code: z.string(),
    severity: z
      .string()
      .transform((text) => (['warning', 'hint'] as const).find((one) => one === text.toLowerCase()) ?? 'error'),
    message: z.string(),
    file: z.string().nullable().default(null),
    line: z.number().nullable().default(null),
    column: z.number().nullable().default(null),
    path: z.string().nullable().default(null),
  }),
);

/** What each code ends with; all others are plain refusals. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  UNAUTHENTICATED: EXIT.notAllowed,
  FORBIDDEN: EXIT.notAllowed,
  BAD_INPUT: EXIT.usage,
  BAD_USER_INPUT: EXIT.usage,
  GRAPHQL_PARSE_FAILED: EXIT.usage,
  GRAPHQL_VALIDATION_FAILED: EXIT.usage,
  OPERATION_RESOLUTION_FAILURE: EXIT.usage,
  INVALID_GRAPHQL: EXIT.usage,
  DATABASE_UNREACHABLE: EXIT.unreachable,
};

/** A client of the graph at `settings.url`, whose answers are held against the shapes that commands expect. */
export function askServer(settings: Settings, signal: AbortSignal): AskServer {
  return async ({ text, answer: shape }, variables, own = signal) => {
    const answer = await postGraph(settings, own, { query: text, ...(variables && { variables }) });
    const failure = failureOf(answer, settings);
    if (failure !== null) throw failure;
    const read = shape.safeParse(answer.data);
    if (read.success) return read.data;
    throw new CommandFailure(
      EXIT.refused,
      'ANSWER_UNKNOWN',
      `${settings.url} answers in another shape than expected: is it of another version?`,
      {
        cause: read.error,
      },
    );
  };
}

/** Sends one operation, and answers what came, errors of the graph included. Refuses where no graph answers. */
export async function postGraph(
  settings: Settings,
  signal: AbortSignal,
  body: Record<string, unknown>,
): Promise<GraphAnswer> {
  const { url, key, env } = settings;
  const traceparent = env['TRACEPARENT'] ?? '';
  const { status, text } = await send(`${url}/graphql`, signal, {
    method: 'POST',
    redirect: 'error',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      // As CI systems and `otel-cli exec` hand on the trace that a command is part of.
      ...(TRACEPARENT.test(traceparent) && { traceparent }),
    },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw unreachable(settings, signal, cause);
  });
  const read = answerSchema.safeParse(parsed(text));
  if (read.success && ((read.data.data ?? null) !== null || read.data.errors !== undefined)) return read.data;
  if (status === 401 || status === 403) throw notAllowed(settings, `${url} answered ${status}.`);
  throw new CommandFailure(
    EXIT.unreachable,
    'SERVER_UNREACHABLE',
    `${url}/graphql answered ${status}, and not as a graph does: is Weft there, and is it ready? \`weft doctor\` looks.`,
  );
}

/** The one translator from a graph's errors to exit codes; null where it has none. */
export function failureOf({ errors }: GraphAnswer, settings: Settings): CommandFailure | null {
  const first = errors?.[0];
  if (errors === undefined || first === undefined) return null;
  const code = first.extensions?.code ?? 'REFUSED';
  const message = [...new Set(errors.map((error) => error.message))].join('\n');
  const exit = EXIT_OF[code] ?? EXIT.refused;
  if (exit === EXIT.notAllowed) return notAllowed(settings, message, code);
  const findings = findingsSchema.safeParse(first.extensions?.findings);
  return new CommandFailure(exit, code, message, findings.success ? { findings: findings.data } : {});
}

/** One GET for `doctor`: the status, or null where nobody answers in time. */
export async function statusOf(url: string, signal: AbortSignal, withinMs: number): Promise<number | null> {
  return send(url, AbortSignal.any([signal, AbortSignal.timeout(withinMs)]), { redirect: 'manual' })
    .then(({ status }) => status)
    .catch(() => null);
}

async function send(url: string, signal: AbortSignal, init: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    ...init,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  return { status: response.status, text: await response.text() };
}

function notAllowed({ key }: Settings, message: string, code = 'FORBIDDEN'): CommandFailure {
  const next = key === null ? 'Set WEFT_KEY to a key that may.' : 'Set WEFT_KEY to another key.';
  return new CommandFailure(EXIT.notAllowed, code, `${message} ${next}`);
}

function unreachable({ url }: Settings, signal: AbortSignal, cause: unknown): unknown {
  if (signal.aborted) return cause;
  const isLate = cause instanceof Error && cause.name === 'TimeoutError';
  const why = isLate ? `did not answer within ${ANSWER_WITHIN_MS / 1000} s` : `cannot be reached${reasonOf(cause)}`;
  return new CommandFailure(
    EXIT.unreachable,
    'SERVER_UNREACHABLE',
    `${url} ${why}. Start Weft with \`weft up\`, or set WEFT_URL to where it runs.`,
    { cause },
  );
}

/** fetch says "fetch failed" and keeps the system's reason in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
