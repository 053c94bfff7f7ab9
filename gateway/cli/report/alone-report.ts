import { readAlone } from '../../../schema/contract/read-alone.ts';
import { errorFinding, type Finding, passes } from '../../../schema/findings.ts';
import { sorted } from '../findings-text.ts';
import type { LoneFile } from '../lone-documents.ts';
import type { CheckReport } from './check-report.ts';

/** A document that was checked by itself. */
interface ShownDocument {
  readonly file: string;
  readonly kind: 'DataContract' | 'DataProduct';
  /** Null where it does not follow its grammar. */
  readonly id: string | null;
}

/** Contracts and product documents, each by itself: by the grammar of the standards, with a warning of what publishing would refuse. */
export function aloneReport(
  files: readonly LoneFile[],
): CheckReport & { readonly documents: readonly ShownDocument[] } {
  const findings: Finding[] = [];
  const documents: ShownDocument[] = [];
  for (const { file, ...read } of files) {
    if ('why' in read) {
      findings.push(errorFinding('FILE_UNREAD', `${file} ${read.why}`, { file }));
      continue;
    }
    const { kind, id, findings: found } = readAlone({ path: file, text: read.text });
    findings.push(...found);
    documents.push({ file, kind, id });
  }
  const passed = passes(findings);
  return { passed, checkedBy: ['offline'], products: [], documents, findings: sorted(findings), changes: [] };
}
