import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { versionStep } from '../contract/changes/bump.ts';

/** No output port is newer than the product. */
export const portVersion = policy({
  id: 'PORT_VERSION',
  reason:
    "A port's new version is one of the product; a product that stays behind hides the change from its consumers.",
  // Nobody breaks by it: changes themselves are weighed by the product's version.
  severity: 'warning',
  documentation: {
    passes: 'version: 1.1.0\noutputPorts:\n  - { name: flights, version: 1.0.0 }',
    fails: 'version: 1.1.0\noutputPorts:\n  - { name: flights, version: 2.0.0 }',
    mend: "Raise the product's version to that of its newest output port.",
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] =>
    product.outputs.flatMap(({ name, version }, index): PolicyFinding[] => {
      if (['none', 'lower', 'unreadable'].includes(versionStep(product.version, version))) return [];
      return [
        {
          message: `the output port ${name} has version ${version}, and the product is ${product.version}: raise that of the product.`,
          file: product.file,
          path: `outputPorts[${index}].version`,
        },
      ];
    }),
});
