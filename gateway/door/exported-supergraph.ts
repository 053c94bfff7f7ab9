import { routingUrl } from '../../schema/ledger/promote.ts';
import type { Snapshot } from '../serving/snapshot.ts';

/** The supergraph for any Federation 2 router: subgraphs that run in this process get addresses under `base`. */
export function exportedSupergraph({ supergraph }: Snapshot, base: string): string {
  return supergraph.subgraphs.reduce((sdl, subgraph) => {
    const url = routingUrl(subgraph);
    return subgraph.url === null ? sdl.replaceAll(`"${url}"`, `"${url.replace('weft://', base)}"`) : sdl;
  }, supergraph.sdl);
}
