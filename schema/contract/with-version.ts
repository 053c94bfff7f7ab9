import { isMap, isScalar, parseDocument } from 'yaml';
import type { ProductFile } from './model.ts';

/** The files with another version of the product: only that value of its document is another, comments and form stay. */
export function withVersion(files: readonly ProductFile[], version: string): ProductFile[] {
  return files.map((file) =>
    /(^|[./])odps\.ya?ml$/.test(file.path) ? { ...file, text: versioned(file.text, version) } : file,
  );
}

function versioned(text: string, version: string): string {
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const value = isMap(document.contents) ? document.contents.get('version', true) : undefined;
  if (isScalar(value) && value.range != null) {
    const [from, to] = value.range;
    return text.slice(0, from) + version + text.slice(to);
  }
  document.set('version', version);
  return String(document);
}
