const LISTENS_ON_LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Which hosts services and sources may be at. */
export interface HostRules {
  /** True where the gateway listens on loopback alone: then they may be on loopback too. */
  readonly loopbackOnly: boolean;
  /** `host` or `host:port`, in lower case. */
  readonly allowedHosts: readonly string[];
}

/** The rules as `HOST` and `WEFT_ALLOWED_HOSTS` say them: gateway and workers are told the same. */
export function hostRules(host: string, allowedHosts: string): HostRules {
  return {
    loopbackOnly: LISTENS_ON_LOOPBACK.has(host),
    allowedHosts: allowedHosts
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((listed) => listed !== ''),
  };
}

/**
 * Where a remote subgraph or a registered table may be: at a host that WEFT_ALLOWED_HOSTS lists (`host` or `host:port`), or, as long as the gateway
 * itself listens on loopback alone, on loopback. Null where it may, else the sentence that says why not. URL parsing has made
 * `2130706433` and `0x7f.1` into `127.0.0.1` before it is judged.
 */
export function hostRefusal(address: string, rules: HostRules): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return `${address.slice(0, 200)} is not an http or https URL.`;
  if (url.username !== '' || url.password !== '') return 'A URL with a user or password in it is not taken.';
  if (rules.allowedHosts.includes(url.hostname) || rules.allowedHosts.includes(url.host)) return null;
  if (rules.loopbackOnly && LOOPBACK.test(url.hostname)) return null;
  return `${url.host} is not allowed: an operator lists it in WEFT_ALLOWED_HOSTS${
    LOOPBACK.test(url.hostname) ? ', or has Weft listen on loopback alone' : ''
  }.`;
}

/** A Postgres server's host as it is connected to, and the sentence that says why it may not be; null where it may. */
export function judgedServer(
  { host, port }: { readonly host: string; readonly port: number },
  rules: HostRules,
): { readonly host: string; readonly refusal: string | null } {
  const address = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  // A path, a query or a user in it would hide where it leads; so would a folder of sockets.
  if (url === null || url.href !== `${url.origin}/`)
    return { host, refusal: `${host.slice(0, 200)} is no host's name.` };
  return { host: url.hostname.replace(/^\[|\]$/g, ''), refusal: hostRefusal(address, rules) };
}
