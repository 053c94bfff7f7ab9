import { randomBytes } from 'node:crypto';

/** More digits than a double holds, or an exponent beyond it, wherever they stand. */
const UNSURE = /\d[\d.]{15}|\d[eE]/;
/** RFC 8259, section 6. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** What stands before a number that is kept as a text: no source knows it. */
const MARK = randomBytes(9).toString('base64url');
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/**
 * JSON, of which `textOf` knows every number as it is written, where a double would not hold it too. Throws SyntaxError. By V8's own parser,
 * and without an object for each such number: a million of them is much garbage.
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(UNSURE.test(text) ? marked(text) : text) as unknown;
}

/** The same with such numbers as marked texts. */
function marked(json: string): string {
  let [made, at] = ['', 0];
  for (;;) {
    const quote = json.indexOf('"', at);
    const between = json.slice(at, quote < 0 ? undefined : quote);
    made += UNSURE.test(between)
      ? between.replace(NUMBER, (number) => (UNSURE.test(number) ? `"${MARK}${number}"` : number))
      : between;
    if (quote < 0) return made;
    at = endOfText(json, quote);
    made += json.slice(quote, at);
  }
}

/** Where a text of JSON ends that begins with the quote. A regular expression would need a stack as deep as it has escapes. */
function endOfText(json: string, quote: number): number {
  for (let end = json.indexOf('"', quote + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return json.length;
}

/** A value as text: a text itself, anything else as JSON; null where there is none. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.startsWith(MARK) ? value.slice(MARK.length) : value;
  return JSON.stringify(value).replace(MARKED, '$1');
}

/** What lies at a place of a value, `meta.next`; a key that is written just so comes first. Undefined where nothing does. */
export function at(value: unknown, place: string): unknown {
  const path = place.replace(/^\$\.?/, '');
  if (path === '') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(value, key)) continue;
    const found = at((value as Record<string, unknown>)[key], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
