import { BreakingChangeType, findBreakingChanges } from 'graphql';
import { apiSchema } from '../../schema/composition/api-schema.ts';

/** What every operation could ask of the one supergraph and not of the other, a sentence each; nothing where either is none. */
export function lostFields(before: string | null, after: string | null): string[] {
  if (before === null || after === null || before === after) return [];
  return findBreakingChanges(apiSchema(before), apiSchema(after))
    .filter(({ type }) => type !== BreakingChangeType.DIRECTIVE_REMOVED)
    .map(({ description }) => description.replace(/\.?$/, '.'));
}
