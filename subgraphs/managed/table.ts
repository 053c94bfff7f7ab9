import { domainOf, quoted, sqlName } from '../../schema/ids.ts';
import { rowsAsOf } from '../../schema/contract/kept-table.ts';
import type { Property } from '../../schema/contract/model.ts';
import type { Table } from './fetch.ts';
import type { Draft } from './statement.ts';
import { columnTypeRead } from './registered-column.ts';

const TABLE = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * What stands after `from` for an object: EVERY read of product data passes here. It picks the table of the version
 * that the operation reads, or the table that is registered, and notes that the product was read. A product without data is an empty
 * relation of the same columns.
 */
export function tableSql(draft: Draft, { product, object }: Table): string {
  draft.reads(product);
  if (object.registeredTable !== null) return quoted(object.registeredTable.schema, object.registeredTable.table);
  const dataset = draft.datasets.get(product);
  const stored =
    dataset !== undefined && Object.hasOwn(dataset.tables, object.name) ? dataset.tables[object.name] : undefined;
  if (stored === undefined) return emptyRelation(object.properties);
  // The name comes from the ledger's JSON: a last look before it stands in a statement.
  const schema = stored.schema ?? sqlName(domainOf(product));
  if (!TABLE.test(stored.table) || !TABLE.test(schema))
    throw new Error(`The ledger names a table that cannot be: ${schema}.${stored.table}`);
  return rowsAsOf(
    quoted(schema, stored.table),
    stored.asOf ?? null,
    object.properties.map(({ column }) => column),
  );
}

function emptyRelation(properties: readonly Property[]): string {
  const columns = properties.map((property) => `null::${columnTypeRead(property)} as ${quoted(property.column)}`);
  return `(select ${columns.join(', ')} where false)`;
}
