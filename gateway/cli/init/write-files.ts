import { access, constants, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { CommandFailure, EXIT } from '../exit.ts';
import { isSystemError } from '../../up/failure.ts';
import type { DraftFile } from './draft-contracts.ts';

/** Writes a product's first documents, all or none, and copies its data beside them. Refuses to overwrite anything unless `force`. */
export async function writeFiles(
  folder: string,
  files: readonly DraftFile[],
  { copied, force }: { copied: string | null; force: boolean },
): Promise<void> {
  const targets = [...files.map(({ path }) => path), ...(copied === null ? [] : [basename(copied)])];
  if (!force) {
    const there = [];
    for (const path of targets) if (await exists(join(folder, path))) there.push(path);
    if (there.length > 0) throw wouldOverwrite(folder, there);
  }
  await mkdir(folder, { recursive: true });
  for (const { path, text } of files)
    await writeFile(join(folder, path), text, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
      throw isSystemError(error, 'EEXIST') ? wouldOverwrite(folder, [path]) : error;
    });
  if (copied !== null) await copyFile(copied, join(folder, basename(copied)), force ? 0 : constants.COPYFILE_EXCL);
}

function wouldOverwrite(folder: string, paths: readonly string[]): CommandFailure {
  return new CommandFailure(
    EXIT.refused,
    'FILE_EXISTS',
    `${folder} has ${paths.join(', ')} already: nothing was written. Choose another folder (--to), or overwrite what is there (--force).`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
