import { domainOf, ownName, type ProductId, type RunId, type SqlName } from '../../schema/ids.ts';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { domainSchema } from '../../schema/ledger/roles.ts';

/** The schema of a run's own, or of the failed one that it takes up: `operations__run_1b2c3d4e`. */
export function runSchema(run: { workspace: RunId; productId: ProductId }): SqlName {
  return ownName(domainSchema(domainOf(run.productId)), `run_${run.workspace.slice(0, 8)}`);
}

/** Named for the same run, as its constraints and indexes are: versions lie beside each other in the domain's schema. */
export function outputTable(object: SchemaObject, run: { workspace: RunId }): SqlName {
  return ownName(object.table, run.workspace.slice(0, 8));
}
