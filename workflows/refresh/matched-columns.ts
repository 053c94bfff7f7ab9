import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { folded } from '../../schema/contract/names.ts';
import { columnType } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import type { OutputSql } from './output-sql.ts';

/** A column that a query yields. */
export interface YieldedColumn {
  readonly name: string;
  /** As its engine calls it. */
  readonly type: string;
}

/**
 * The query's columns in the order of the contract's properties, matched without case and underscores. Refuses with TRANSFORM_MISMATCH
 * what is missing, there twice, unknown, or of a type that `isAssignable` says no to: all of it at once.
 */
export function matchedColumns<Column extends YieldedColumn>(
  object: SchemaObject,
  source: Pick<OutputSql, 'file'>,
  yielded: readonly Column[],
  isAssignable: (column: Column, property: Property) => boolean,
): Column[] {
  const faults: string[] = [];
  const columns = object.properties.flatMap((property): Column[] => {
    const found = yielded.filter(
      ({ name }) => folded(name) === folded(property.name) || folded(name) === folded(property.column),
    );
    const [column, twin] = found;
    if (column === undefined) faults.push(`${property.column} (${columnType(property)}) is missing`);
    else if (twin !== undefined) faults.push(`${property.column} is there twice`);
    else if (!isAssignable(column, property))
      faults.push(`${property.column} is ${column.type}, and ${columnType(property)} is expected`);
    return column === undefined ? [] : [column];
  });
  const known = new Set(object.properties.flatMap(({ name, column }) => [folded(name), folded(column)]));
  for (const { name } of yielded) if (!known.has(folded(name))) faults.push(`${name} is not in the contract`);
  if (faults.length === 0) return columns;
  const found = yielded.map(({ name }) => name).join(', ');
  throw new Refusal(
    'TRANSFORM_MISMATCH',
    `${source.file ?? object.name} does not yield the columns of ${object.name}: ${faults.join('; ')}. Found: ${found}. Expected: ${object.properties.map(({ column }) => column).join(', ')}.`,
    {
      findings: faults.map((message) =>
        errorFinding('TRANSFORM_MISMATCH', message, { file: source.file, path: object.name }),
      ),
    },
  );
}
