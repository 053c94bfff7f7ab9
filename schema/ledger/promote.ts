import type { Composition, Remark } from '../composition/compose.ts';
import { composeMesh } from '../composition/compose-mesh.ts';
import { composeBounded } from '../composition/composer.ts';
import { compositionFindings } from '../composition/composition-findings.ts';
import type { DomainModel, Mesh } from '../contract/model.ts';
import { isSameModel } from '../contract/same-model.ts';
import { subgraphSdl } from '../contract/sdl.ts';
import type { Finding } from '../findings.ts';
import type { DomainId, ProductId } from '../ids.ts';
import type { Queryable, Transaction } from './connect.ts';
import { emit } from './events.ts';
import {
  addSubgraph,
  headId,
  headHints,
  headSubgraphs,
  moveHead,
  nextSubgraphRevision,
  type StoredSubgraph,
  type Subgraph,
} from './supergraphs.ts';

export type Promotion =
  | {
      readonly promoted: true;
      readonly supergraph: number;
      /** What composition remarks on this graph, and did not on the one before. */
      readonly hints: readonly Finding[];
    }
  | { readonly promoted: false; readonly findings: readonly Finding[] };

/**
 * Makes the graph that `mesh` describes the served one: derives every subgraph, composes, stores what changed and moves the
 * head. Under `lockHead`, so that what the ledger holds always composes. Writes nothing where it does not compose, or where
 * nothing changed. `own`: the products that change; what concerns them is found in their documents.
 */
export async function promote(
  trx: Transaction,
  change: { mesh: Mesh; cause: string; own?: readonly ProductId[]; catalogSdl?: string },
): Promise<Promotion> {
  const head = await headId(trx);
  const served = new Map((await headSubgraphs(trx)).map((subgraph) => [subgraph.name, subgraph]));
  const wanted = [...catalog(change.catalogSdl ?? served.get(CATALOG)?.sdl), ...subgraphsOf(change.mesh)];
  const changed = wanted.filter((subgraph) => !isSame(subgraph, served.get(subgraph.name)));
  if (head !== null && changed.length === 0 && wanted.length === served.size)
    return { promoted: true, supergraph: head, hints: [] };

  const next: StoredSubgraph[] = [];
  for (const subgraph of wanted)
    next.push(
      changed.includes(subgraph)
        ? { ...subgraph, revision: await nextSubgraphRevision(trx, subgraph.name) }
        : served.get(subgraph.name)!,
    );
  const composition = await composed(next, served);
  const of = { mesh: change.mesh, subgraphs: next.map(({ name }) => name), own: change.own ?? [] };
  if (!composition.composes) return { promoted: false, findings: compositionFindings(composition.errors, 'error', of) };
  const hints = compositionFindings(await newHints(trx, composition.hints), 'hint', of);

  for (const subgraph of next) if (served.get(subgraph.name) !== subgraph) await addSubgraph(trx, subgraph);
  const { sdl } = composition;
  const all = composition.hints.map(hintText);
  const supergraph = await moveHead(trx, { sdl, hints: all, cause: change.cause, subgraphs: next });
  await emit(trx, { type: 'supergraph.moved', subject: 'supergraph', payload: { supergraph } });
  return { promoted: true, supergraph, hints };
}

/** A graph beside the one that is served: what speaks against it, or what is remarked on it and is not on the served one. */
export type Coming =
  | { readonly composes: true; readonly sdl: string; readonly hints: readonly Finding[] }
  | { readonly composes: false; readonly findings: readonly Finding[] };

/** Composes the graph that a mesh describes, with the catalog as it is served, without making it the served one. */
export async function compositionOf(
  db: Queryable,
  { mesh, own }: { mesh: Mesh; own: readonly ProductId[] },
): Promise<Coming> {
  const served = new Map((await headSubgraphs(db)).map((subgraph) => [subgraph.name, subgraph]));
  const wanted = [...catalog(served.get(CATALOG)?.sdl), ...subgraphsOf(mesh)];
  const composition = await composed(wanted, served);
  const of = { mesh, subgraphs: wanted.map(({ name }) => name), own };
  if (!composition.composes) return { composes: false, findings: compositionFindings(composition.errors, 'error', of) };
  const hints = compositionFindings(await newHints(db, composition.hints), 'hint', of);
  return { composes: true, sdl: composition.sdl, hints };
}

