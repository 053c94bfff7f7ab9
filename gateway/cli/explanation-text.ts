import type { ShownPolicy } from './policy-operations.ts';
import { safe, type Terminal } from './terminal.ts';

/** Why a policy is, what passes, what fails, and how to mend it. */
export function explanationText(
  { id, reason, documentation: { passes, fails, mend } }: ShownPolicy,
  { paint }: Pick<Terminal, 'paint'>,
): string {
  return [
    `${paint('bold', safe(id))}  ${safe(reason)}`,
    `  ${paint('green', 'passes')}  ${indented(passes)}`,
    `  ${paint('red', 'fails')}   ${indented(fails)}`,
    `  ${paint('bold', 'mend')}    ${indented(mend)}`,
  ].join('\n');
}

/** Of several lines, those that follow stand under the first. */
function indented(text: string): string {
  return safe(text).replaceAll('\n', `\n${' '.repeat(10)}`);
}
