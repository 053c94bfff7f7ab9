import { domainOf, type ProductId } from '../ids.ts';
import type { Configuration, Setting } from './configuration.ts';
import type { OwnPolicy } from './own-policy.ts';
import { POLICIES } from './policies.ts';
import type { Policy, PolicySeverity } from './policy.ts';

/** A policy as it holds in one place. */
export interface Rule {
  readonly policy: Policy | OwnPolicy;
  readonly severity: PolicySeverity;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Where rules hold: everywhere, in a domain, or for a product. */
export interface Place {
  readonly domain?: string | null | undefined;
  readonly product?: ProductId | null | undefined;
}

/**
 * The platform's policies and the organisation's own as they hold there: what is said of the product counts before what is said of its
 * domain, that before what is said of all, and that before the policy's own severity.
 */
export function rulesFor({ own, settings, domains, products }: Configuration, { domain, product }: Place): Rule[] {
  const within = product == null ? domain : domainOf(product);
  const tables = [
    settings,
    ...(within == null ? [] : [domains.get(within)]),
    ...(product == null ? [] : [products.get(product)]),
  ];
  return [...POLICIES, ...own].map((policy) =>
    ruleOf(
      policy,
      tables.flatMap((table) => table?.get(policy.id) ?? []),
    ),
  );
}

function ruleOf(policy: Rule['policy'], settings: readonly Setting[]): Rule {
  const severity = settings.reduce<PolicySeverity>((known, setting) => setting.severity ?? known, policy.severity);
  const given = Object.assign({}, ...settings.map(({ parameters }) => parameters)) as Record<string, unknown>;
  // Each was held against the policy's own schema when it was read.
  return { policy, severity, parameters: policy.parameters.parse(given) };
}
