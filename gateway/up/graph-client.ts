import { z } from 'zod';

import { StartFailure } from './failure.ts';

/** Composition of a whole mesh takes seconds on a busy machine. */
const ANSWER_WITHIN_MS = 120_000;

const answerSchema = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Asks the public graph, with the admin's key. */
export type AskGraph = <Data>(
  schema: z.ZodType<Data>,
  query: string,
  variables?: Record<string, unknown>,
) => Promise<Data>;

/** A client of `url/graphql`; refuses on errors of the graph, in its words. */
export function graphClient(url: string, key: string, signal: AbortSignal): AskGraph {
  return async (schema, query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const text = await response.text();
    const answer = answerSchema.safeParse(parsed(text));
    if (!answer.success) throw new StartFailure(`The gateway answered ${response.status}: ${text.slice(0, 300)}`);
    const { data, errors } = answer.data;
    if (errors !== undefined) {
      throw new StartFailure(`The gateway refused: ${errors.map(({ message }) => message).join('; ')}`);
    }
    return schema.parse(data);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
