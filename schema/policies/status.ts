import { nearest } from '../contract/grammar.ts';
import { contractsOf } from './elements.ts';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';

/** The words of ODCS and ODPS. */
const STATUSES = ['proposed', 'draft', 'active', 'deprecated', 'retired'] as const;

/** Product and contracts have a status of the standard, and one that can be published. */
export const status = policy({
  id: 'STATUS',
  reason: 'Consumers choose by status: a word that the standard does not have tells them nothing, and retired is gone.',
  severity: 'warning',
  documentation: {
    passes: 'status: active',
    fails: 'status: productive',
    mend: `Use a word of the standard: ${STATUSES.join(', ')}. A product that is retired is taken out by \`weft retire\`, not published.`,
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] => {
    const all = [
      { what: 'the product', found: product.status, file: product.file },
      ...contractsOf(product).map(({ contract, file }) => ({
        what: `the contract ${contract.id}`,
        found: contract.status ?? 'active',
        file,
      })),
    ];
    return all.flatMap(({ what, found, file }): PolicyFinding[] => {
      const known = STATUSES.find((word) => word === found.toLowerCase());
      if (known === 'retired')
        return [
          { message: `${what} says that it is retired: take the product out with weft retire.`, file, path: 'status' },
        ];
      if (known !== undefined) return [];
      const meant = nearest(found, STATUSES);
      const advice = meant === null ? '' : ` Did you mean ${meant}?`;
      return [
        {
          message: `the status of ${what}, ${found.slice(0, 40)}, is not one of ${STATUSES.join(', ')}.${advice}`,
          file,
          path: 'status',
        },
      ];
    });
  },
});
