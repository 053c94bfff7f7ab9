/** Features that composition marks as `for: SECURITY`, and that our own executor knows. */
const SERVED = ['authenticated', 'context', 'policy', 'requiresScopes'];

const LINK = new RegExp(
  String.raw`(@link\(url: "https://specs\.apollo\.dev/(?:${SERVED.join('|')})/[^)]*?), for: SECURITY`,
  'g',
);

/**
 * A supergraph as @apollo/gateway loads it: it refuses features for security that it does not know, also those that its planner
 * does know. Any other is still refused.
 */
export function loadableSupergraph(sdl: string): string {
  return sdl.replace(LINK, '$1');
}
