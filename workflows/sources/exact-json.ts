import { parse, stringify } from 'lossless-json';

/** More digits than a double holds, wherever they stand: then the parser that keeps them is worth its time. */
const LONG_NUMBER = /\d[\d.]{15}/;

/** JSON with every number as it is written, where a double would not hold it. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  return LONG_NUMBER.test(text) ? parse(text) : (JSON.parse(text) as unknown);
}

/** A value as text: a text itself, anything else as JSON; null where there is none. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : (stringify(value) ?? null);
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
