import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Client, type ClientReadableStream, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type RecordBatch, tableFromIPC } from 'apache-arrow';
import { SparkAway, sparkError, SparkError } from './errors.ts';
import type { SparkRemote } from './remote.ts';

/** A session of a Spark Connect server: settings and temporary views are its own. */
export interface SparkSession {
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** Makes a temporary view, in place of one that was there. */
  view(name: string, relation: SparkRelation): Promise<void>;
  /** The rows of a query as they stand in Arrow: for few. */
  rows<Row>(query: string): Promise<Row[]>;
  /** Appends what a query yields by one of Spark's writers. */
  write(query: string, to: { format: string; options: Readonly<Record<string, string>> }): Promise<void>;
}

/** Rows that Spark reads by one of its readers, or that a query yields. */
export type SparkRelation =
  | { readonly sql: string }
  | {
      readonly format: string;
      readonly schema?: string;
      readonly options: Readonly<Record<string, string>>;
      readonly paths: readonly string[];
    };

/** A small answer that does not come is none. */
const ANSWER_MS = 60_000;
/** Times that a broken stream is taken up again without a word between: the operation goes on meanwhile. */
const REATTACHED_MAX = 6;
const PAUSE_MS = 1_000;

interface Response {
  readonly response_id: string;
  readonly arrow_batch?: { readonly data: Buffer };
  readonly result_complete?: object;
}
type Unary = 'Config' | 'Interrupt' | 'ReleaseExecute' | 'ReleaseSession';
type Service = Client &
  Record<'ExecutePlan' | 'ReattachExecute', (request: object, headers: Metadata) => ClientReadableStream<Response>> &
  Record<
    Unary,
    (request: object, headers: Metadata, options: object, answer: (error: Error | null) => void) => unknown
  >;

let loaded: (new (address: string, channel: SparkRemote['channel'], options: object) => Service) | null = null;

function service(): NonNullable<typeof loaded> {
  if (loaded === null) {
    const file = fileURLToPath(new URL('spark-connect.proto', import.meta.url));
    const { spark } = loadPackageDefinition(loadSync(file, { keepCase: true, enums: String })) as unknown as {
      spark: { connect: { SparkConnectService: NonNullable<typeof loaded> } };
    };
    loaded = spark.connect.SparkConnectService;
  }
  return loaded;
}

/**
 * Runs `work` in the session of that id, a UUID: whatever a former one of the same id still does is interrupted first, and what this one does
 * when `signal` fires. Throws SparkError and SparkAway.
 */
export async function withSpark<Result>(
  remote: SparkRemote,
  { sessionId, signal }: { sessionId: string; signal: AbortSignal },
  work: (session: SparkSession) => Promise<Result>,
): Promise<Result> {
  const client = new (service())(remote.address, remote.channel, {
    'grpc.max_receive_message_length': -1,
    // Balancers drop what is silent.
    'grpc.keepalive_time_ms': 30_000,
  });
  const headersNow = async (): Promise<Metadata> => {
    const headers = new Metadata();
    for (const [name, value] of Object.entries(await remote.headers())) headers.set(name, value);
    return headers;
  };
  const who = { session_id: sessionId, user_context: { user_id: remote.userId }, client_type: 'weft' };
  const ask = async (method: Unary, request: object): Promise<void> => {
    const headers = await headersNow();
    await new Promise<void>((resolve, reject) => {
      const answer = (error: Error | null): void => (error === null ? resolve() : reject(sparkError(error)));
      client[method]({ ...who, ...request }, headers, { deadline: Date.now() + ANSWER_MS }, answer);
    });
  };
  const interrupt = (): Promise<void> => ask('Interrupt', { interrupt_type: 'INTERRUPT_TYPE_ALL' });
  const stop = (): void => void interrupt().catch(() => undefined);

  /** Performs a plan and answers its batches of Arrow; a stream that breaks off is taken up where it was. */
  const execute = async (plan: object): Promise<Buffer[]> => {
    const operation = { ...who, operation_id: randomUUID() };
    const batches: Buffer[] = [];
    let last: string | null = null;
    for (let broken = 0; ;) {
      signal.throwIfAborted();
      const headers = await headersNow();
      const stream: ClientReadableStream<Response> =
        last === null
          ? client.ExecutePlan(
              { ...operation, plan, request_options: [{ reattach_options: { reattachable: true } }] },
              headers,
            )
          : client.ReattachExecute({ ...operation, last_response_id: last }, headers);
      try {
        for await (const response of stream as AsyncIterable<Response>) {
          last = response.response_id;
          broken = 0;
          if (response.arrow_batch) batches.push(response.arrow_batch.data);
          if (!response.result_complete) continue;
          // What is not let go is forgotten by itself.
          void ask('ReleaseExecute', { operation_id: operation.operation_id, release_all: {} }).catch(() => undefined);
          return batches;
        }
      } catch (error) {
        signal.throwIfAborted();
        const known = sparkError(error);
        const isBroken =
          known instanceof SparkAway ||
          (known instanceof SparkError && known.errorClass === 'INVALID_CURSOR.DISCONNECTED');
        // Before the first word nobody knows whether it began: whoever asked begins anew, and interrupts it.
        if (!isBroken || last === null || (broken += 1) > REATTACHED_MAX) throw known;
        await sleep(PAUSE_MS * broken, undefined, { signal });
      }
    }
  };
  const command = async (step: object): Promise<void> => {
    await execute({ command: step });
  };

  signal.addEventListener('abort', stop, { once: true });
  try {
    await interrupt();
    const result = await work({
      configure: (settings) =>
        ask('Config', {
          operation: { set: { pairs: Object.entries(settings).map(([key, value]) => ({ key, value })) } },
        }),
      view: (name, relation) =>
        command({ create_dataframe_view: { input: relationOf(relation), name, is_global: false, replace: true } }),
      rows: async <Row>(query: string) => (await execute({ root: { sql: { query } } })).flatMap(rowsOf) as Row[],
      write: (query, { format, options }) =>
        command({
          write_operation: { input: { sql: { query } }, source: format, mode: 'SAVE_MODE_APPEND', options },
        }),
    });
    // Where it failed, another may have the session by now; what nobody uses ends by itself.
    await ask('ReleaseSession', { allow_reconnect: true }).catch(() => undefined);
    return result;
  } finally {
    signal.removeEventListener('abort', stop);
    client.close();
  }
}

function relationOf(relation: SparkRelation): object {
  if ('sql' in relation) return { sql: { query: relation.sql } };
  const { paths, ...source } = relation;
  return { read: { data_source: { ...source, paths: [...paths] } } };
}

function rowsOf(batch: Buffer): object[] {
  return tableFromIPC(batch).batches.flatMap((part: RecordBatch) =>
    part.toArray().map((row: { toJSON(): object }) => row.toJSON()),
  );
}
