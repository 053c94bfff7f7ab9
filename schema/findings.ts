import type { ProductId } from './ids.ts';

/** What a check found: one fault or doubt, with its place. Findings are collected, never thrown one by one. */
export interface Finding {
  /** Stable, UPPER_SNAKE: `CONTRACT_TYPE`, `RELATIONSHIP_DANGLING`. */
  readonly code: string;
  /** An error refuses the publish; a warning wants to be mended; a hint is worth knowing, and asks for nothing. */
  readonly severity: 'error' | 'warning' | 'hint';
  /** One sentence: the thing, what was found, what was expected, what to do. */
  readonly message: string;
  /** The product that it is about, where several were judged together. */
  readonly product?: ProductId;
  /** Path of the file as it was given, relative to the product's folder. */
  readonly file: string | null;
  /** Both from 1; null where the finding belongs to a whole file. */
  readonly line: number | null;
  readonly column: number | null;
  /** Where in the document: `schema[0].properties[2].logicalType`. */
  readonly path: string | null;
}

/** An error that has no line: it is about a whole file, or about none. */
export function errorFinding(
  code: string,
  message: string,
  at: { readonly file?: string | null; readonly path?: string | null } = {},
): Finding {
  return { code, severity: 'error', message, file: at.file ?? null, line: null, column: null, path: at.path ?? null };
}

/** True where nothing of severity error was found. */
export function passes(findings: readonly Finding[]): boolean {
  return findings.every((finding) => finding.severity !== 'error');
}
