import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { readFileBounds } from '../../../schema/contract/file-bounds.ts';
import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { Asking, Headers } from './asking.ts';
import type { Bytes, FoundFile } from './found-files.ts';
import { incomplete } from './incomplete.ts';
import { leaveFile, takeFile } from './left-files.ts';
import { type Brought, isOther, lengthOf, type RemoteState, stateOf } from './remote-state.ts';
import { requireSettings } from './require-settings.ts';

/** How long and how often a server is borne with. */
export interface Patience {
  /** In a row, without a byte more in between. */
  readonly retries: number;
  /** Before the first retry; twice as long before each further one. */
  readonly pauseMs: number;
  /** A server may ask for so long a pause by Retry-After; one that asks for more is not waited for. */
  readonly longestPauseMs: number;
  readonly silenceMs: number;
  /** For all files of a source together. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What is borne with of every server. */
export const PATIENCE: Omit<Patience, 'silenceMs' | 'timeoutMs'> = {
  // With their pauses some 15 s: a server that starts anew is back by then.
  retries: 4,
  pauseMs: 1_000,
  // A stage is under way for as long.
  longestPauseMs: 60_000,
  maxBytes: 20 * 1024 ** 3,
};

/** What is borne with of a server, as its contract says; `other` is said by tests. */
export function patienceWith(server: OdcsServer, other: Partial<Patience>): Patience {
  const { silentSeconds, timeoutSeconds } = requireSettings(server, readFileBounds);
  return { ...PATIENCE, silenceMs: silentSeconds * 1_000, timeoutMs: timeoutSeconds * 1_000, ...other };
}

export interface RemoteFile extends FoundFile {
  /** What the server said of it: `etag`, `modifiedMs`, `bytes`. */
  facts(): Readonly<Record<string, number | string>>;
  /** Leaves it, where all of it is here, to whoever reads it next for the same run. It is not to be read here any more. */
  leave(): Promise<void>;
}

interface RemoteAsk {
  readonly name: string;
  readonly address: string;
  /** For which run it is read: what one stage has looked at is what the next one reads. Null: nothing is left. */
  readonly run: string | null;
  readonly headers: Headers;
  /** Where its bytes are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Bytes that the source may still bring: shared by all its files. */
  readonly budget: { bytes: number };
  readonly patience: Patience;
  /** The state that it must be in, where that is known. */
  readonly state?: RemoteState;
}

/** An attempt that brought less than was asked for: another may bring the rest. */
interface Broken {
  readonly refusal: Refusal;
  readonly waitMs: number | null;
}

const NOTHING: Brought = { size: 0, total: null, validator: null, facts: {}, whole: false };

/** Packings that need no header to be seen; others were not asked for. */
const ENCODINGS = new Set(['', 'identity', 'gzip', 'x-gzip', 'zstd']);

/**
 * A file of a server, brought as far as it is asked for. What breaks off is gone on with where the server can, else begun anew, a few
 * times; so is what was only looked at. Refuses with SOURCE_MISSING, SOURCE_INCOMPLETE or SOURCE_FAILED.
 */
export function remoteFile(asking: Asking, ask: RemoteAsk): RemoteFile {
  const path = join(ask.folder, `${randomUUID()}.remote`);
  let brought: Brought = { ...NOTHING, ...ask.state };
  let looked = ask.state !== undefined;
  const key = JSON.stringify([ask.run, ask.address]);
  const bytesHere = (): Bytes => ({ path, size: brought.size, whole: brought.whole });

  /** What a stage before has brought, unless it is known to be another state by now. */
  const take = async (): Promise<void> => {
    const left = ask.run === null ? null : await takeFile(key, path);
    if (left === null || isOther(brought, left)) return;
    ask.budget.bytes -= left.size;
    brought = left;
  };

  const bring = async (need: number): Promise<void> => {
    const handle = await open(path, brought.size === 0 ? 'w' : 'r+', 0o600);
    try {
      // A server that sends the same beginning over and over gets no further by it.
      let furthest = brought.size;
      for (let failures = 0, pauseMs = ask.patience.pauseMs; ; pauseMs *= 2) {
        const broken = await attempt(handle, need);
        if (broken === null) return;
        if (brought.size > furthest) [failures, pauseMs, furthest] = [0, ask.patience.pauseMs, brought.size];
        if ((failures += 1) > ask.patience.retries) throw broken.refusal;
        if ((broken.waitMs ?? 0) > ask.patience.longestPauseMs) throw broken.refusal;
        await sleep(broken.waitMs ?? pauseMs, undefined, { signal: ask.signal });
      }
    } catch (error) {
      throw timedOut(error);
    } finally {
      await handle.close();
    }
  };

  /** Null where all that was needed is here. */
  const attempt = async (handle: FileHandle, need: number): Promise<Broken | null> => {
    let answered = false;
    try {
      const response = await asking.get(ask.address, async (url, own) => ({
        ...(await ask.headers(url, own)),
        ...range(brought, need),
      }));
      response.body.on('error', () => undefined);
      answered = true;
      try {
        return judge(response, need) ?? (await receive(response, handle, need));
      } finally {
        response.body.destroy();
      }
    } catch (error) {
      if (error instanceof Refusal || ask.signal.aborted || isOfThisMachine(error)) throw error;
      const said = error instanceof Error ? error.message : String(error);
      return {
        refusal: answered || brought.size > 0 ? cut() : failed(`could not be asked for: ${said}`),
        waitMs: null,
      };
    }
  };

  /** Refuses what no retry mends; an answer that may be another the next time; null where its body is to be read. */
  const judge = ({ statusCode, headers }: Dispatcher.ResponseData, need: number): Broken | null => {
    if (statusCode === 200 || statusCode === 206) {
      const encoding = String(headers['content-encoding'] ?? '').toLowerCase();
      if (!ENCODINGS.has(encoding)) throw missing(`comes packed as ${encoding}, which was not asked for`);
      return statusCode === 200 ? begin(headers) : goOn(headers);
    }
    if (statusCode === 416 && brought.size === 0 && need !== Infinity)
      throw incomplete(ask.name, 'is empty: it has no byte');
    if (statusCode === 416 || statusCode === 412) throw changed();
    if (statusCode === 408 || statusCode === 429 || statusCode >= 500)
      return { refusal: failed(`was answered with ${statusCode}`), waitMs: retryAfterMs(headers['retry-after']) };
    if (statusCode === 404 || statusCode === 410) throw missing('is not there', statusCode);
    throw missing('may not be read', statusCode);
  };

  const begin = (headers: Dispatcher.ResponseData['headers']): null => {
    const now = { ...NOTHING, total: lengthOf(headers), ...stateOf(headers) };
    if (looked && isOther(brought, now)) throw changed();
    ask.budget.bytes += brought.size;
    brought = now;
    return null;
  };

  const goOn = (headers: Dispatcher.ResponseData['headers']): Broken | null => {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(headers['content-range'] ?? '')) ?? [];
    if (first === undefined || Number(first) !== brought.size)
      return { refusal: failed('was answered with another part of it than was asked for'), waitMs: null };
    const now = { ...stateOf(headers), total: total === '*' || total === undefined ? null : Number(total) };
    if ((looked || brought.size > 0) && isOther(brought, now)) throw changed();
    brought = { ...brought, ...now };
    return null;
  };

