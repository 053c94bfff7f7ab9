import { Refusal } from '../../schema/errors.ts';

/** The refusal of a source that was to be read whole and has nothing: rather something is wrong with it. */
export function noRow(label: string): Refusal {
  return new Refusal(
    'SOURCE_INCOMPLETE',
    `The source ${JSON.stringify(label)} has no row. The last good version stays live.`,
  );
}
