import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { isSystemError } from './failure.ts';

/** A product's folder as the catalog's `ProductFolder` takes it. */
export interface ProductFolder {
  /** The folder's own name: the product's, where its document names none. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Documents that were left out, each with the reason. */
  readonly unread: readonly { readonly path: string; readonly why: string }[];
}

/** What makes a folder a product's. */
const PRODUCT_DOCUMENT = 'product.odps.yaml';
/** What a product is declared by; a hand-written service beside it is not published. */
const DOCUMENT = /\.(ya?ml|sql|graphql)$/;
/** As the parser's own limit: what is larger is no document that people wrote. */
const FILE_LIMIT_BYTES = 256 * 1024;

/**
 * The products at and below `root`, sorted by path. A product's folder is not searched for others; hidden folders,
 * `node_modules` and symbolic links are passed by. Empty where there is none; null where `root` is no folder.
 */
export async function productFolders(root: string): Promise<ProductFolder[] | null> {
  const folder = resolve(root);
  try {
    if (!(await stat(folder)).isDirectory()) return null;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
  return below(folder);
}

async function below(folder: string): Promise<ProductFolder[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile() && !isHidden(entry.name)).map(({ name }) => name);
  if (files.includes(PRODUCT_DOCUMENT))
    return [
      await product(
        folder,
        files.filter((name) => DOCUMENT.test(name)),
      ),
    ];
  const found: ProductFolder[] = [];
  for (const entry of entries)
    if (entry.isDirectory() && !isHidden(entry.name)) found.push(...(await below(join(folder, entry.name))));
  return found;
}

async function product(folder: string, names: readonly string[]): Promise<ProductFolder> {
  const files: { path: string; text: string }[] = [];
  const unread: { path: string; why: string }[] = [];
  for (const path of names) {
    const read = await textOf(join(folder, path));
    if ('text' in read) files.push({ path, text: read.text });
    else unread.push({ path, why: read.why });
  }
  return { name: basename(folder), path: folder, files, unread };
}

/** The text of a document, or why it cannot be read: it may be no link, not too large, and must be UTF-8. */
export async function textOf(file: string): Promise<{ text: string } | { why: string }> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (isSystemError(error, 'EACCES', 'EPERM', 'ENOENT', 'ELOOP')) return null;
    throw error;
  });
  if (handle === null) return { why: 'cannot be read: this user must be allowed to read it.' };
  try {
    const { size } = await handle.stat();
    if (size > FILE_LIMIT_BYTES)
      return { why: `has ${Math.ceil(size / 1024)} KiB: at most ${FILE_LIMIT_BYTES / 1024} KiB are read.` };
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile()) };
  } catch (error) {
    if (isSystemError(error, 'ERR_ENCODING_INVALID_ENCODED_DATA'))
      return { why: 'is not UTF-8 text: save it as UTF-8.' };
    throw error;
  } finally {
    await handle.close();
  }
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}
