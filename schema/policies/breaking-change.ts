import { versionStep } from '../contract/changes/bump.ts';
import { NO_PARAMETERS, policy, type PolicyContext, type PolicyFinding } from './policy.ts';

/** A breaking change comes with a new major version. */
export const breakingChange = policy({
  id: 'BREAKING_CHANGE',
  reason: 'A consumer who stays on a major version is promised that what works goes on working.',
  // It breaks queries that work today, and nobody who sends them is asked.
  severity: 'error',
  documentation: {
    passes: 'flights.delay is removed, and version goes from 1.4.0 to 2.0.0',
    fails: 'flights.delay is removed, and version goes from 1.4.0 to 1.5.0',
    mend: 'Raise the major version of the product (below 1.0.0, the minor), or keep what was: deprecate it, and add the new beside it.',
  },
  parameters: NO_PARAMETERS,
  judge: (context): readonly PolicyFinding[] => {
    const { product, before, changes } = context;
    if (before === null || versionStep(before.version, product.version) === 'major') return [];
    return changes
      .filter(({ weight }) => weight === 'breaking')
      .map(({ message, subject, file, path }) => ({
        message: `${subject}: ${message} That breaks consumers, and the version goes from ${before.version} to ${product.version}: raise the major version.`,
        ...placeOf(context, { file, path }),
      }));
  },
});

/** Where the change stands in the new documents; what was removed stands nowhere, and the version is what to mend. */
function placeOf(
  { product }: PolicyContext,
  { file, path }: { readonly file: string | null; readonly path: string | null },
): Pick<PolicyFinding, 'file' | 'path'> {
  return file === null ? { file: product.file, path: 'version' } : { file, ...(path !== null && { path }) };
}
