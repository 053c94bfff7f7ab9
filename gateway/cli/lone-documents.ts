import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { isSystemError } from '../up/failure.ts';
import { productFolders, textOf } from '../up/product-folders.ts';
import { wrongUsage } from './exit.ts';

/** A document of the standards that belongs to no product's folder; `file` as it was named. */
export type LoneFile = { readonly file: string } & ({ readonly text: string } | { readonly why: string });

const DOCUMENT = /\.ya?ml$/;
const STANDARD = /(^|\.)(odcs|odps)\.ya?ml$/;

/** The document at `path`, or those of a folder that has no product in or below it; null where it is a folder of products, or neither. */
export async function loneDocuments(path: string, cwd: string): Promise<LoneFile[] | null> {
  const place = resolve(cwd, path);
  const found = await stat(place).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (found === null) return null;
  if (found.isFile()) {
    if (!DOCUMENT.test(place)) throw wrongUsage(`${path} is no document: name a contract (x.odcs.yaml) or a folder.`);
    return [await read(path, place)];
  }
  if (!found.isDirectory() || (await productFolders(place))?.length !== 0) return null;
  const names = (await readdir(place)).filter((name) => STANDARD.test(name)).sort();
  if (names.length === 0) return null;
  return Promise.all(names.map((name) => read(join(path, name), join(place, name))));
}

async function read(file: string, place: string): Promise<LoneFile> {
  return { file, ...(await textOf(place)) };
}
