import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

/** A subgraph as composition takes it; `url` names where a router reaches it. */
export interface ComposableSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly url: string;
}

/** What composition says of subgraphs, in its own words: a reason why they do not compose, or a hint about those that do. */
export interface Remark {
  /** `FIELD_TYPE_MISMATCH` */
  readonly code: string;
  readonly message: string;
}

export type Composition =
  | { readonly composes: true; readonly sdl: string; readonly hints: readonly Remark[] }
  | { readonly composes: false; readonly errors: readonly Remark[] };

/** Composes a supergraph with @apollo/composition (Federation 2). Of its hints those that it calls debugging are left out. */
export function compose(subgraphs: readonly ComposableSubgraph[]): Composition {
  const result = composeServices(
    subgraphs.map(({ name, sdl, url }) => ({ name, url, typeDefs: parse(sdl, { noLocation: true }) })),
  );
  if (result.errors === undefined)
    return {
      composes: true,
      sdl: result.supergraphSdl,
      hints: result.hints
        .filter(({ definition }) => definition.level.name !== 'DEBUG')
        .map(({ definition: { code }, message }) => ({ code, message })),
    };
  return {
    composes: false,
    errors: result.errors.map(({ message, extensions: { code } }) => ({
      code: typeof code === 'string' ? code : 'ERROR',
      message,
    })),
  };
}
