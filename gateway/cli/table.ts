import { safeLine } from './terminal.ts';

/** Widest cell: longer texts are cut, since a line that wraps is no table. */
const CELL_LIMIT = 60;

/** Rows in aligned columns under their headings; numbers to the right. Cells are made safe and cut. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cut(safeLine(cell))));
  const columns = headings.map((heading, index) => {
    const own = cells.map((row) => row[index] ?? '');
    return {
      width: Math.max(widthOf(safeLine(heading)), ...own.map(widthOf)),
      isNumeric: own.some((cell) => cell !== '') && own.every((cell) => /^(-?[\d,]+(\.\d+)?)?$/.test(cell)),
    };
  });
  return [headings.map(safeLine), ...cells]
    .map((row) =>
      columns
        .map(({ width, isNumeric }, index) => {
          const cell = row[index] ?? '';
          const space = ' '.repeat(width - widthOf(cell));
          return isNumeric ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name  value` lines, one below the other; entries without value are left out. */
export function details(entries: readonly (readonly [string, string | null | undefined])[]): string {
  const shown = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${safeLine(value)}`).join('\n');
}

/** `3,000,000`. */
export function counted(rows: string | number): string {
  return /^\d+$/.test(String(rows)) ? BigInt(rows).toLocaleString('en-US') : String(rows);
}

/** `1 error`, `2 errors`; where an s does not do, `many` says how. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${counted(count)} ${count === 1 ? noun : many}`;
}

function cut(text: string): string {
  const letters = Array.from(text);
  return letters.length <= CELL_LIMIT ? text : `${letters.slice(0, CELL_LIMIT - 1).join('')}…`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
