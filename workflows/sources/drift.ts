import { Refusal } from '../../schema/errors.ts';
import { errorFinding } from '../../schema/findings.ts';
import type { SourceObject } from '../../schema/contract/model.ts';
import { holds } from './casts.ts';
import { ROW_NUMBER } from './files/row-number.ts';
import type { OpenSource } from './source.ts';

/**
 * Compares a source's columns with the contract of its port. Refuses with SOURCE_DRIFTED, all differences at once, where one is
 * missing or was retyped; answers the columns that the contract does not know, which change nothing.
 */
export function newColumns(
  source: Pick<OpenSource, 'label' | 'columns' | 'typed'>,
  object: SourceObject,
  contractFile: string,
): string[] {
  const found = new Map(source.columns.map((column) => [column.name, column]));
  const declared = new Set(object.properties.map(({ sourceColumn }) => sourceColumn));
  const added = [...found.keys()].filter((name) => !declared.has(name) && name !== ROW_NUMBER);
  const differences = object.properties.flatMap((property): string[] => {
    const { sourceColumn: name } = property;
    if (name === ROW_NUMBER) return [];
    const column = found.get(name);
    if (column === undefined) return [`- ${name} (${property.pgType}) is missing`];
    const { type, says } = column.declared ?? { type: column.type, says: column.type };
    if (!(source.typed || column.declared !== undefined) || holds(type, property)) return [];
    return [`~ ${name} is ${says} where the contract says ${property.pgType}${property.list ? '[]' : ''}`];
  });
  if (differences.length > 0)
    throw drifted(source.label, object, contractFile, [...differences, ...added.map((name) => `+ ${name} is new`)]);
  return added;
}

/** The refusal that says how a source differs from its contract: one line a column. */
export function drifted(
  label: string,
  object: SourceObject,
  contractFile: string,
  differences: readonly string[],
): Refusal {
  return new Refusal(
    'SOURCE_DRIFTED',
    `The source ${JSON.stringify(label)} no longer has the columns that ${contractFile} declares for ${object.name}: ${differences.join('; ')}. ` +
      `Mend the source, or publish a contract that says what it has now.`,
    {
      findings: differences.map((difference) => ({
        ...errorFinding('SOURCE_DRIFTED', `${label}: ${difference}`, { file: contractFile }),
        severity: difference.startsWith('+') ? 'warning' : 'error',
      })),
    },
  );
}
