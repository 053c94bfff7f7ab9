import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Owner } from './product-document.ts';

const GIT_MS = 2_000;

/** Who starts the product, as git knows them here; a name to be replaced where it knows nobody. */
export async function likelyOwner(cwd: string, domain: string): Promise<Owner> {
  const found = await promisify(execFile)('git', ['config', '--get', 'user.email'], { cwd, timeout: GIT_MS })
    .then(({ stdout }) => stdout.trim())
    .catch(() => '');
  if (/^\S+@\S+$/.test(found)) return { username: found, evidence: 'who git says is working here' };
  return { username: `owner@${domain}.example`, evidence: 'nobody is known; write who answers for it' };
}
