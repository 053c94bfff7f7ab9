import { type DocumentFile, type ParsedDocument, parseDocumentText, type Path, type Position } from './parse.ts';

/** Where a place of a document stands: `path` as findings have it, `schema[0].properties[2]`. */
export type Locate = (file: string, path: string) => Position | null;

/**
 * Finds places in a product's documents after they were read. A document is parsed again for it, once for all that is asked in one go:
 * few are ever asked for, and a mesh of products must not hold them all.
 */
export function locator(files: readonly DocumentFile[]): Locate {
  const parsed = new Map<string, WeakRef<ParsedDocument>>();
  return (name, path) => {
    const file = files.find((one) => one.path === name);
    if (file === undefined) return null;
    const document = parsed.get(name)?.deref() ?? parseDocumentText(file.text, file.path);
    parsed.set(name, new WeakRef(document));
    return document.locate(steps(path));
  };
}

/** `schema[0].name` -> schema, 0, name */
export function steps(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? key! : Number(index),
  );
}
