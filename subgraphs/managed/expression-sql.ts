import { expressionText } from '../../schema/contract/expression-text.ts';
import type { Property, SemanticProperty } from '../../schema/contract/model.ts';
import type { Draft } from './statement.ts';

/** SQL for a measure or dimension, noted as what may fail on the data. */
export function expressionSql(
  draft: Draft,
  semantic: SemanticProperty,
  column: (property: Property) => string,
): string {
  draft.computes();
  return expressionText(semantic, column);
}
