import type { AlertMessage, ChannelTool } from '../../schema/alert.ts';

/** A message as the body that a tool takes. */
export type Form = (message: AlertMessage) => unknown;

const MARKS = { error: '🔴', warning: '🟠' } as const;

/** Incoming webhooks of Slack, and of what takes the same: Mattermost, and Google Chat. */
function chat({ title, text, type, severity, links }: AlertMessage): unknown {
  const mark = type === 'alert.resolved' ? '🟢' : MARKS[severity];
  const linked = links.map((link) => `<${link.url}|${link.title}>`);
  return { text: [`${mark} *${escaped(title)}*`, escaped(text), ...linked].join('\n') };
}

/** Slack's three letters: all that begins a mention or a link. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A webhook of Microsoft Teams (a workflow's) takes adaptive cards. */
function card({ title, text, type, severity, links }: AlertMessage): unknown {
  const color = type === 'alert.resolved' ? 'Good' : severity === 'error' ? 'Attention' : 'Warning';
  const lines = text.split('\n').map((line) => ({ type: 'TextBlock', text: line, wrap: true }));
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [{ type: 'TextBlock', text: title, weight: 'Bolder', size: 'Medium', color, wrap: true }, ...lines],
          actions: links.map((link) => ({ type: 'Action.OpenUrl', title: link.title, url: link.url })),
        },
      },
    ],
  };
}

/** As Standard Webhooks has it: a type, a time, and the data. */
function plain({ type, at, ...data }: AlertMessage): unknown {
  return { type, timestamp: at, data };
}

/** By tool; e-mail is no webhook. */
export const FORMS: Readonly<Record<Exclude<ChannelTool, 'email'>, Form>> = {
  slack: chat,
  mattermost: chat,
  googlechat: chat,
  teams: card,
  webhook: plain,
};
