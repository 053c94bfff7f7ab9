import pg from 'pg';
import type { Product, SchemaObject } from '../../schema/contract/model.ts';
import { pathOf, placedFinding } from '../../schema/contract/placed-finding.ts';
import { type Finding, passes } from '../../schema/findings.ts';
import { quoted } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { registeredColumn } from '../managed/registered-column.ts';
import { judgeServer, judgeTable } from './judge-table.ts';
import { tableFacts } from './table-facts.ts';

/**
 * Whether a registered product can be read as its contract says: tables, columns, types, keys and rights, from the catalogs of its
 * database; then, as the last word, by reading no rows of each as queries will.
 */
export async function inspectTables(db: Queryable, product: Product): Promise<Finding[]> {
  const { server, tables } = await tableFacts(db, product.objects);
  const findings: Finding[] = [];
  const say = (object: SchemaObject, property: string | null, what: Pick<Finding, 'code' | 'severity' | 'message'>) => {
    const contract = product.documents.contracts.find(({ id }) => id === object.contractId);
    findings.push(placedFinding(product, object.contractId, pathOf(contract, object.name, property), what));
  };
  const [first] = product.objects;
  if (first !== undefined)
    for (const what of judgeServer(product, server))
      findings.push(placedFinding(product, first.contractId, ['servers'], what));
  for (const [at, object] of product.objects.entries()) {
    const found = judgeTable(object, tables[at]!);
    for (const { property, ...what } of found) say(object, property, what);
    if (!passes(found.map((what) => ({ ...what, file: null, line: null, column: null, path: null })))) continue;
    const fault = await readingFault((text) => db.query(text), object);
    if (fault !== null)
      say(object, null, {
        code: 'TABLE_UNREADABLE',
        severity: 'error',
        message: `${object.name} cannot be read: ${fault}.`,
      });
  }
  return findings;
}

async function readingFault(query: (text: string) => Promise<unknown>, object: SchemaObject): Promise<string | null> {
  const { schema, table } = object.registeredTable!;
  const columns = object.properties.map((property) => registeredColumn(`read.${quoted(property.column)}`, property));
  try {
    await query(`select ${columns.join(', ')} from ${quoted(schema, table)} as read limit 0`);
    return null;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return `${error.message} (SQLSTATE ${error.code ?? 'none'})`;
  }
}
