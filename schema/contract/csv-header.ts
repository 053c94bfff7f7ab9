import type { CsvDialect } from './file-format.ts';

type Dialect = Pick<CsvDialect, 'delimiter'> & Partial<Pick<CsvDialect, 'quote' | 'escape' | 'comment' | 'skip'>>;

/**
 * The first record of a CSV file, from its first bytes; null where the record does not end within them. Lines that the dialect skips,
 * and those that are comments, come before it.
 */
export function csvHeader(text: string, dialect: Dialect, options: { whole: boolean }): string[] | null {
  const { delimiter, quote = '"', escape = quote } = dialect;
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = startOf(text, dialect); at < text.length; at++) {
    const letter = text[at]!;
    if (quoted) {
      if (letter === escape && text[at + 1] === quote) field += text[++at]!;
      else if (letter === quote) quoted = false;
      else field += letter;
    } else if (letter === quote && field === '') quoted = true;
    else if (letter === delimiter) {
      fields.push(field);
      field = '';
    } else if (letter === '\n' || letter === '\r') return [...fields, field];
    else field += letter;
  }
  return options.whole && !quoted ? [...fields, field] : null;
}

function startOf(text: string, { skip = 0, comment = null }: Dialect): number {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (let skipped = 0; at < text.length; skipped++) {
    if (skipped >= skip && (comment === null || text[at] !== comment)) break;
    const end = /\r\n|\n|\r/g;
    end.lastIndex = at;
    if (end.exec(text) === null) return text.length;
    at = end.lastIndex;
  }
  return at;
}
