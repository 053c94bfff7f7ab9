import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import { domainOf, type ProductId } from '../ids.ts';
import type { ProductFile } from './model.ts';

/**
 * A product's documents under another id: `domain`, and `name` where it is what names the product, in the product document; `domain`
 * and `dataProduct` of its contracts where they say the old ones. Nothing else changes by a letter, contract ids least of all: by these
 * others reach it.
 */
export function renamedDocuments(
  files: readonly ProductFile[],
  { from, to }: { from: ProductId; to: ProductId },
): ProductFile[] {
  const nameOf = (id: ProductId): string => id.slice(domainOf(id).length + 1);
  const changes: readonly (readonly [key: string, old: string, now: string])[] = [
    ['domain', domainOf(from), domainOf(to)],
    ['name', nameOf(from), nameOf(to)],
    ['dataProduct', nameOf(from), nameOf(to)],
    ['dataProduct', from, to],
  ];
  return files.map((file) => {
    const isProduct = /(^|[./])odps\.ya?ml$/.test(file.path);
    if (!isProduct && !/\.odcs\.ya?ml$/.test(file.path)) return file;
    // A contract's name is its own.
    const own = changes.filter(([key]) => (isProduct ? key !== 'dataProduct' : key !== 'name'));
    return { path: file.path, text: own.reduce((text, change) => withValue(text, change), file.text) };
  });
}

/** Documents of a revision from before its product was renamed, under the id that it has now. */
export function currentDocuments({
  productId,
  files,
  formerIds,
}: {
  readonly productId: ProductId;
  readonly files: readonly ProductFile[];
  readonly formerIds: readonly ProductId[];
}): readonly ProductFile[] {
  return formerIds.reduce((before, from) => renamedDocuments(before, { from, to: productId }), files);
}

/** The text with the value of a key at its top in another word, where it is the old one; all else as it stands. */
function withValue(text: string, [key, old, now]: readonly [string, string, string]): string {
  const { contents } = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false, logLevel: 'silent' });
  if (!isMap(contents)) return text;
  const value = contents.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
  if (!isScalar(value) || value.value !== old || !Array.isArray(value.range)) return text;
  const [start, end] = value.range;
  const written = text.slice(start, end);
  // What may be a block of several lines ends with a line's end.
  return `${text.slice(0, start)}${stringify(now).trim()}${/\s*$/.exec(written)?.[0] ?? ''}${text.slice(end)}`;
}
