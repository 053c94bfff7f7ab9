import type { SourceObject } from '../../../schema/contract/model.ts';
import { Refusal } from '../../../schema/errors.ts';

/** A column of a file, and what it is called for DuckDB, to which `id` and `ID` are one name and nothing is none. */
export interface ColumnName {
  readonly name: string;
  readonly alias: string;
}

/**
 * Names for the columns of a file, in its order. Those that the contract reads keep theirs; one without a name is called by its
 * place. Refuses with SOURCE_DRIFTED where it could not be told which of two columns a name means.
 */
export function distinctNames(label: string, header: readonly string[], { properties }: SourceObject): ColumnName[] {
  const refuse = (found: string): never => {
    throw new Refusal('SOURCE_DRIFTED', `The source file ${JSON.stringify(label)} has ${found}.`);
  };
  const twice = header.find((name, at) => name !== '' && header.indexOf(name) !== at);
  if (twice !== undefined) refuse(`two columns named ${JSON.stringify(twice)}`);
  const declared = new Set(properties.map(({ sourceColumn }) => sourceColumn));
  const holders = new Map<string, string>();
  for (const name of header) {
    const folded = name.toLowerCase();
    const holder = holders.get(folded);
    if (holder !== undefined && declared.has(holder) && declared.has(name))
      refuse(
        `two columns named ${JSON.stringify(holder)} and ${JSON.stringify(name)}, which the contract both reads: Weft reads only one of names that differ in case alone`,
      );
    if (name !== '' && (holder === undefined || declared.has(name))) holders.set(folded, name);
  }
  const taken = new Set(holders.keys());
  return header.map((name, index): ColumnName => {
    if (name !== '' && holders.get(name.toLowerCase()) === name) return { name, alias: name };
    let alias = `column ${index + 1}`;
    while (taken.has(alias)) alias += '_';
    taken.add(alias);
    return { name: name === '' ? alias : name, alias };
  });
}
