import type { Property, SemanticProperty } from './model.ts';

/** SQL for a measure or dimension, of its type, with the columns in their places. */
export function expressionText({ sql }: SemanticProperty, column: (property: Property) => string): string {
  return sql.map((part) => (typeof part === 'string' ? part : column(part))).join('');
}
