import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { hostRefusal, type HostRules } from '../../schema/allowed-hosts.ts';
import { checkedLookup } from '../../schema/checked-lookup.ts';
import type { ObjectPlace } from '../../schema/contract/file-place.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Secrets } from '../../schema/secrets.ts';
import { objectAddress, signing } from '../sources/files/signed-headers.ts';
import type { FileStore } from './file-store.ts';

/** S3 takes at most 10,000 parts of at least 5 MiB: enough for 156 GiB a file, and each is read from the disk as it is sent. */
const PART_BYTES = 16 * 1024 * 1024;
const SILENCE_MS = 60_000;

/** Objects below a prefix of a store that speaks S3. What is larger than a part is sent in several. */
export function objectStore(
  place: ObjectPlace,
  deps: { readonly name: string; readonly hosts: HostRules; readonly secrets: Secrets; readonly signal: AbortSignal },
): FileStore {
  const label = `s3://${place.bucket}/${place.key}`;
  const refusal = hostRefusal(place.endpoint, deps.hosts);
  if (refusal !== null) throw new Refusal('FORBIDDEN', `${label} is not delivered to: ${refusal}`);
  const sign = signing(place, { server: { server: deps.name, type: 's3' }, secrets: deps.secrets });
  const agent = new Agent({
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    connect: { timeout: 10_000, lookup: checkedLookup(deps.hosts) },
  });

  const ask = async (method: Dispatcher.HttpMethod, key: string, sent: Sent = {}): Promise<Answer> => {
    const url = new URL(objectAddress(place, place.key + key));
    for (const [name, value] of Object.entries(sent.query ?? {})) url.searchParams.set(name, value);
    const response = await request(url, {
      method,
      headers: { ...(await sign(method, url)), ...sent.headers },
      body: sent.body ?? null,
      dispatcher: agent,
      signal: deps.signal,
    });
    const text = await response.body.text();
    return { status: response.statusCode, etag: String(response.headers.etag ?? ''), text };
  };
  const insist = async (method: Dispatcher.HttpMethod, key: string, sent: Sent = {}): Promise<Answer> => {
    const answer = await ask(method, key, sent);
    if (answer.status < 300) return answer;
    const said = `${label}${key} was answered with ${answer.status}${codeOf(answer.text)}`;
    // What is forbidden or not there is so for the next attempt too.
    if (answer.status < 500 && answer.status !== 408 && answer.status !== 429)
      throw new Refusal('DELIVERY_REFUSED', `${said}.`);
    throw new Error(said);
  };
  const put = (key: string, { path, start, end, query }: Part): Promise<Answer> =>
    insist('PUT', key, {
      query,
      headers: { 'content-length': String(end - start) },
      body: end === start ? '' : createReadStream(path, { start, end: end - 1 }),
    });
  const upload = async (key: string, path: string): Promise<void> => {
    const { size } = await stat(path);
    if (size <= PART_BYTES) {
      await put(key, { path, start: 0, end: size, query: {} });
      return;
    }
    const begun = await insist('POST', key, { query: { uploads: '' } });
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(begun.text)?.[1];
    if (uploadId === undefined) throw new Error(`${label}${key} was begun without an id.`);
    try {
      const etags: string[] = [];
      for (let start = 0; start < size; start += PART_BYTES) {
        const end = Math.min(size, start + PART_BYTES);
        const query = { partNumber: String(etags.length + 1), uploadId };
        etags.push((await put(key, { path, start, end, query })).etag);
      }
      const parts = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const ended = await insist('POST', key, {
        query: { uploadId },
        body: `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
      });
      // S3 may say so in an answer of status 200.
      if (ended.text.includes('<Error>'))
        throw new Error(`${label}${key} could not be put together${codeOf(ended.text)}`);
    } catch (error) {
      // Parts that were sent cost until somebody throws them away.
      await ask('DELETE', key, { query: { uploadId } }).catch(() => undefined);
      throw error;
    }
  };

  return {
    label,
    readText: async (key) => {
      const answer = await ask('GET', key);
      if (answer.status === 404) return null;
      return answer.status < 300 ? answer.text : (await insist('GET', key)).text;
    },
    writeText: async (key, text) => {
      await insist('PUT', key, { body: text, headers: { 'content-type': 'application/json' } });
    },
    writeFolder: async (folder, files) => {
      for (const { name, path } of files) await upload(`${folder}/${name}`, path);
    },
    remove: async (key) => {
      await insist('DELETE', key);
    },
    close: () => agent.destroy(),
  };
}

interface Sent {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReturnType<typeof createReadStream>;
}

interface Part {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly query: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly text: string;
}

/** S3's own word for what is wrong: ` (AccessDenied)`. */
function codeOf(text: string): string {
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
  return code === undefined ? '' : ` (${code})`;
}
