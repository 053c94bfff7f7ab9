import { relative, resolve } from 'node:path';

import { errorFinding, type Finding } from '../../schema/findings.ts';
import { productFolders, type ProductFolder } from '../up/product-folders.ts';
import { wrongUsage } from './exit.ts';

/** The products at and below the folder that was given; refuses a path without any. */
export async function givenFolders(path: string, cwd: string): Promise<ProductFolder[]> {
  const folders = await productFolders(resolve(cwd, path));
  if (folders === null)
    throw wrongUsage(`${path} is no folder: name the folder where product.odps.yaml lies, or one above.`);
  if (folders.length === 0)
    throw wrongUsage(`There is no product.odps.yaml in ${path} or below it: name a product's folder, or one above.`);
  return folders;
}

/** What could not be read of the folders, with paths as seen from `cwd`: nothing is published in part. */
export function unreadFindings(folders: readonly ProductFolder[], cwd: string): Finding[] {
  return folders.flatMap(({ path: folder, unread }) =>
    unread.map(({ path, why }) =>
      errorFinding('FILE_UNREAD', `${path} ${why}`, { file: relative(cwd, resolve(folder, path)) }),
    ),
  );
}

/** The folders as the mutations `publish` and `check` take them. */
export function productsInput(folders: readonly ProductFolder[]) {
  return folders.map(({ name, path, files }) => ({ name, path, files }));
}
