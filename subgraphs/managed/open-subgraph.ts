import {
  type DocumentNode,
  FieldsOnCorrectTypeRule,
  KnownArgumentNamesRule,
  KnownDirectivesRule,
  KnownTypeNamesRule,
  validate,
} from 'graphql';
import { rowValues } from '../../schema/contract/graph-names.ts';
import type { ManagedProducts } from '../../schema/contract/model.ts';
import { evidentlyValid } from '../../schema/evidently-valid.ts';
import type { ManagedOperation, OpenSubgraph, ReaderPools } from '../../schema/reading.ts';
import { room } from '../../schema/room.ts';
import { checkedExecution } from './checked-execution.ts';
import { documentsOf } from './documents.ts';
import { entityTypes } from './entity-types.ts';
import { executableSchema } from './executable-schema.ts';
import { LIMITS, type Limits } from './limits.ts';
import { compileOperation, type CompileDeps, type Form, type Refused } from './operation.ts';
import { rootFields } from './root-fields.ts';
import { statementRunner } from './run-statement.ts';

/** Each operation has a few forms: filters given or not. */
const FORMS_KEPT = { entries: 5_000, bytes: 128 * 1024 * 1024 };

/**
 * Whether an operation asks for nothing that these products do not have. Whoever asks has validated it, in a graph that composition made
 * as strict as these are, or stricter: to say it all again would take half as long as to compile it.
 */
const NAMES = [KnownTypeNamesRule, FieldsOnCorrectTypeRule, KnownArgumentNamesRule, KnownDirectivesRule];

/**
 * Makes contracts executable over `pools` (read-only; the versions are those of each request's reading). An operation, its whole
 * selection across all the products given, is one statement.
 */
export function openSubgraph(pools: ReaderPools, limits: Limits = LIMITS): OpenSubgraph {
  const run = statementRunner(pools, limits);
  const forms = room<Form | Refused>(FORMS_KEPT);
  return (products) => {
    const schema = executableSchema(products);
    const types = entityTypes(products);
    const roots = rootFields(types);
    const checked = checkedExecution({ schema, roots, types, limits, run });
    const deps: CompileDeps = { schema, roots, types, dataEnums: dataEnums(products), limits, run, checked, forms };
    const isOfThese = (document: DocumentNode): boolean =>
      evidentlyValid(schema, document) || validate(schema, document, NAMES, { maxErrors: 1 }).length === 0;
    const compile = (document: DocumentNode, name: string | null): ManagedOperation | null =>
      isOfThese(document) ? compileOperation(deps, document, name) : null;
    const documents = documentsOf(schema, (document, name) => compileOperation(deps, document, name));
    return {
      compile,
      execute: async ({ query, variables = {}, operationName = null }, reading) => {
        const { document, errors, operation } = documents(query, operationName);
        if (errors !== null) return { errors };
        if (operation !== null) return operation.answer(variables, reading);
        // `_service`, or an operation that is not there: graphql-js has its words for both.
        return checked({ document, operationName, variables, reading, failure: null });
      },
    };
  };
}

function dataEnums({ products, references }: ManagedProducts): ReadonlySet<string> {
  const objects = [...products.flatMap((product) => product.objects), ...references.map(({ to }) => to)];
  return new Set(objects.flatMap((object) => rowValues(object).flatMap((value) => value.enum?.type ?? [])));
}
