import pg from 'pg';
import { expressionText } from '../contract/expression-text.ts';
import type { Product, SchemaObject, SemanticProperty } from '../contract/model.ts';
import { semanticFinding } from '../contract/product-sql.ts';
import { columnType } from '../contract/tables.ts';
import type { Finding } from '../findings.ts';
import { quoted } from '../ids.ts';
import type { Transaction } from './connect.ts';

/** SQLSTATEs of what the statement says: its syntax and types, its literals, and what Postgres has not built. */
const OF_STATEMENT = /^(42|22|0A|54)/;

/**
 * Whether the types in a managed product's measures and dimensions fit, as Postgres itself says: each is prepared over a relation
 * without rows. Nothing is planned or run, and the transaction stays as it was.
 */
export async function semanticTypeFindings(trx: Transaction, product: Product): Promise<Finding[]> {
  if (product.kind === 'remote') return [];
  const findings: Finding[] = [];
  for (const object of product.objects)
    for (const semantic of [...object.dimensions, ...object.measures]) {
      const fault = await typeFault(trx, object, semantic);
      if (fault === null) continue;
      const message = `${semantic.name} of ${object.name} cannot be computed as ${semantic.pgType}: ${fault}. Mend it, or choose other types.`;
      findings.push(semanticFinding(product, object, { code: 'SEMANTIC_TYPES', message, path: semantic.path }));
    }
  return findings;
}

/** Postgres' own words; null where it has none. */
async function typeFault(
  trx: Transaction,
  { properties }: SchemaObject,
  semantic: SemanticProperty,
): Promise<string | null> {
  const columns = properties.map((property) => `null::${columnType(property)} as ${quoted(property.column)}`);
  const value = expressionText(semantic, ({ column }) => `given.${quoted(column)}`);
  await trx.query('savepoint semantic_types');
  try {
    await trx.query(`prepare semantic_types as select ${value} from (select ${columns.join(', ')}) as given`);
    await trx.query('deallocate semantic_types');
    await trx.query('release savepoint semantic_types');
    return null;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !OF_STATEMENT.test(error.code ?? '')) throw error;
    await trx.query('rollback to savepoint semantic_types');
    return error.message;
  }
}
