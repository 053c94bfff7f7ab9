import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { z } from 'zod';

import { StartFailure } from './failure.ts';
import { takeLock } from './lock.ts';

const run = promisify(execFile);

/** v1.6 and later have `replace` directives, which `go install` refuses. */
const GO_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
/** A download of some 40 MB takes half a minute on a slow line; a refused one ends at once. */
const DOWNLOAD_LIMIT_MS = 120_000;
/** It takes about 2.5 minutes on two idle cores. */
const GO_LIMIT_MS = 20 * 60_000;
const PROGRESS_EVERY_MS = 15_000;

export interface Search {
  readonly env: NodeJS.ProcessEnv;
  /** WEFT_HOME: an operator may put `bin/temporal` there. */
  readonly home: string;
  /** The user's cache, which outlives a WEFT_HOME and is shared by clones. */
  readonly cache: string;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * A `temporal` that runs: on PATH, in WEFT_HOME/bin, in the user's cache, by the Temporal SDK's own download,
 * by `go install`; the last two put it into the cache, one process at a time. Refuses with what to install.
 */
export async function temporalBinary(search: Search): Promise<string> {
  const found = await firstThatRuns(search);
  if (found !== null) return found;
  const folder = join(search.cache, 'bin');
  await mkdir(folder, { recursive: true });
  await waitForTurn(folder, search);
  const madeMeanwhile = await firstThatRuns(search);
  if (madeMeanwhile !== null) return madeMeanwhile;
  await sweepDrafts(folder);
  const reasons: string[] = [];
  for (const [how, make] of [
    ['download', download],
    ['go install', goInstall],
  ] as const) {
    const draft = await mkdtemp(join(folder, 'draft-'));
    try {
      const made = await make(draft, search);
      const target = join(folder, 'temporal');
      await rename(made, target);
      if (await runs(target)) return target;
      reasons.push(`${how} brought a program that does not run here`);
    } catch (error) {
      if (search.signal?.aborted === true) throw new StartFailure('Stopped while looking for Temporal.', error);
      reasons.push(`${how}: ${reasonOf(error)}`);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new StartFailure(
    'Temporal is needed and was not found: install the `temporal` command (https://docs.temporal.io/cli) on PATH, ' +
      `or Go 1.24 or later so that Weft can build it, or set TEMPORAL_ADDRESS to a server. (${reasons.join('; ')})`,
  );
}

async function firstThatRuns({ env, home, cache }: Search): Promise<string | null> {
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...onPath, join(home, 'bin'), join(cache, 'bin')]) {
    const candidate = join(folder, 'temporal');
    if ((await isExecutable(candidate)) && (await runs(candidate))) return candidate;
  }
  return null;
}

/** The cache is one process's until that ends; who comes meanwhile waits, and then finds what it made. */
async function waitForTurn(folder: string, search: Search): Promise<void> {
  for (let waited = 0; ; waited += 1) {
    const lock = takeLock(join(folder, 'lock'));
    if (lock.held || (await firstThatRuns(search)) !== null) return;
    if (waited % 30 === 0) search.progress(`Another Weft (pid ${lock.by.pid}) is fetching Temporal; waiting for it`);
    await sleep(1_000, undefined, search.signal === undefined ? {} : { signal: search.signal });
  }
}

/** Only who has the turn makes drafts, so all there are were left by the killed. */
async function sweepDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('draft-')) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** In a process of its own, since the SDK's native code can't be given up half-way, and starts a server besides. */
async function download(draft: string, search: Search): Promise<string> {
  search.progress('Downloading Temporal by its SDK');
  const script = new URL('./temporal-download.ts', import.meta.url);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  await run(process.execPath, ['--import', loader, fileURLToPath(script), draft], {
    env: search.env,
    timeout: DOWNLOAD_LIMIT_MS,
    killSignal: 'SIGKILL',
    ...signalOf(search),
  });
  const name = (await readdir(draft)).find((file) => file.startsWith('temporal') && !file.endsWith('.downloading'));
  if (name === undefined) throw new Error('nothing was downloaded');
  return join(draft, name);
}

async function goInstall(draft: string, search: Search): Promise<string> {
  await run('go', ['version'], { env: search.env, timeout: 20_000 }).catch(() => {
    throw new Error('Go is not installed');
  });
  const began = Date.now();
  const say = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    search.progress(`Building Temporal by go install, once for this user: about 3 minutes (${seconds} s)`);
  };
  say();
  const ticking = setInterval(say, PROGRESS_EVERY_MS);
  try {
    await run('go', ['install', GO_MODULE], {
      env: goEnvironment(draft, search),
      timeout: GO_LIMIT_MS,
      // It tells each module that it downloads.
      maxBuffer: 64 * 1024 * 1024,
      ...signalOf(search),
    });
  } finally {
    clearInterval(ticking);
  }
  return join(draft, 'temporal');
}

/** Go's own caches serve where it has a home; else they lie beside the result, and are swept with the draft. */
function goEnvironment(draft: string, { env }: Search): NodeJS.ProcessEnv {
  const hasHome = env['HOME'] !== undefined || (env['GOPATH'] !== undefined && env['GOCACHE'] !== undefined);
  const caches = hasHome ? {} : { GOPATH: join(draft, 'go'), GOCACHE: join(draft, 'go-build'), GOFLAGS: '-modcacherw' };
  // Its SQLite is written in Go: no C compiler is needed.
  return { ...env, ...caches, GOBIN: draft, CGO_ENABLED: '0' };
}

function signalOf({ signal }: Search): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function runs(file: string): Promise<boolean> {
  try {
    return /temporal version/i.test((await run(file, ['--version'], { timeout: 20_000 })).stdout);
  } catch {
    return false;
  }
}

/** What `execFile` says of a failed command. */
const failureSchema = z.object({
  killed: z.boolean().optional(),
  stderr: z.string().default(''),
  message: z.string(),
});

function reasonOf(error: unknown): string {
  const failure = failureSchema.safeParse(error).data;
  if (failure === undefined) return String(error);
  if (failure.killed === true) return 'took too long';
  const lines = failure.stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? failure.message).trim().slice(0, 200);
}
