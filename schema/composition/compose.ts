import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { errorFinding, type Finding } from '../findings.ts';

/** A subgraph as composition takes it; `url` names where a router reaches it. */
export interface ComposableSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly url: string;
}

export type Composition =
  | { readonly composes: true; readonly sdl: string; readonly hints: readonly string[] }
  | { readonly composes: false; readonly findings: readonly Finding[] };

/** Composes a supergraph with @apollo/composition (Federation 2); errors name the subgraphs concerned. */
export function compose(subgraphs: readonly ComposableSubgraph[]): Composition {
  const result = composeServices(
    subgraphs.map(({ name, sdl, url }) => ({ name, url, typeDefs: parse(sdl, { noLocation: true }) })),
  );
  if (result.errors === undefined)
    return { composes: true, sdl: result.supergraphSdl, hints: result.hints.map((hint) => hint.toString()) };
  return {
    composes: false,
    findings: result.errors.map(({ message, extensions: { code } }) =>
      errorFinding(`COMPOSITION_${typeof code === 'string' ? code : 'ERROR'}`, message),
    ),
  };
}
