import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { bumpShortfall, versionStep } from '../contract/changes/bump.ts';

/** The version says what the changes ask for. */
export const versionBump = policy({
  id: 'VERSION_BUMP',
  reason: 'Two contracts under one version, or a version that goes back, leave consumers unsure of which they have.',
  // Nobody breaks: what would is BREAKING_CHANGE.
  severity: 'warning',
  documentation: {
    passes: 'A property is added, and version goes from 1.4.0 to 1.5.0',
    fails: 'A property is added, and version stays 1.4.0; or version goes from 1.4.0 to 1.3.0',
    mend: 'Raise the version: the minor for what is added, the patch for words; never back.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product, before, changes }): readonly PolicyFinding[] => {
    if (before === null) return [];
    const at = { file: product.file, path: 'version' };
    if (versionStep(before.version, product.version) === 'lower')
      return [{ message: `the version goes back from ${before.version} to ${product.version}.`, ...at }];
    const others = changes.filter(({ weight }) => weight !== 'breaking');
    const shortfall = bumpShortfall(before.version, product.version, others);
    return shortfall === null ? [] : [{ message: shortfall.message, ...at }];
  },
});
