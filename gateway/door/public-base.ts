// URL parsing alone lets quotes, and more that has a meaning in SDL, through.
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * The address at which whoever asks has reached this gateway, without a path. A Host header that is none is not believed:
 * then it is the one that the gateway listens at.
 */
export function publicBase(
  { protocol, host }: { readonly protocol: string; readonly host: string | undefined },
  listens: { readonly host: string; readonly port: number },
): string {
  const asked = `${protocol}://${host}`;
  if (host !== undefined && HOST.test(host) && URL.canParse(asked)) return new URL(asked).origin;
  return `${protocol}://${listens.host.includes(':') ? `[${listens.host}]` : listens.host}:${listens.port}`;
}
