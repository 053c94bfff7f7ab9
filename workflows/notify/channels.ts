import type { Channel, ChannelTool } from '../../schema/alert.ts';
import type { Product } from '../../schema/contract/model.ts';

/** Scopes of ODCS whose channels are for what goes wrong: others are for people to talk in. */
const FOR_ALERTS = new Set(['issues', 'notifications']);
const BY_TOOL: Readonly<Record<string, ChannelTool>> = {
  slack: 'slack',
  mattermost: 'mattermost',
  googlechat: 'googlechat',
  teams: 'teams',
  email: 'email',
};

/**
 * Who is told of a product's alerts, one level after the other: its channels of support whose scope is `issues` or `notifications`, its
 * owners by e-mail, the operators. A level that there is not is left out.
 */
export function levelsOf(product: Pick<Product, 'support' | 'team'>, operators: readonly Channel[]): Channel[][] {
  const support = product.support.flatMap(({ url, tool, scope, secret }) =>
    url !== null && FOR_ALERTS.has(scope?.toLowerCase() ?? '') ? [{ tool: toolOf(tool, url), url, secret }] : [],
  );
  const owners = product.team.members.flatMap(({ username, role }): Channel[] =>
    role?.toLowerCase() === 'owner' && /^[^\s@]+@[^\s@]+$/.test(username)
      ? [{ tool: 'email', url: `mailto:${username}`, secret: null }]
      : [],
  );
  return [support, owners, [...operators]].filter((level) => level.length > 0);
}

/** A tool that has no form of its own gets the webhook that any program reads. */
export function toolOf(tool: string | null, url: string): ChannelTool {
  if (url.startsWith('mailto:')) return 'email';
  return BY_TOOL[tool?.toLowerCase() ?? ''] ?? 'webhook';
}
