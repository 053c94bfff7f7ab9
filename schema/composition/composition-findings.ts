import { type GraphOrigins, graphOrigins, type Origin } from '../contract/graph-origins.ts';
import type { Mesh } from '../contract/model.ts';
import type { Finding } from '../findings.ts';
import type { ProductId } from '../ids.ts';
import type { Remark } from './compose.ts';

/** What a composition was of, and on whose behalf it was asked. */
export interface Composed {
  readonly mesh: Mesh;
  /** Names of all that was composed. */
  readonly subgraphs: readonly string[];
  /** Products that are being changed: a finding that concerns one stands at its place in that one's documents. */
  readonly own: readonly ProductId[];
}

/** As many are named as a sentence holds; a shared type of a large mesh may stand in fifty domains. */
const NAMED_MAX = 6;

/** What composition says, in the words of the mesh: which products are concerned on each side, and where in their documents. */
export function compositionFindings(
  remarks: readonly Remark[],
  severity: Finding['severity'],
  { mesh, subgraphs, own }: Composed,
): Finding[] {
  const origins = graphOrigins(mesh);
  return remarks.map(({ code, message }) => {
    const sides = sidesOf(message, { subgraphs, origins });
    const ours = sides.filter(({ origin }) => origin !== null && own.includes(origin.product.id));
    const { origin = null } = ours.find((side) => side.origin?.file != null) ?? ours[0] ?? {};
    const said = [...new Set(sides.map(sideText))];
    const more = said.length - NAMED_MAX;
    const named = [...said.slice(0, NAMED_MAX), ...(more > 0 ? [`${more} more`] : [])];
    return {
      code: `COMPOSITION_${code}`,
      severity,
      message: named.length === 0 ? message : `${message.replace(/\.?\s*$/, '.')} It is about ${listed(named)}.`,
      ...(origin !== null && { product: origin.product.id }),
      file: origin?.file ?? null,
      line: origin?.line ?? null,
      column: origin?.column ?? null,
      path: origin?.path ?? null,
    };
  });
}

/** A subgraph that a remark is about, and whose part of it. */
interface Side {
  readonly subgraph: string;
  readonly origin: Origin | null;
}

/**
 * The subgraphs that a remark names, in quotes or brackets, else those that have what it names: composition's own words are the one
 * place where each of its errors says both.
 */
function sidesOf(message: string, at: { subgraphs: readonly string[]; origins: GraphOrigins }): Side[] {
  const coordinates = [...message.matchAll(/"([A-Za-z_]\w*(?:\.\w+(?:\(\w+:\))?)?)"/g)].map(([, name]) => name!);
  // Of `Airport` and `Airport.name` the field tells more.
  const sorted = [...new Set(coordinates)].sort((a, b) => Number(b.includes('.')) - Number(a.includes('.')));
  const originIn = (subgraph: string): Origin | null => {
    for (const coordinate of sorted) {
      const origin = at.origins(subgraph, coordinate);
      if (origin !== null) return origin;
    }
    return null;
  };
  const named = at.subgraphs.filter((name) => message.includes(`"${name}"`) || message.startsWith(`[${name}] `));
  if (named.length > 0) return named.map((subgraph) => ({ subgraph, origin: originIn(subgraph) }));
  return at.subgraphs
    .map((subgraph) => ({ subgraph, origin: originIn(subgraph) }))
    .filter(({ origin }) => origin !== null);
}

function sideText({ subgraph, origin }: Side): string {
  if (origin === null) return subgraph;
  const { product, file, line } = origin;
  const place = [file, line].filter((part) => part !== null).join(':');
  return place === '' ? product.id : `${product.id} (${place})`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
