import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { objectsOf } from './elements.ts';

/** Every table of a managed product is audited by a rule at least. */
export const qualityRules = policy({
  id: 'QUALITY_RULE',
  reason: 'A refresh without a rule publishes an empty or broken table as readily as a whole one.',
  // Types, keys and required are held without any rule; a first contract may learn its rules from the data.
  severity: 'warning',
  documentation: {
    passes: 'quality:\n  - { metric: rowCount, mustBeGreaterThan: 0, severity: error }',
    fails: 'quality: []',
    mend: 'Add to the schema object, or to one of its properties, a rule that can be run: a library metric such as rowCount, or `type: sql`.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] => {
    // Nobody refreshes what is remote or registered, so that nobody could run them.
    if (product.kind !== 'managed') return [];
    return objectsOf(product).flatMap(({ object, contract, file, path }) => {
      const read = product.objects.find(({ name, contractId }) => name === object.name && contractId === contract.id);
      // Rules of type text and custom are listed, and nobody runs them.
      if (read?.quality.some(({ expectation }) => expectation !== null) === true) return [];
      return [{ message: `${object.name} has no quality rule that can be run.`, file, path }];
    });
  },
});
