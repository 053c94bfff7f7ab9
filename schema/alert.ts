import type { ProductId, RunId } from './ids.ts';

/** What is wrong with a product. */
export type AlertCause = 'run_failed' | 'late' | 'rule_failed';
/** A warning goes to the first level alone, and does not escalate. */
export type AlertSeverity = 'error' | 'warning';
export type AlertState = 'open' | 'acknowledged' | 'resolved';

/** Where people are told: an address, or a reference to one that is secret. */
export interface Channel {
  /** `slack`, `mattermost`, `googlechat`, `teams`, `email`, or `webhook` for any other. */
  readonly tool: ChannelTool;
  /** `https://…`, `mailto:…`, or `${secret:NAME}`. */
  readonly url: string;
  /** What webhooks are signed with: `${secret:NAME}`; null where they are not. */
  readonly secret: string | null;
}

export const CHANNEL_TOOLS = ['slack', 'mattermost', 'googlechat', 'teams', 'email', 'webhook'] as const;
export type ChannelTool = (typeof CHANNEL_TOOLS)[number];

/** What a channel is told; it holds codes, names and times, and no value of a row. */
export interface AlertMessage {
  readonly type: 'alert.opened' | 'alert.escalated' | 'alert.resolved';
  readonly alert: string;
  readonly product: ProductId;
  readonly cause: AlertCause;
  readonly severity: AlertSeverity;
  /** One line. */
  readonly title: string;
  readonly text: string;
  readonly run: RunId | null;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  /** RFC 3339. */
  readonly at: string;
}
