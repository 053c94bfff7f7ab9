import { Refusal } from '../../../schema/errors.ts';
import { errorFinding } from '../../../schema/findings.ts';
import type { FoundFile } from './found-files.ts';

/**
 * Holds the columns of each file against those of the first: the same, and in the same order where columns are told by their place.
 * Refuses with SOURCE_DRIFTED, naming the file that differs.
 */
export function requireSameShape(
  label: string,
  files: readonly FoundFile[],
  shapes: readonly (readonly string[])[],
  { ordered }: { readonly ordered: boolean },
): void {
  const [first = []] = shapes;
  for (const [index, other] of shapes.entries()) {
    const differences = [
      ...first.filter((column) => !other.includes(column)).map((column) => `- ${column} is missing`),
      ...other.filter((column) => !first.includes(column)).map((column) => `+ ${column} is new`),
    ];
    const moved = ordered && differences.length === 0 && other.some((column, at) => column !== first[at]);
    if (moved) differences.push('its columns are in another order');
    if (differences.length > 0) throw otherShape(label, [files[0]?.name, files[index]?.name], differences);
  }
}

function otherShape(label: string, [first = '', other = '']: (string | undefined)[], differences: string[]): Refusal {
  return new Refusal(
    'SOURCE_DRIFTED',
    `Of the source files ${JSON.stringify(label)}, ${JSON.stringify(other)} has another shape than ${JSON.stringify(first)}: ${differences.join('; ')}.`,
    { findings: differences.map((message) => errorFinding('SOURCE_DRIFTED', `${other}: ${message}`)) },
  );
}
