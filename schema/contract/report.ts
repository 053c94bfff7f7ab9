import { errorFinding, type Finding } from '../findings.ts';
import { findingAt } from './grammar.ts';
import type { ParsedDocument, Path } from './parse.ts';

/** Collects what is found in one file; paths become places. */
export interface Reporter {
  readonly file: string;
  /** `path` null: the finding belongs to the whole file. */
  readonly error: (code: string, path: Path | null, message: string) => void;
  readonly warning: (code: string, path: Path | null, message: string) => void;
}

/** A reporter for a file; without a document (SQL, SDL) findings have no place but the file. */
export function reporter(findings: Finding[], file: string, document: ParsedDocument | null): Reporter {
  const say =
    (severity: Finding['severity']) =>
    (code: string, path: Path | null, message: string): void => {
      if (path !== null && document !== null)
        findings.push(findingAt(document, file, path, { code, message, severity }));
      else findings.push({ ...errorFinding(code, message, { file }), severity });
    };
  return { file, error: say('error'), warning: say('warning') };
}

/** The value of a `customProperties` entry; undefined where there is none. */
export function custom(
  owner: { readonly customProperties?: readonly { readonly property: string; readonly value?: unknown }[] | undefined },
  name: string,
): unknown {
  return owner.customProperties?.find(({ property }) => property === name)?.value;
}
