const REFERENCE = /^\$\{secret:([A-Za-z][A-Za-z0-9_]{0,99})\}$/;

/** The name in `${secret:NAME}`; null where the text is no reference, but the value itself. */
export function secretNamed(text: string): string | null {
  return REFERENCE.exec(text)?.[1] ?? null;
}
