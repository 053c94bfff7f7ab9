import { type ProductId, productId } from '../../schema/ids.ts';
import { ENFORCED } from '../../schema/policies/enforced.ts';
import { rulesFor } from '../../schema/policies/rules.ts';
import { CommandFailure, EXIT, wrongUsage } from './exit.ts';
import { localPolicies } from './local-policies.ts';
import { OPERATIONS } from './operations.ts';
import type { ShownPolicy } from './policy-operations.ts';
import type { Terminal } from './terminal.ts';

/** Where policies are asked for. */
export interface PolicyPlace {
  readonly domain?: string;
  readonly product?: string;
}

/** The policies as they hold at the server; where that is out of reach, those of this machine, and it is said. */
export async function shownPolicies(terminal: Terminal, place: PolicyPlace): Promise<ShownPolicy[]> {
  try {
    return (await terminal.ask(OPERATIONS.policies, { ...place })).policies;
  } catch (error) {
    if (!(error instanceof CommandFailure) || error.exit !== EXIT.unreachable) throw error;
    terminal.say(`${terminal.settings.url} is out of reach: these are the policies as they hold on this machine.`);
    return policiesHere(terminal, place);
  }
}

/** The policies as they hold without a server. */
export async function policiesHere({ settings }: Terminal, place: PolicyPlace): Promise<ShownPolicy[]> {
  const policies = await localPolicies(settings);
  const { configuration } = await policies.current();
  await policies.close();
  return [
    ...rulesFor(configuration, { domain: place.domain, product: idOf(place) }).map(
      ({ policy, severity, parameters }): ShownPolicy => ({
        id: policy.id,
        codes: [policy.id],
        reason: policy.reason,
        severity,
        defaultSeverity: policy.severity,
        origin: 'source' in policy ? 'organisation' : 'platform',
        configurable: true,
        documentation: policy.documentation,
        parameters,
      }),
    ),
    ...ENFORCED.map(({ codes, reason, documentation }): ShownPolicy => ({
      id: codes[0],
      codes: [...codes],
      reason,
      severity: 'error',
      defaultSeverity: 'error',
      origin: 'platform',
      configurable: false,
      documentation,
      parameters: {},
    })),
  ];
}

function idOf({ product }: PolicyPlace): ProductId | null {
  const id = product === undefined ? null : productId(product);
  if (product !== undefined && id === null)
    throw wrongUsage(`${product} is no product's id, such as network/airports.`);
  return id;
}
