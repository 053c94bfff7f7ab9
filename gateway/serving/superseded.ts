import type { ManagedSubgraph, Reading } from '../../schema/reading.ts';
import { fittingDatasets, type Serving } from './serving.ts';

// How long a subgraph that was replaced still answers at /subgraphs/<domain>/<revision>: longer than any router polls.
const KEPT_FOR_MS = 600_000;
// In a storm of publishes the oldest go first: each holds on to the mesh that it was part of.
const KEPT_MAX = 50;

/** A managed subgraph, with what it reads now. */
export interface ReadableSubgraph {
  readonly subgraph: ManagedSubgraph;
  readonly datasets: Reading['datasets'];
}

interface Superseded {
  readonly subgraph: ManagedSubgraph;
  readonly graph: Pick<Serving, 'mesh' | 'datasets'>;
  readonly since: number;
}

/** Managed subgraphs that were replaced, by routing URL: routers of another make go on asking them until they have heard of it. */
export class SupersededSubgraphs {
  readonly #kept = new Map<string, Superseded>();

  /** Keeps those of `before` that `now` has no more. */
  replace(before: Serving, now: Serving): void {
    const since = Date.now();
    const { mesh, datasets } = before;
    const urls = new Set([...now.managed.values(), ...now.registered.values()].map(({ url }) => url));
    for (const { url, subgraph } of [...before.managed.values(), ...before.registered.values()])
      if (!urls.has(url)) this.#kept.set(url, { subgraph, graph: { mesh, datasets }, since });
    for (const [url, kept] of this.#kept)
      if (urls.has(url) || since - kept.since > KEPT_FOR_MS || this.#kept.size > KEPT_MAX) this.#kept.delete(url);
  }

  find(url: string, now: Serving): ReadableSubgraph | null {
    const kept = this.#kept.get(url);
    return kept === undefined ? null : { subgraph: kept.subgraph, datasets: fittingDatasets(kept.graph, now) };
  }
}
