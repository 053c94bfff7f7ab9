import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { RunId } from '../../../schema/ids.ts';

/** A Spark Connect server: where it is, and as whom it is asked. */
export interface SparkRemote {
  /** `host:port` */
  readonly address: string;
  readonly channel: ChannelCredentials;
  readonly userId: string;
  /** What is sent with each call, such as a token: asked for each time, since tokens end. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** A Spark for the time of a piece of work: one that is there, or one that is started for it. */
export interface Spark {
  with<Result>(
    work: { readonly runId: RunId; readonly signal: AbortSignal },
    story: (remote: SparkRemote) => Promise<Result>,
  ): Promise<Result>;
}

const PORT = 15002;

/** Parameters of an address that are no headers. */
const OWN = ['token', 'use_ssl', 'user_id', 'session_id', 'user_agent'];

/**
 * Reads `sc://host:port/;token=…;use_ssl=true;user_id=…;header=…`, as Spark's own clients do: a token is sent over TLS alone, loopback
 * excepted; other parameters are headers. Throws what is none, without its token.
 */
export function sparkRemote(text: string): SparkRemote {
  const [, host, port, rest = ''] = /^sc:\/\/([\w.-]+|\[[\da-f:]+\])(?::(\d{1,5}))?\/?(;.*)?$/i.exec(text.trim()) ?? [];
  if (host === undefined)
    throw new Error('It is no address of Spark Connect, such as sc://spark.example.com:15002/;token=…');
  const given = new Map(
    rest
      .split(';')
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', ...value] = part.split('=');
        return [decodeURIComponent(name), decodeURIComponent(value.join('='))] as const;
      }),
  );
  const token = given.get('token');
  const isLocal = /^(localhost|127\.[\d.]+|\[::1\])$/i.test(host);
  const secure = given.has('use_ssl') ? given.get('use_ssl') === 'true' : token !== undefined && !isLocal;
  if (token !== undefined && !secure && !isLocal)
    throw new Error('A token is sent over TLS only: leave use_ssl out, or say true.');
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...Object.fromEntries([...given].filter(([name]) => !OWN.includes(name))),
  };
  return {
    address: `${host}:${port ?? PORT}`,
    channel: secure ? credentials.createSsl() : credentials.createInsecure(),
    userId: given.get('user_id') ?? 'weft',
    headers: () => Promise.resolve(headers),
  };
}
