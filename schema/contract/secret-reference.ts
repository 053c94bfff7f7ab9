const REFERENCE = /^\$\{secret:([A-Za-z][A-Za-z0-9_]{0,99})\}$/;

/** The name in `${secret:NAME}`; null where the text is no reference, but the value itself. */
export function secretNamed(text: string): string | null {
  return REFERENCE.exec(text)?.[1] ?? null;
}

const WITHIN = /\$\{secret:([A-Za-z][A-Za-z0-9_]{0,99})\}/g;

/** The names of the secrets that a text refers to, in whole or in part: `Bearer ${secret:TOKEN}`. */
export function secretsWithin(text: string): string[] {
  return [...text.matchAll(WITHIN)].map(([, name = '']) => name);
}

/** The text with what `secretOf` answers in place of each reference. */
export function withSecretsWithin(text: string, secretOf: (name: string) => string): string {
  return text.replace(WITHIN, (_reference, name: string) => secretOf(name));
}
