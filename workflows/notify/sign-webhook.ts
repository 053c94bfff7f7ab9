import { createHmac } from 'node:crypto';

/**
 * The headers of a webhook by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 of id, time in seconds and body. A secret
 * `whsec_…` is base64, any other is taken as it stands.
 */
export function signedHeaders(
  body: string,
  { id, secret, nowMs }: { readonly id: string; readonly secret: string; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
