import { z } from 'zod';
import { propertiesOf } from './elements.ts';
import { policy, type PolicyFinding } from './policy.ts';

/** Every property is classified. */
export const classification = policy({
  id: 'CLASSIFICATION',
  reason: 'Who may read a field is decided by its classification; what has none was thought about by nobody.',
  // Nothing that is known to be sensitive passes unrestricted (SENSITIVE_DATA): what has no word yet is asked for.
  severity: 'warning',
  documentation: {
    passes: '- name: delay\n  classification: public',
    fails: '- name: delay\n  logicalType: integer',
    mend: 'Write `classification` at each property: public, internal, confidential, restricted, or the words of your organisation.',
  },
  parameters: z
    .strictObject({
      /** The words that may be used; any where the list is empty. */
      words: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  judge: ({ product }, { words }): readonly PolicyFinding[] =>
    propertiesOf(product).flatMap(({ property, name, file, path }): PolicyFinding[] => {
      const found = property.classification?.trim() ?? '';
      if (found === '') return [{ message: `the property ${name} is not classified.`, file, path }];
      if (words.length === 0 || words.some((word) => word.toLowerCase() === found.toLowerCase())) return [];
      return [
        {
          message: `the property ${name} is classified ${found.slice(0, 40)}, which is not one of ${words.join(', ')}.`,
          file,
          path: `${path}.classification`,
        },
      ];
    }),
});
