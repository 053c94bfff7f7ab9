import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { ConnectorHost } from './connector-host.ts';
import { linesOf, ProgramFault } from './program.ts';

const asked = promisify(execFile);

/** Large connectors bring hundreds of megabytes; longer, and whoever waits would rather hear of it. */
const INSTALL_MS = 15 * 60_000;
/** Nobody is still at what was begun so long ago. */
const FORSAKEN_MS = 60 * 60_000;

const NOTE = 'weft.json';
const note = z.object({ programs: z.array(z.string()) });

/** Says which programs the package brings. */
const PROGRAMS = `
import json, sys
from importlib.metadata import distribution
found = distribution(sys.argv[1]).entry_points
print(json.dumps({"programs": sorted({one.name for one in found if one.group == "console_scripts"})}))
`;

/** Installations under way in this process, by their place. */
const underWay = new Map<string, Promise<void>>();

/** A connector that can be run: by which interpreter it is followed, and its program. */
export interface Installed {
  readonly python: string;
  readonly program: string;
}

/**
 * Installs a connector where it is not yet: once, for all that want just these packages. Refuses with SOURCE_MISSING what the index
 * does not have, or has no such program; with SOURCE_FAILED where it does not answer.
 */
export async function installed(host: ConnectorHost, source: ConnectorSource, signal: AbortSignal): Promise<Installed> {
  const { executable: python, identity } = await interpreterOf(host, signal);
  const requirements = [source.package, ...source.beside].map(({ requirement }) => requirement);
  const hash = createHash('sha256')
    .update(JSON.stringify([identity, ...requirements]))
    .digest('hex')
    .slice(0, 12);
  const place = join(host.folder, `${source.package.name}-${source.package.version}-${hash}`);
  let programs = await programsAt(place);
  if (programs === null) {
    const install =
      underWay.get(place) ??
      build({ ...host, python }, source, requirements, place).finally(() => underWay.delete(place));
    underWay.set(place, install);
    await orAborted(install, signal);
    programs = await programsAt(place);
  }
  return { python, program: join(place, 'bin', programOf(source, programs ?? [])) };
}

/** Which Python it is that a name leads to, in the end: virtual environments of another one are of no use. */
async function interpreterOf(
  { python, environment }: ConnectorHost,
  signal: AbortSignal,
): Promise<{ executable: string; identity: string }> {
  const command = ['-IS', '-c', 'import sys; print(sys.executable); print(sys.base_prefix, sys.version)'];
  try {
    const { stdout } = await asked(python, command, { env: environment, timeout: 60_000, signal });
    return { executable: stdout.split('\n')[0]!, identity: stdout };
  } catch (error) {
    signal.throwIfAborted();
    throw new Refusal(
      'SOURCE_MISSING',
      `This worker has no Python by which a connector could run: an operator installs it, or names it in WEFT_PYTHON, which is ${python}.`,
      { cause: error },
    );
  }
}

/** What is ready at a place; null where nothing is. */
async function programsAt(place: string): Promise<readonly string[] | null> {
  const text = await readFile(join(place, NOTE), 'utf8').catch(() => null);
  return text === null ? null : note.parse(JSON.parse(text)).programs;
}

/**
 * Builds it under a name of its own, and lets a link lead there once it is whole: its programs name the folder in which they were made.
 * Of two at once the first is taken.
 */
async function build(
  host: ConnectorHost,
  source: ConnectorSource,
  requirements: readonly string[],
  place: string,
): Promise<void> {
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  await removeForsaken(place);
  // Where it leads nowhere any more.
  if ((await programsAt(place)) === null) await rm(place, { force: true });
  const folder = `${place}.${randomUUID()}`;
  const python = join(folder, 'bin', 'python');
  const run = async (...command: string[]): Promise<string> => {
    const lines: string[] = [];
    const { signal } = new AbortController();
    const environment = { ...host.environment, ...host.pipEnvironment };
    const limits = { silentMs: INSTALL_MS, untilMs: Date.now() + INSTALL_MS };
    for await (const some of linesOf({ python: host.python, command, folder, environment, signal, ...limits }))
      lines.push(...some);
    return lines.join('\n');
  };
  try {
    await mkdir(folder, { mode: 0o700 });
    await run(host.python, '-m', 'venv', folder);
    // What is never used need not be compiled; what is, is at its first use.
    const quietly = ['--quiet', '--no-input', '--no-compile', '--disable-pip-version-check'];
    await run(python, '-m', 'pip', 'install', ...quietly, ...requirements);
    await writeFile(join(folder, NOTE), await run(python, '-I', '-c', PROGRAMS, source.package.name));
    await symlink(basename(folder), place).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      await rm(folder, { recursive: true, force: true });
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof ProgramFault) throw notInstalled(source, requirements, error);
    throw error;
  }
}

/** What workers left that were killed while they installed. */
async function removeForsaken(place: string): Promise<void> {
  for (const name of await readdir(dirname(place))) {
    const left = join(dirname(place), name);
    if (!name.startsWith(`${basename(place)}.`)) continue;
    const { mtimeMs } = await stat(left);
    if (Date.now() - mtimeMs > FORSAKEN_MS) await rm(left, { recursive: true, force: true });
  }
}

function notInstalled({ name }: ConnectorSource, requirements: readonly string[], fault: ProgramFault): Refusal {
  const said = fault.message.replace(/\/\/[^/\s@]+@/g, '//***@').slice(0, 400);
  const isUnknown = /no matching distribution|could not find a version|invalid requirement/i.test(said);
  return new Refusal(
    isUnknown ? 'SOURCE_MISSING' : 'SOURCE_FAILED',
    `The connector of the server ${name} could not be installed (${requirements.join(', ')}): pip ${said}`,
    { cause: fault },
  );
}

function programOf({ name, package: wanted, command }: ConnectorSource, programs: readonly string[]): string {
  const [only, ...others] = programs;
  const named = programs.filter((one) => wanted.name.endsWith(one)).sort((one, other) => other.length - one.length);
  const program = command ?? named[0] ?? (others.length === 0 ? only : undefined);
  if (program !== undefined && programs.includes(program)) return program;
  throw new Refusal(
    'SOURCE_MISSING',
    `The connector of the server ${name} ${command === null ? 'must be told by command which of its programs is meant' : `has no program ${command}`}: ${wanted.requirement} has ${programs.length === 0 ? 'none' : programs.join(', ')}.`,
  );
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort!));
}
