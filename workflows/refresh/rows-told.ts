import type { StageDetail } from './activities.ts';
import type { PlannedOutput } from './plan.ts';

type Output = Pick<PlannedOutput, 'object'>;

/** How many rows a stage counted, as its detail tells it: of one output by `name`, of several by `<object>.<name>`. */
export function rowsTold(name: string, counts: readonly (readonly [Output, number])[]): StageDetail {
  return Object.fromEntries(counts.map(([output, rows]) => [toldAs(name, output, counts.length), rows]));
}

/** What was told of an output; null where nothing was. */
export function rowsToldOf(
  detail: StageDetail,
  name: string,
  output: Output,
  outputs: readonly Output[],
): number | null {
  const told = detail[toldAs(name, output, outputs.length)];
  return typeof told === 'number' ? told : null;
}

function toldAs(name: string, { object }: Output, outputs: number): string {
  return outputs === 1 ? name : `${object.name}.${name}`;
}
