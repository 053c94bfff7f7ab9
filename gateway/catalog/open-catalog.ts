import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLSchemaModule } from '@apollo/subgraph/dist/schema-helper/index.js';
import { type DocumentNode, execute, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import type { ExecuteHere } from '../execute/local-subgraph.ts';
import { CATALOG_SDL } from '../publishing/register-catalog.ts';
import { backfills } from './backfills.ts';
import { alerts } from './alerts.ts';
import type { CatalogContext, CatalogDeps } from './context.ts';
import { governance, standingOf } from './governance.ts';
import { histories } from './history.ts';
import { openLoaders } from './loaders.ts';
import { consumers } from './consumers.ts';
import { mutations } from './mutations.ts';
import { outcomes } from './outcomes.ts';
import { products } from './products.ts';
import { queries } from './queries.ts';
import { runs } from './runs.ts';
import { slos } from './slos.ts';
import { usages } from './usages.ts';

/** The catalog as a subgraph of the graph that it describes. */
export function openCatalog(deps: CatalogDeps): ExecuteHere {
  const schema = catalogSchema();
  return async ({ query, variables, operationName }, { actor, trace }) => {
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return { errors };
    return execute({
      schema,
      document,
      contextValue: {
        ...deps,
        actor,
        loaders: openLoaders(deps.ledger, standingOf(deps)),
        traceparent: trace?.traceparent ?? null,
      } satisfies CatalogContext,
      variableValues: variables ?? null,
      operationName: operationName ?? null,
    });
  };
}

function catalogSchema(): GraphQLSchema {
  const typeDefs = parse(readFileSync(CATALOG_SDL, 'utf8'));
  const resolvers = {
    Query: { ...queries, ...alerts.Query },
    Mutation: { ...mutations, ...consumers.Mutation, ...alerts.Mutation },
    Alert: alerts.Alert,
    Me: { ...consumers.Me, ...usages.Me },
    ...products,
    Backfill: backfills.Backfill,
    DataProduct: {
      ...products.DataProduct,
      ...consumers.DataProduct,
      ...usages.DataProduct,
      ...backfills.DataProduct,
      ...slos.DataProduct,
      ...alerts.DataProduct,
    },
    ProductSubscription: consumers.ProductSubscription,
    ...runs,
    Slo: slos.Slo,
    ErrorBudget: slos.ErrorBudget,
    ...outcomes,
    ...histories,
    ...governance,
    ...enums(typeDefs),
  };
  // Sources and arguments are typed where each resolver is written; the library's own type knows neither.
  const schema = buildSubgraphSchema({ typeDefs, resolvers: resolvers as GraphQLSchemaModule['resolvers'] & object });
  Object.assign(schema.getType('DateTime')!, { serialize: (value: Date | string) => new Date(value).toISOString() });
  return schema;
}

/** Enum members by the words of `schema`, which are in lower case; kinds of relationship are in upper case there too. */
function enums({ definitions }: DocumentNode): Record<string, Record<string, string>> {
  return Object.fromEntries(
    definitions.flatMap((node) =>
      node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value !== 'RelationshipKind'
        ? [
            [
              node.name.value,
              Object.fromEntries((node.values ?? []).map(({ name }) => [name.value, name.value.toLowerCase()])),
            ],
          ]
        : [],
    ),
  );
}
