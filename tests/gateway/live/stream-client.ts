import type { Tree } from '../gateway-here.ts';

/** A subscription over HTTP, as a client reads it. */
export interface StreamClient {
  readonly status: number;
  readonly headers: Headers;
  /** What came in place of a stream. */
  readonly answer: Tree;
  /** The next answer; null where they are complete. Rejects where the connection breaks. */
  next(): Promise<Tree>;
  /** All that still come. */
  rest(): Promise<Tree[]>;
  leave(): void;
}

export interface StreamAsk {
  readonly variables?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST';
}

/** Asks for server-sent events, as graphql-sse has them. */
export async function streamClient(url: string, query: string, ask: StreamAsk = {}): Promise<StreamClient> {
  const { variables = {}, headers = {}, method = 'POST' } = ask;
  const leaving = new AbortController();
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  const response = await fetch(method === 'GET' ? `${url}/graphql?${parameters.toString()}` : `${url}/graphql`, {
    method,
    headers: {
      accept: 'text/event-stream',
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(method === 'POST' && { body: JSON.stringify({ query, variables }) }),
    signal: leaving.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const events = isStream ? eventsOf(response) : null;
  const next = async (): Promise<Tree> => {
    const { value, done = false } = await events!.next();
    if (done) throw new Error('The stream ended before it was complete.');
    return value;
  };
  return {
    status: response.status,
    headers: response.headers,
    answer: isStream ? null : await response.json(),
    next,
    rest: async () => {
      const answers: Tree[] = [];
      for (let answer = await next(); answer !== null; answer = await next()) answers.push(answer);
      return answers;
    },
    leave: () => leaving.abort(),
  };
}

async function* eventsOf(response: Response): AsyncGenerator<Tree> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      if (lines.length === 0) continue;
      const name = lines.find((line) => line.startsWith('event: '))?.slice(7);
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.replace(/^data: ?/, ''));
      if (name === 'complete') yield null;
      else if (name === 'next') yield JSON.parse(data.join('\n'));
      else throw new Error(`An event of the name ${name}.`);
    }
  }
}
