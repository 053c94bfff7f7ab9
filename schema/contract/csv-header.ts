/** The first record of a CSV file, from its first bytes; null where the record does not end within them. */
export function csvHeader(text: string, delimiter: string, options: { whole: boolean }): string[] | null {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  const start = text.startsWith('\ufeff') ? 1 : 0;
  for (let at = start; at < text.length; at++) {
    const letter = text[at]!;
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[++at]!;
      else quoted = false;
    } else if (letter === '"' && field === '') quoted = true;
    else if (letter === delimiter) {
      fields.push(field);
      field = '';
    } else if (letter === '\n' || letter === '\r') return [...fields, field];
    else field += letter;
  }
  return options.whole && !quoted ? [...fields, field] : null;
}
