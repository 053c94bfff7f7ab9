import type { Property } from '../../schema/contract/model.ts';
import { familyOf, parameterType } from './values.ts';

/**
 * SQL for a column of a registered table as the contract's type, whatever of the types that a check lets pass it is of. Postgres leaves
 * a cast out that changes nothing, so that the column's index serves all the same.
 */
export function registeredColumn(name: string, property: Property): string {
  // Each of the integers is compared with bigint by its index; beyond Int the value is refused where it is said.
  if (familyOf(property) === 'integer') return name;
  // Whatever has a form as JSON: arrays, composite types, hstore.
  if (property.scalar === 'JSON') return `to_jsonb(${name})`;
  return `${name}::${columnTypeRead(property)}`;
}

/** The type, without precision, that a column is read as. */
export function columnTypeRead(property: Property): string {
  return `${parameterType(property)}${property.list ? '[]' : ''}`;
}
