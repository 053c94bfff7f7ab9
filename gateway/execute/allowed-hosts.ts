const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export interface HostRules {
  readonly loopbackOnly: boolean;
  readonly allowedHosts: readonly string[];
}

/**
 * Where a remote subgraph may be: at a host that WEFT_ALLOWED_HOSTS lists (`host` or `host:port`), or, as long as the gateway
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
