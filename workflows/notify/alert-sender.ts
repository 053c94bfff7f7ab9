import nodemailer from 'nodemailer';
import type { AlertMessage, Channel } from '../../schema/alert.ts';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import { type Secrets, withSecret } from '../../schema/secrets.ts';
import { FORMS } from './message-forms.ts';
import type { Operators } from './operators.ts';
import type { Post } from './post.ts';
import { type Sender, Undeliverable } from './sender.ts';
import { signedHeaders } from './sign-webhook.ts';

/** What alerts are sent with. */
export interface AlertSenderDeps {
  readonly hosts: HostRules;
  readonly post: Post;
  readonly secrets: Secrets;
  readonly operators: Operators;
  /** What the operators' webhooks are signed with. */
  readonly operatorsSecret: string | null;
  /** The server that takes mail, `smtp://user:password@host:587`, and who it is from; null where none is named. */
  readonly mail: { readonly url: string; readonly from: string } | null;
}

/** The body of a delivery of an alert; its destination is the channel's url. */
export interface AlertBody {
  readonly tool: Channel['tool'];
  readonly secret: Channel['secret'];
  readonly message: AlertMessage;
}

/** Sends alerts to channels: as a chat's text, an adaptive card, a signed webhook, or an e-mail. */
export function openAlertSender(deps: AlertSenderDeps): Sender {
  return async ({ id, destination, body: stored }, signal) => {
    // Written by alerts.ts.
    const { tool, secret, message } = stored as unknown as AlertBody;
    const address = deps.operators.addressOf(destination) ?? withSecret(destination, deps.secrets);
    if (address === null)
      throw new Undeliverable(`There is no secret for ${destination}: set it where the worker reads secrets.`);
    if (address.startsWith('mailto:')) return sendMail(deps, { id, address, message });
    if (tool === 'email') throw new Undeliverable('A channel of e-mail has a url that begins with mailto:.');
    const body = JSON.stringify(FORMS[tool](message));
    await deps.post.send({ url: address, headers: headersOf(deps, { id, secret, body }), body }, signal);
  };
}

function headersOf(
  { secrets, operatorsSecret }: AlertSenderDeps,
  { id, secret: reference, body }: { readonly id: string; readonly secret: string | null; readonly body: string },
): Readonly<Record<string, string>> {
  if (reference === null) return {};
  const secret = reference === 'operators' ? operatorsSecret : withSecret(reference, secrets);
  if (secret !== null) return signedHeaders(body, { id, secret, nowMs: Date.now() });
  if (reference === 'operators') return {};
  throw new Undeliverable(`There is no secret for ${reference}: what should be signed is not sent without.`);
}

async function sendMail(
  { mail }: AlertSenderDeps,
  { id, address, message }: { readonly id: string; readonly address: string; readonly message: AlertMessage },
): Promise<void> {
  if (mail === null) throw new Undeliverable('E-mail needs a server: the operator names it in WEFT_SMTP_URL.');
  const to = decodeURIComponent(address.slice('mailto:'.length).replace(/\?.*$/, ''));
  if (!/^[^\s@,;<>]+@[^\s@,;<>]+$/.test(to))
    throw new Undeliverable('The url of an e-mail channel is mailto: and one address.');
  const transport = nodemailer.createTransport(mail.url, { from: mail.from });
  const links = message.links.map(({ title, url }) => `${title}: ${url}`);
  const mailed = transport.sendMail({
    to,
    subject: message.title,
    text: [message.text, ...links].join('\n'),
    // Those of one alert are one conversation.
    messageId: `<${id}@weft>`,
    references: `<${message.alert}@weft>`,
  });
  // What it says of a failure may hold addresses: its code says enough.
  const refused = await mailed.then(
    () => null,
    (error: unknown) => responseCode(error) ?? 'nothing',
  );
  transport.close();
  if (refused === null) return;
  const says = `The mail server answered ${refused}.`;
  throw typeof refused === 'number' && refused >= 500 ? new Undeliverable(says) : new Error(says);
}

function responseCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('responseCode' in error)) return null;
  return typeof error.responseCode === 'number' ? error.responseCode : null;
}
