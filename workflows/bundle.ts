import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { FAILURE_CONVERTER } from './payloads/encrypted.ts';

const ROOM = fileURLToPath(new URL('.', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../schema/', import.meta.url));

/**
 * Path of the workflow bundle. Bundling takes seconds and 150 MB, so that it is done in a process of its own and kept in
 * `home`, under a digest of what it is made of. `encrypted`: what failures say is put where the codec encrypts it.
 */
export async function workflowBundle(home: string, { encrypted }: { encrypted: boolean }): Promise<string> {
  const folder = join(home, 'cache');
  const path = join(folder, `workflows-${encrypted ? 'encrypted-' : ''}${await digest()}.js`);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `${randomUUID()}.draft`);
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  try {
    await promisify(execFile)(
      process.execPath,
      ['--import', loader, join(ROOM, 'bundle-child.ts'), draft, String(encrypted)],
      {
        maxBuffer: 16 * 1024 * 1024,
      },
    );
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

/** Over all that could come into the bundle: more than does, so that an old one is never taken for a new one. */
async function digest(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  hash.update(version);
  // All of this room, since a workflow may lie in any folder of it; of schema its words.
  for (const [folder, recursive] of [
    [ROOM, true],
    [SCHEMA, false],
  ] as const)
    for (const name of (await readdir(folder, { recursive })).filter((name) => /\.(ts|cjs)$/.test(name)).sort())
      hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Bundles the workflows into the file: what the process of its own does. */
export async function writeBundle(path: string, { encrypted }: { encrypted: boolean }): Promise<void> {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const silent = { trace: ignore, debug: ignore, info: ignore, log: ignore, warn: ignore, error: ignore };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOM, 'workflows.ts'),
    logger: silent,
    ...(encrypted && { failureConverterPath: FAILURE_CONVERTER }),
  });
  await writeFile(path, code);
}

function ignore(): void {
  // Warnings of webpack are about optional packages; a failure is thrown.
}
