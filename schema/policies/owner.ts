import type { PolicyFinding } from './policy.ts';
import { NO_PARAMETERS, policy } from './policy.ts';
import { contractsOf } from './elements.ts';

/** The product has an owner who is still there. */
export const owner = policy({
  id: 'OWNER_CURRENT',
  reason: 'Whoever relies on a product must find someone who answers for it today.',
  // A product without an owner serves its data all the same; an organisation that means it makes this an error.
  severity: 'warning',
  documentation: {
    passes: 'team:\n  members:\n    - { username: airports@network.example, role: owner }',
    fails: 'team:\n  members:\n    - { username: airports@network.example, role: owner, dateOut: 2020-01-31 }',
    mend: 'Name in `team.members` of product.odps.yaml somebody whose role is owner, and who has no `dateOut` that is past.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product, today }): readonly PolicyFinding[] => {
    const own = product.documents.product.team;
    const inherited =
      own === undefined ? contractsOf(product).find(({ contract }) => contract.team !== undefined) : undefined;
    const team = own ?? inherited?.contract.team;
    const members = (Array.isArray(team) ? team : team?.members) ?? [];
    const owners = members.filter(({ role }) => role !== undefined && /\bowner\b/i.test(role.replaceAll('_', ' ')));
    const isCurrent = ({ dateIn, dateOut }: (typeof members)[number]): boolean =>
      (dateOut === undefined || dateOut >= today) && (dateIn === undefined || dateIn <= today);
    if (owners.some(isCurrent)) return [];
    const found =
      owners.length > 0
        ? `its owners are not there today (${owners.map(({ username }) => username).join(', ')})`
        : members.length > 0
          ? 'none of its members has the role owner'
          : 'it names no team';
    return [
      {
        message: `${found}: name in team.members somebody with role owner.`,
        file: inherited?.file ?? product.file,
        path: 'team',
      },
    ];
  },
});
