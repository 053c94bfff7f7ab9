import { execFile } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { isSystemError } from '../up/failure.ts';
import type { ProductFolder } from '../up/product-folders.ts';
import { wrongUsage } from './exit.ts';

const run = promisify(execFile);

/** Of all output of one question: a mesh of a thousand products has some 10 MB of documents, asked for one by one. */
const OUTPUT_MAX = 64 * 1024 * 1024;
const DOCUMENT = /\.(ya?ml|sql|graphql)$/;
const PRODUCT_DOCUMENT = 'product.odps.yaml';

/** The products at and below a folder as a commit of its git repository has them; refuses what is no commit there. */
export async function committedFolders(path: string, commit: string, cwd: string): Promise<ProductFolder[]> {
  const folder = resolve(cwd, path);
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', folder, ...args], { maxBuffer: OUTPUT_MAX })).stdout;
  const sha = (
    await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`).catch((error: unknown) => {
      const why = isSystemError(error, 'ENOENT') ? 'git is not installed.' : `git knows no commit ${commit} there.`;
      throw wrongUsage(`What ${path} was at ${commit} cannot be told: ${why}`);
    })
  ).trim();
  const names = (await git('ls-tree', '-r', '-z', '--name-only', sha, '--', '.')).split('\0');
  const homes = names
    .filter((name) => basename(name) === PRODUCT_DOCUMENT && !isHidden(name))
    .map((name) => dirname(name));
  const folders: ProductFolder[] = [];
  for (const home of homes) {
    const files: { path: string; text: string }[] = [];
    for (const name of names.filter((one) => dirname(one) === home && DOCUMENT.test(one)))
      files.push({ path: basename(name), text: await git('show', `${sha}:./${name}`) });
    const place = join(folder, home);
    folders.push({ name: basename(place), path: place, files, unread: [] });
  }
  return folders;
}

function isHidden(name: string): boolean {
  return name.split('/').some((step) => step.startsWith('.') || step === 'node_modules');
}
