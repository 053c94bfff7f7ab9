/** An exact decimal number: `digits` times ten to the power of -`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Digits in one digit of Postgres' numeric, and how many decimals its quotients have at least (src/backend/utils/adt/numeric.c). */
const DEC_DIGITS = 4;
const MIN_SIG_DIGITS = 16;

/** Reads `-12.50`, `1e-3`, `12`. */
export function decimal(text: string): Decimal {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === '') throw new Error(`${text} is no decimal`);
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Negative, zero or positive, as for sorting. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const [left, right] = [scaled(a, scale), scaled(b, scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** With as many decimals as the summand that has most. */
export function sumDecimals(values: readonly Decimal[]): Decimal {
  const scale = Math.max(0, ...values.map((value) => value.scale));
  return { digits: values.reduce((sum, value) => sum + scaled(value, scale), 0n), scale };
}

/** The quotient as Postgres rounds it: 16 significant digits at least, half away from zero. */
export function divide(dividend: Decimal, divisor: bigint): Decimal {
  const [a, b] = [lead(dividend), lead({ digits: divisor, scale: 0 })];
  const weight = a.weight - b.weight - (a.first <= b.first ? 1 : 0);
  const scale = Math.min(1000, Math.max(MIN_SIG_DIGITS - weight * DEC_DIGITS, dividend.scale, 0));
  const numerator = (dividend.digits < 0n ? -dividend.digits : dividend.digits) * 10n ** BigInt(scale);
  const denominator = divisor * 10n ** BigInt(dividend.scale);
  const rounded = (numerator * 2n + denominator) / (denominator * 2n);
  return { digits: dividend.digits < 0n ? -rounded : rounded, scale };
}

/** `-12.50`, every decimal written. */
export function decimalText({ digits, scale }: Decimal): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  return `${digits < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(-scale)}`}`;
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

/** The first digit in base 10,000 that is not zero, and its place. */
function lead(value: Decimal): { weight: number; first: number } {
  const [whole = '', fraction = ''] = decimalText({
    ...value,
    digits: value.digits < 0n ? -value.digits : value.digits,
  }).split('.');
  const head = whole.padStart(Math.ceil(whole.length / DEC_DIGITS) * DEC_DIGITS, '0');
  const tail = fraction.padEnd(Math.ceil(fraction.length / DEC_DIGITS) * DEC_DIGITS, '0');
  const groups = `${head}${tail}`.match(/.{4}/g) ?? [];
  const index = groups.findIndex((group) => Number(group) !== 0);
  return index === -1
    ? { weight: 0, first: 0 }
    : { weight: head.length / DEC_DIGITS - 1 - index, first: Number(groups[index]) };
}
