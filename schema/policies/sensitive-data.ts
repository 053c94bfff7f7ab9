import { z } from 'zod';
import { type PropertyElement, propertiesOf } from './elements.ts';
import { policy, type PolicyFinding } from './policy.ts';

const SENSITIVE = ['confidential', 'restricted', 'sensitive', 'secret', 'personal', 'pii', 'phi', 'pci'];

/** What is sensitive is masked, or its contract restricts it to roles that somebody approves. */
export const sensitiveData = policy({
  id: 'SENSITIVE_DATA',
  reason: 'Personal and confidential data that anybody can read cannot be called back.',
  // The one fault of a first publish that no later one mends.
  severity: 'error',
  documentation: {
    passes:
      '- name: email\n  classification: restricted\n…\nroles:\n  - { role: crm_reader, access: read, firstLevelApprovers: crm-owner }',
    fails: '- name: email\n  classification: restricted\n(and no roles in the contract)',
    mend: 'Name in `roles` of the contract who gets access, each with `firstLevelApprovers`; or publish the property masked, and say so with `encryptedName`.',
  },
  parameters: z
    .strictObject({
      /** Classifications and tags that mean it, in any case. */
      classifications: z.array(z.string().min(1)).default(SENSITIVE),
    })
    .prefault({}),
  judge: ({ product }, { classifications }): readonly PolicyFinding[] => {
    const meant = new Set(classifications.map((word) => word.toLowerCase()));
    return propertiesOf(product).flatMap((element): PolicyFinding[] => {
      const { property, name, contract, file, path } = element;
      const word = sensitiveWord(element, meant);
      if (word === null || property.encryptedName !== undefined) return [];
      const roles = contract.roles ?? [];
      const open = roles.find(({ firstLevelApprovers }) => (firstLevelApprovers ?? '').trim() === '');
      if (roles.length > 0 && open === undefined) return [];
      const why =
        open === undefined
          ? `the contract restricts it to no roles`
          : `the role ${open.role} of the contract has no firstLevelApprovers`;
      return [
        { message: `the property ${name} is ${word}, it is not masked (encryptedName), and ${why}.`, file, path },
      ];
    });
  },
});

/** The word by which it is sensitive: its classification, or one of its tags. What is nested in it counts. */
function sensitiveWord({ property }: Pick<PropertyElement, 'property'>, meant: ReadonlySet<string>): string | null {
  const own = [property.classification, ...(property.tags ?? [])].find(
    (word) => word !== undefined && meant.has(word.trim().toLowerCase()),
  );
  if (own !== undefined) return own.trim();
  for (const part of [...(property.properties ?? []), ...(property.items?.properties ?? [])]) {
    const word = sensitiveWord({ property: part }, meant);
    if (word !== null) return word;
  }
  return null;
}
