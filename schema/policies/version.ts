import { contractsOf } from './elements.ts';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { versionStep } from '../contract/changes/bump.ts';

/** Product and contracts have semantic versions. */
export const version = policy({
  id: 'VERSION',
  reason: 'Consumers read from a version whether a change may break them; what is no semantic version says nothing.',
  // Nobody is hurt before the first change, and a breaking one is refused by BREAKING_CHANGE whatever the version is.
  severity: 'warning',
  documentation: {
    passes: 'version: 1.4.0',
    fails: 'version: "2026-01"',
    mend: 'Give product and contracts versions of three numbers: major.minor.patch (semver.org).',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] => {
    const own = isUnreadable(product.version) ? [['product', product.version, product.file] as const] : [];
    const contracts = contractsOf(product)
      .filter(({ contract }) => isUnreadable(contract.version))
      .map(({ contract, file }) => [`contract ${contract.id}`, contract.version, file] as const);
    return [...own, ...contracts].map(([what, found, file]) => ({
      message: `the version of the ${what}, ${found.slice(0, 40)}, is no semantic version such as 1.0.0, so changes cannot be weighed by it.`,
      file,
      path: 'version',
    }));
  },
});

function isUnreadable(version: string): boolean {
  return versionStep(version, version) === 'unreadable';
}
