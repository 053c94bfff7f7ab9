import { type DocumentFile, parseDocumentText, type Path, type Position } from './parse.ts';

/** Where a place of a document stands: `path` as findings have it, `schema[0].properties[2]`. */
export type Locate = (file: string, path: string) => Position | null;

/** Finds places in a product's documents after they were read; a document is parsed again for it, since few are ever asked for. */
export function locator(files: readonly DocumentFile[]): Locate {
  return (name, path) => {
    const file = files.find((one) => one.path === name);
    return file === undefined ? null : parseDocumentText(file.text, file.path).locate(steps(path));
  };
}

/** `schema[0].name` -> schema, 0, name */
export function steps(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? key! : Number(index),
  );
}
