/** Features that composition marks as `for: SECURITY`, and that our own executor knows. */
const SERVED = ['authenticated', 'context', 'policy', 'requiresScopes'];

const LINK = new RegExp(
  String.raw`(@link\(url: "https://specs\.apollo\.dev/(?:${SERVED.join('|')})/[^)]*?), for: SECURITY`,
  'g',
);

/** A supergraph as Apollo's planner loads it: it refuses features for security that its executor does not know, and plans them all the same. */
export function loadableSupergraph(sdl: string): string {
  return sdl.replace(LINK, '$1');
}
