import fc from 'fast-check';
import { Kind, type ConstValueNode } from 'graphql';
import type { Value } from '../../../schema/contract/model.ts';
import type { Row } from '../oracle/rows.ts';
import { toGraph } from '../oracle/values.ts';
import type { Draw } from './draw.ts';

/** A value without parts, as it stands in a document and as it stands in variables. */
export interface Leaf {
  readonly literal: ConstValueNode;
  readonly json: unknown;
}

const INTS = [0, 1, -1, 2, 5, 100, 2_147_483_647, -2_147_483_648];
const BIG_INTS = ['0', '7', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993'];
const DECIMALS = ['0', '0.0', '-0', '1.50', '1e2', '-12.25', '+3', '1E-10', '99999999999999999999999999.5', '007'];
const FLOATS = [0, 0.5, -0.125, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 3];
const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  '%',
  '_',
  'a%',
  '%A%',
  '\\%',
  '\\\\',
  'Å',
  '😀',
  "O'H",
  '"""',
  ' a\n  b',
  'SEA',
  '7',
  '__proto__',
];
const DATES = ['2001-01-01', '0001-01-01', '9999-12-31', '2024-02-29'];
const DATE_TIMES = [
  '2001-01-01T00:00:00Z',
  '2001-01-01t00:00:00.5z',
  '2024-02-29T12:00:00.000001+05:30',
  '1969-12-31T23:59:59-00:00',
];
const UUIDS = ['00000000-0000-4000-8000-000000000000', 'AAAAAAAA-0000-4000-8000-000000000000'];
const TIMES = ['00:00:00', '12:30:00.500', '23:59:59.999999'];

/** What a scalar refuses, or a column of it. */
const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
  Int: [2_147_483_648, 1.5, '1', true],
  BigInt: ['9223372036854775808', '1.5', 'x', true, 1e300],
  Decimal: ['1,5', 'NaN', '', '1e99999', false],
  Float: ['1.5', 'NaN', true],
  Boolean: ['true', 1],
  ID: ['\u0000', 1.5, 'x'.repeat(20), '9223372036854775808'],
  String: ['\u0000', 1, '\\', 'a\\\\\\'],
  Date: ['2001-02-29', '2001-1-1', 'infinity', 20010101],
  DateTime: ['2001-01-01', '2001-01-01T00:00:00', '2001-01-01T24:00:00Z', '0001-01-01T00:00:00+01:00'],
  Time: ['24:00:00', '1:00:00', '12:30'],
};

/** A value of a scalar: often one that the property has in the data; now and then, where `odd`, one that is refused. */
export function drawScalar(
  draw: Draw,
  scalar: string,
  at: { property: Value | null; rows: readonly Row[]; odd: boolean },
): Leaf {
  if (at.odd && draw.percent(10)) return leaf(draw, draw.pick(REFUSED[scalar] ?? [null]), scalar);
  if (at.property !== null && at.rows.length > 0 && draw.percent(70)) {
    const known = toGraph(at.property, draw.pick(at.rows).get(at.property.name) ?? null);
    if (isOf(scalar, known)) return leaf(draw, known, scalar);
  }
  // Of a column that holds no such text, one that it could hold.
  const isUuid = at.property?.pgType === 'uuid' && !(at.odd && draw.percent(20));
  if (isUuid) return leaf(draw, draw.pick(UUIDS), scalar);
  const isNumbered = scalar === 'ID' && at.property?.pgType === 'bigint';
  return leaf(draw, drawn(draw, isNumbered && !at.odd ? 'BigInt' : scalar), scalar);
}

function drawn(draw: Draw, scalar: string): unknown {
  switch (scalar) {
    case 'Int':
      return draw.pick(INTS);
    case 'BigInt':
      return draw.pick(BIG_INTS);
    case 'Decimal':
      return draw.pick(DECIMALS);
    case 'Float':
      return draw.pick(FLOATS);
    case 'Boolean':
      return draw.percent(50);
    case 'Date':
      return draw.pick(DATES);
    case 'DateTime':
      return draw.pick(DATE_TIMES);
    case 'Time':
      return draw.pick(TIMES);
    case 'ID':
      return draw.pick(['SEA', '7', '0', '9223372036854775807', 'å']);
    case 'String':
      return draw.percent(80)
        ? draw.pick(TEXTS)
        : draw.of(fc.string({ unit: 'grapheme', maxLength: 5 })).replaceAll('İ', '');
    default:
      throw new Error(`No values are known of ${scalar}`);
  }
}

function isOf(scalar: string, value: unknown): boolean {
  if (scalar === 'Int') return Number.isInteger(value);
  if (scalar === 'Float') return Number.isFinite(value);
  if (scalar === 'Boolean') return typeof value === 'boolean';
  return typeof value === 'string' && !/^(NaN|-?infinity)$/i.test(value) && !/ BC$|^\d{5,}-|^24:/.test(value);
}

function leaf(draw: Draw, value: unknown, scalar: string): Leaf {
  if (typeof value === 'boolean') return { literal: { kind: Kind.BOOLEAN, value }, json: value };
  if (typeof value === 'number') return { literal: numberNode(String(value)), json: value };
  if (typeof value !== 'string') return { literal: { kind: Kind.NULL }, json: null };
  const isNumber = ['BigInt', 'Decimal', 'ID'].includes(scalar) && /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(value);
  if (isNumber && draw.percent(40) && !(scalar === 'ID' && /\D/.test(value.replace('-', ''))))
    return {
      literal: numberNode(value),
      json: Number.isSafeInteger(Number(value)) && draw.percent(50) ? Number(value) : value,
    };
  return { literal: { kind: Kind.STRING, value, block: /\n|^[a-z]+$/.test(value) && draw.percent(50) }, json: value };
}

function numberNode(value: string): ConstValueNode {
  return /^-?\d+$/.test(value) ? { kind: Kind.INT, value } : { kind: Kind.FLOAT, value };
}
