import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { Actor } from '../actor.ts';

export interface FolderRules {
  /** True where the gateway listens on loopback alone: an admin is then somebody at this machine. */
  readonly loopbackOnly: boolean;
  /** WEFT_FILE_ROOTS, absolute. */
  readonly fileRoots: readonly string[];
}

/**
 * The folder of a product as it may be read from: what was said of it, where an admin at this machine says so, or where it lies in
 * WEFT_FILE_ROOTS, links followed. Null else: file sources beside it would be any file of this machine.
 */
export function believedFolder(path: string, { loopbackOnly, fileRoots }: FolderRules, actor: Actor): string | null {
  if (loopbackOnly && actor.admin) return path;
  const real = followed(path);
  const isWithin = fileRoots.map(followed).some((root) => real === root || real.startsWith(root + sep));
  // What was judged is what is read: not a link that may lead elsewhere by then.
  return isWithin ? real : null;
}

/** Where it leads; as it stands where it is not here: the worker's machine may have it. */
function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
