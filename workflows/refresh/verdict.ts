import type { QualityRule } from '../../schema/contract/model.ts';

type Expectation = NonNullable<QualityRule['expectation']>;

const SIGNS = {
  mustBe: '=',
  mustNotBe: '≠',
  mustBeGreaterThan: '>',
  mustBeGreaterOrEqualTo: '≥',
  mustBeLessThan: '<',
  mustBeLessOrEqualTo: '≤',
  mustBeBetween: 'between',
  mustNotBeBetween: 'not between',
} as const satisfies Record<Expectation['operator'], string>;

/** Whether a measured value is as the rule expects. Numbers are compared as numbers; nothing measured is never as expected. */
export function isAsExpected(measured: number | string | null, { operator, operand }: Expectation): boolean {
  if (measured === null) return false;
  if (typeof operand === 'object') {
    const within = Number(measured) >= operand[0] && Number(measured) <= operand[1];
    return operator === 'mustBeBetween' ? within : operator === 'mustNotBeBetween' && !within;
  }
  const [left, right] = bothNumbers(measured, operand);
  switch (operator) {
    case 'mustBe':
      return left === right;
    case 'mustNotBe':
      return left !== right;
    case 'mustBeGreaterThan':
      return left > right;
    case 'mustBeGreaterOrEqualTo':
      return left >= right;
    case 'mustBeLessThan':
      return left < right;
    case 'mustBeLessOrEqualTo':
      return left <= right;
    case 'mustBeBetween':
    case 'mustNotBeBetween':
      return false;
  }
}

/** `≥ 3000`, `between 3000 and 4000`, `< 1 percent`. */
export function expectationText({ operator, operand }: Expectation, unit: QualityRule['unit']): string {
  const value = typeof operand === 'object' ? `${operand[0]} and ${operand[1]}` : String(operand);
  return `${SIGNS[operator]} ${value}${unit === 'percent' ? ' percent' : ''}`;
}

function bothNumbers(left: number | string, right: number | string): [number, number] | [string, string] {
  const numbers: [number, number] = [Number(left), Number(right)];
  const areNumbers =
    numbers.every((number) => !Number.isNaN(number)) && String(left).trim() !== '' && String(right).trim() !== '';
  return areNumbers ? numbers : [String(left), String(right)];
}