async function newHints(db: Queryable, hints: readonly Remark[]): Promise<Remark[]> {
  const known = new Set(hints.length === 0 ? [] : await headHints(db));
  return hints.filter((hint) => !known.has(hintText(hint)));
}

/** As composition prints it, and the ledger keeps it. */
function hintText({ code, message }: Remark): string {
  return `[${code}]: ${message}`;
}

/** Composes a graph beside the one that is served: small ones whole, large ones without what is as it was. */
function composed(
  subgraphs: readonly (Subgraph & { readonly revision?: number })[],
  served: ReadonlyMap<string, StoredSubgraph>,
): Promise<Composition> {
  const asked = subgraphs.map((subgraph) => ({
    ...subgraph,
    url: routingUrl(subgraph),
    composed: isSame(subgraph, served.get(subgraph.name)),
  }));
  const letters = asked.reduce((sum, { sdl }) => sum + sdl.length, 0);
  return letters <= WHOLE_MAX_LETTERS ? composeBounded(asked) : composeMesh(asked, composeBounded);
}

/** The most SDL that is composed whole each time: 50 products take half a second. */
const WHOLE_MAX_LETTERS = 200_000;

/** Name of the subgraph that the gateway itself contributes; no domain may have it. */
export const CATALOG = 'catalog';

/**
 * What stands as URL in the supergraph. One that runs in the gateway has its revision in it, since routers may keep what they know of
 * a subgraph by its name and URL; whoever exports the supergraph puts an address before it.
 */
export function routingUrl({ name, url, revision }: Pick<Subgraph, 'name' | 'url'> & { revision?: number }): string {
  return url ?? `weft:///subgraphs/${name}/${revision ?? 'next'}`;
}

function catalog(sdl: string | undefined): Subgraph[] {
  if (sdl === undefined) return [];
  return [{ name: CATALOG, kind: 'catalog', domainId: null, productId: null, sdl, url: null }];
}

/** What the mesh contributes: a subgraph for each domain's managed products, its registered ones of each server, and each remote product. */
export function subgraphsOf(mesh: Mesh): Subgraph[] {
  const managed = [...mesh.domains.values()]
    .filter((model) => model.products.length > 0)
    .map((model): Subgraph => ({
      name: model.domain,
      kind: 'managed',
      domainId: model.domain,
      productId: null,
      sdl: sdlOf(model),
      url: null,
    }));
  const registered = [...mesh.registered.values()].map((model): Subgraph => ({
    name: model.name,
    kind: 'registered',
    domainId: model.domain,
    productId: null,
    sdl: subgraphSdl(model),
    url: null,
  }));
  const remote = [...mesh.products.values()].flatMap((product): Subgraph[] =>
    product.remote === null
      ? []
      : [{ name: product.id, kind: 'remote', domainId: product.domain, productId: product.id, ...product.remote }],
  );
  return [...managed, ...registered, ...remote];
}

/** The SDL of each domain as it was last derived: a publish changes one or two of them. */
const derived = new Map<DomainId, { readonly model: DomainModel; readonly sdl: string }>();

function sdlOf(model: DomainModel): string {
  const known = derived.get(model.domain);
  if (known !== undefined && isSameModel(known.model, model)) return known.sdl;
  const sdl = subgraphSdl(model);
  derived.set(model.domain, { model, sdl });
  return sdl;
}

function isSame(wanted: Subgraph, served: StoredSubgraph | undefined): boolean {
  return served !== undefined && served.kind === wanted.kind && served.sdl === wanted.sdl && served.url === wanted.url;
}