  const receive = async (
    { body, statusCode }: Dispatcher.ResponseData,
    handle: FileHandle,
    need: number,
  ): Promise<Broken | null> => {
    await handle.truncate(brought.size);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if ((ask.budget.bytes -= chunk.length) < 0)
        throw incomplete(ask.name, `is larger than the ${ask.patience.maxBytes} bytes that a source may have`);
      await writeWhole(handle, chunk, brought.size);
      brought = { ...brought, size: brought.size + chunk.length };
      // The server sends all where it knows no ranges: the rest is left.
      if (brought.size >= need && brought.size !== brought.total) return null;
    }
    const whole = brought.total === null ? statusCode === 200 : brought.size === brought.total;
    brought = { ...brought, whole };
    return whole || brought.size >= need ? null : { refusal: cut(), waitMs: null };
  };

  const cut = (): Refusal =>
    incomplete(
      ask.name,
      `broke off after ${brought.size} of ${brought.total ?? 'an unknown number of'} bytes, each time it was asked for`,
    );
  const changed = (): Refusal => incomplete(ask.name, 'changed while it was read');
  const missing = (found: string, status?: number): Refusal =>
    new Refusal(
      'SOURCE_MISSING',
      `The source file ${JSON.stringify(ask.name)} ${found}${status === undefined ? '' : ` (HTTP ${status})`}.`,
    );
  const failed = (found: string): Refusal =>
    new Refusal(
      'SOURCE_FAILED',
      `The source file ${JSON.stringify(ask.name)} ${found}. Refresh again once its server answers.`,
    );
  const timedOut = (error: unknown): unknown =>
    (ask.signal.reason as { name?: unknown } | undefined)?.name === 'TimeoutError'
      ? failed(`took longer than the ${ask.patience.timeoutMs / 1000} s that timeoutSeconds allows`)
      : error;

  return {
    name: ask.name,
    bring: async (bytes) => {
      const need = bytes === 'all' ? Infinity : bytes;
      if (brought.size === 0) await take();
      if (!brought.whole && brought.size < need) await bring(need);
      looked = true;
      return bytesHere();
    },
    leave: async () => {
      if (ask.run !== null && brought.whole) await leaveFile(key, path, brought);
    },
    facts: () => ({ ...brought.facts, ...(brought.total !== null && { bytes: brought.total }) }),
  };
}

/** A disk that becomes full takes a part of what it is given, and says so only when it is given the rest. */
async function writeWhole(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** What is asked for of a file of which `size` bytes are here: no more than is needed, as far as that can be said. */
function range({ size, validator }: Brought, need: number): Record<string, string> {
  const last = need === Infinity ? '' : String(need - 1);
  if (size > 0) return validator === null ? {} : { range: `bytes=${size}-${last}`, 'if-range': validator };
  return need === Infinity ? {} : { range: `bytes=0-${last}` };
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | string[] | undefined): number | null {
  if (typeof value !== 'string') return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function isOfThisMachine(error: unknown): boolean {
  return ['ENOSPC', 'EIO', 'EDQUOT', 'EMFILE'].includes(String((error as { code?: unknown }).code));
}
