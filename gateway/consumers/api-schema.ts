import { Supergraph } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';
import { withDefer } from '../execute/deferred.ts';
import { loadableSupergraph } from '../loadable-supergraph.ts';

/** What clients may ask of a supergraph: as the gateway makes it when it loads one. The supergraph was composed here, and is not validated again. */
export function apiSchema(supergraphSdl: string): GraphQLSchema {
  const { schema } = Supergraph.build(loadableSupergraph(supergraphSdl), { validateSupergraph: false });
  return withDefer(schema.toAPISchema().toGraphQLJSSchema());
}
