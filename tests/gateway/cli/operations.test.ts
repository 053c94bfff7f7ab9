import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, validate } from 'graphql';

import { OPERATIONS } from '../../../gateway/cli/operations.ts';

const CATALOG = new URL('../../../gateway/catalog/catalog.graphql', import.meta.url);
const schema = buildSubgraphSchema({ typeDefs: parse(readFileSync(CATALOG, 'utf8')) });

test.each(Object.entries(OPERATIONS))('what the command line sends for %s is valid in the catalog', (_, { text }) => {
  expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
});
