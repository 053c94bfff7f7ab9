import { Pool } from 'undici';
import { floodRequest, FREQUENT } from './operations.ts';

/** One stretch of the flood: requests of these indices, and among them the frequent ones. */
export interface FloodAsk {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly connections: number;
  /** One kind of request; null for the mixture. */
  readonly only: string | null;
}

export interface FloodResult {
  readonly seconds: number;
  /** By kind, then by status: how often. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Of the frequent operations, sorted: how long each took in the midst of the flood. */
  readonly latenciesMs: Readonly<Record<string, readonly number[]>>;
}

/** Each connection asks for all of the frequent ones after so many of the flood. */
const FREQUENT_EVERY = 60;

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' };
/** An answer that takes longer ends the bench: nothing waits without end. */
const ANSWER_WITHIN_MS = 30_000;

/** Sends it in closed loops. Throws where a frequent operation is answered with an error. */
export async function sendFlood({ url, from, to, connections, only }: FloodAsk): Promise<FloodResult> {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: ANSWER_WITHIN_MS });
  const outcomes = new Map<string, number>();
  const latenciesMs: Record<string, number[]> = Object.fromEntries(Object.keys(FREQUENT).map((name) => [name, []]));
  const send = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await pool.request({ path: '/graphql', method: 'POST', headers: { ...HEADERS, ...headers }, body });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  let next = from;
  const loop = async (): Promise<void> => {
    for (let sent = 1; next < to; sent += 1) {
      const { kind, body } = floodRequest((next += 1) - 1, only);
      const { status, text } = await send(body);
      const outcome = `${kind}: ${status}${text.includes('"errors":') ? ' with errors' : ''}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (sent % FREQUENT_EVERY === 0)
        for (const [name, query] of Object.entries(FREQUENT)) latenciesMs[name]!.push(await frequentOne(name, query));
    }
  };
  const frequentOne = async (name: string, query: string): Promise<number> => {
    const sentMs = performance.now();
    // Not what was kept of its answer: the compiled operation is asked for.
    const { status, text } = await send(JSON.stringify({ query }), { 'cache-control': 'no-cache' });
    if (status !== 200 || text.includes('"errors":')) throw new Error(`${name}: ${status} ${text.slice(0, 300)}`);
    return performance.now() - sentMs;
  };
  const beganMs = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, loop));
  } finally {
    await pool.destroy();
  }
  for (const latencies of Object.values(latenciesMs)) latencies.sort((one, other) => one - other);
  return { seconds: (performance.now() - beganMs) / 1000, outcomes, latenciesMs };
}
