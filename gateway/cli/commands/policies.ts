import { nearest } from '../../../schema/contract/grammar.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { explanationText } from '../explanation-text.ts';
import type { ShownPolicy } from '../policy-operations.ts';
import { type PolicyPlace, shownPolicies } from '../shown-policies.ts';
import { details, plural, table } from '../table.ts';
import { safe, type Terminal } from '../terminal.ts';

/** Lists the policies as they hold in a place, or explains one. */
export async function policies(terminal: Terminal, id: string | undefined, place: PolicyPlace): Promise<number> {
  const known = await shownPolicies(terminal, place);
  if (id !== undefined) return explained(terminal, id, known);
  terminal.show({ policies: known }, () =>
    table(
      ['POLICY', 'SEVERITY', 'OF', 'REASON'],
      known.map((policy) => [policy.id, severityText(policy), policy.origin, policy.reason]),
    ),
  );
  const set = known.filter(({ configurable }) => configurable).length;
  terminal.say(
    `${plural(set, 'policy').replace('policys', 'policies')} that WEFT_POLICIES may set, and ${known.length - set} that always hold. Next: weft policies OWNER_CURRENT`,
  );
  return EXIT.done;
}

function explained(terminal: Terminal, id: string, known: readonly ShownPolicy[]): number {
  const wanted = id.toUpperCase().replaceAll('-', '_');
  const policy = known.find(({ codes }) => codes.includes(wanted));
  if (policy === undefined) {
    const meant = nearest(
      wanted,
      known.flatMap(({ codes }) => codes),
    );
    const advice = meant === null ? '`weft policies` lists them.' : `Did you mean ${meant}?`;
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no policy ${safe(id).slice(0, 60)}. ${advice}`);
  }
  terminal.show(policy, () => {
    const parameters = JSON.stringify(policy.parameters);
    return [
      explanationText(policy, terminal),
      details([
        ['severity', severityText(policy)],
        ['by default', policy.defaultSeverity],
        ['of', policy.origin],
        ['parameters', parameters === '{}' ? null : parameters],
        ['codes', policy.codes.length > 1 ? policy.codes.join(' ') : null],
      ]),
    ].join('\n\n');
  });
  return EXIT.done;
}

function severityText({ severity, configurable }: ShownPolicy): string {
  return configurable ? severity : `${severity}, always`;
}
