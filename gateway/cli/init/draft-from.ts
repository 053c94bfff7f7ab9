import { isAbsolute, relative, resolve } from 'node:path';

import type { ProductId } from '../../../schema/ids.ts';
import type { Terminal } from '../terminal.ts';
import { describeFile } from './describe-file.ts';
import type { DescribedSource } from './described.ts';
import { draftProduct, type DraftFile } from './draft.ts';
import { knownMesh } from './mesh-objects.ts';
import { likelyOwner } from './owner.ts';
import { skeleton } from './skeleton.ts';

/** What `init` is told besides the product. */
export interface DraftOptions {
  /** A file, or the address of a database, a service or a document; none: a skeleton. */
  readonly from?: string;
  /** Which tables or paths, where the source has several. */
  readonly table?: readonly string[];
  /** Where a service answers whose SDL is given as a file. */
  readonly url?: string;
}

/** The documents of a product's first state, by what `--from` names. */
export async function draftFrom(
  terminal: Terminal,
  id: ProductId,
  options: DraftOptions & { readonly folder: string; readonly isCopied: boolean },
): Promise<{ files: readonly DraftFile[]; notes: readonly string[] }> {
  const [domain = ''] = id.split('/');
  const owner = await likelyOwner(terminal.cwd, domain);
  if (options.from === undefined) return { files: skeleton(id, owner), notes: [] };
  const source = await described(terminal, options);
  const mesh = await knownMesh(terminal, id);
  const files = await draftProduct(id, source, { owner, mesh });
  const unseen =
    mesh === null
      ? [`No Weft answers at ${terminal.settings.url}: what the data refers to in the mesh was not looked for.`]
      : [];
  return { files, notes: [...source.notes, ...unseen] };
}

async function described(
  { cwd, signal }: Terminal,
  { from = '', folder, isCopied }: DraftOptions & { readonly folder: string; readonly isCopied: boolean },
): Promise<DescribedSource> {
  const path = resolve(cwd, from);
  const inside = relative(folder, path);
  const named = isCopied
    ? path.slice(path.lastIndexOf('/') + 1)
    : inside.startsWith('..') || isAbsolute(inside)
      ? path
      : inside;
  return describeFile(path, named, signal);
}
