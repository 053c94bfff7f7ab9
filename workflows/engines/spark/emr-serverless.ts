import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import type * as Sdk from '@aws-sdk/client-emr-serverless';
import type { RunId } from '../../../schema/ids.ts';
import { SparkAway } from './errors.ts';
import type { Spark, SparkRemote } from './remote.ts';

interface Place {
  readonly applicationId: string;
  readonly region: string;
  readonly role: string;
  /** Of jars that the application's image lacks: Postgres' JDBC driver, as a rule. */
  readonly jars: string | null;
}

/** A session that nobody uses, since its worker died, costs no longer. */
const IDLE_MINUTES = 15;
/** A driver starts within some minutes, where the application has no room that is warm. */
const STARTED_WITHIN_MS = 900_000;
const POLL_MS = 2_000;
/** A token is asked for anew so long before it ends. */
const BEFORE_END_MS = 300_000;
/** Sessions of one run: each attempt after one that ended its own has another. */
const SESSIONS_MAX = 20;

const RUNNING: ReadonlySet<string> = new Set(['STARTED', 'IDLE', 'BUSY']);
const ENDED: ReadonlySet<string> = new Set(['TERMINATING', 'TERMINATED', 'FAILED']);

/**
 * Spark on EMR Serverless: `emr-serverless://<application>?region=…&role=arn:…&jars=s3://…`. A session with Spark Connect is started for a run,
 * once, however often it is asked for, and terminated after it. Throws what is no such address.
 */
export function emrServerless(text: string): Spark {
  const place = placeOf(text);
  return {
    with: async ({ runId, signal }, story) => {
      // Only those who run there load it.
      const sdk = await import('@aws-sdk/client-emr-serverless');
      const client = new sdk.EMRServerlessClient({ region: place.region });
      const { applicationId } = place;
      try {
        const sessionId = await startedSession(sdk, client, place, { runId, signal });
        try {
          return await story(await remoteOf(sdk, client, { applicationId, sessionId }));
        } finally {
          // One that is not terminated is idle soon.
          await client.send(new sdk.TerminateSessionCommand({ applicationId, sessionId })).catch(() => undefined);
        }
      } finally {
        client.destroy();
      }
    },
  };
}

async function startedSession(
  sdk: typeof Sdk,
  client: Sdk.EMRServerlessClient,
  { applicationId, role, jars }: Place,
  { runId, signal }: { runId: RunId; signal: AbortSignal },
): Promise<string> {
  for (let turn = 1; turn <= SESSIONS_MAX; turn++) {
    const { sessionId } = await client.send(
      new sdk.StartSessionCommand({
        applicationId,
        executionRoleArn: role,
        // The same token is the same session: an answer that was lost starts no second one.
        clientToken: `${runId}-${turn}`,
        name: `weft-${runId}`,
        idleTimeoutMinutes: IDLE_MINUTES,
        ...(jars !== null && {
          configurationOverrides: {
            runtimeConfiguration: [{ classification: 'spark-defaults', properties: { 'spark.jars': jars } }],
          },
        }),
      }),
      { abortSignal: signal },
    );
    if (await isStarted(sdk, client, { applicationId, sessionId }, signal)) return sessionId ?? '';
  }
  throw new Error(`EMR Serverless ended ${SESSIONS_MAX} sessions of the run ${runId}.`);
}

/** Waits until it runs; false where it is one that has ended, of a former attempt. */
async function isStarted(
  sdk: typeof Sdk,
  client: Sdk.EMRServerlessClient,
  { applicationId, sessionId }: { applicationId: string; sessionId: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = Date.now() + STARTED_WITHIN_MS;
  let waited = false;
  while (Date.now() < untilMs) {
    const { session } = await client.send(new sdk.GetSessionCommand({ applicationId, sessionId }), {
      abortSignal: signal,
    });
    const state = session?.state ?? '';
    if (RUNNING.has(state)) return true;
    if (ENDED.has(state)) {
      if (!waited) return false;
      throw new Error(
        `EMR Serverless could not start a session (${state}): ${session?.stateDetails ?? 'it says no more'}.`,
      );
    }
    waited = true;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new SparkAway(`EMR Serverless started no session within ${STARTED_WITHIN_MS / 60_000} minutes.`);
}

async function remoteOf(
  sdk: typeof Sdk,
  client: Sdk.EMRServerlessClient,
  session: { applicationId: string; sessionId: string },
): Promise<SparkRemote> {
  const ask = async (): Promise<{ endpoint: string; token: string; endsMs: number }> => {
    const {
      endpoint = '',
      authToken = '',
      authTokenExpiresAt,
    } = await client.send(new sdk.GetSessionEndpointCommand(session));
    return { endpoint, token: authToken, endsMs: authTokenExpiresAt?.getTime() ?? Date.now() };
  };
  let now = await ask();
  const { hostname, port } = new URL(now.endpoint.replace(/^sc:/, 'https:'));
  return {
    address: `${hostname}:${port === '' ? '443' : port}`,
    channel: credentials.createSsl(),
    userId: 'weft',
    headers: async () => {
      if (Date.now() > now.endsMs - BEFORE_END_MS) now = await ask();
      return { 'x-aws-proxy-auth': now.token };
    },
  };
}

function placeOf(text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : null;
  const [region, role] = [url?.searchParams.get('region'), url?.searchParams.get('role')];
  if (url === null || !/^[0-9a-z]{1,64}$/.test(url.hostname) || !region || !role?.startsWith('arn:'))
    throw new Error('It is no address of EMR Serverless: emr-serverless://<application>?region=…&role=arn:aws:iam::…');
  return { applicationId: url.hostname, region, role, jars: url.searchParams.get('jars') };
}
