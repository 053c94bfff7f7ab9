import { describe, expect, test } from '@jest/globals';

import { readCustom } from '../../../schema/contract/quality/custom.ts';
import type { Reading } from '../../../schema/contract/quality/meaning.ts';

const COLUMNS: Readonly<Record<string, string>> = { id: 'id', carrier: 'carrier', shipment_no: 'shipmentNo' };
const named = (column: string): string | null => COLUMNS[column] ?? null;

function read(engine: string, implementation: unknown, property: string | null = null): Reading {
  return readCustom(engine, implementation, { property, named });
}

/** `metric(property) operator operand`, with arguments and what a percent is of; else why not. */
function said(reading: Reading): string {
  if ('why' in reading) return `no: ${reading.why}`;
  const { metric, property, arguments: args, unit, among, expectation } = reading.meant;
  const given = Object.keys(args).length === 0 ? '' : ` ${JSON.stringify(args)}`;
  const percent = unit === 'rows' ? '' : ` percent of ${among}`;
  return `${metric}${property === null ? '' : `(${property})`} ${expectation?.operator} ${JSON.stringify(expectation?.operand)}${percent}${given}`;
}

describe('a check of Soda', () => {
  test.each([
    ['row_count > 0', 'rowCount mustBeGreaterThan 0'],
    ['row_count between 10 and 1000', 'rowCount mustBeBetween [10,1000]'],
    ['- row_count not between 10 and 1000', 'rowCount mustNotBeBetween [10,1000]'],
    ['checks for things:\n  - missing_count(carrier) = 0', 'missingValues(carrier) mustBe 0 {"missingValues":[null]}'],
    [
      'missing_percent("shipment_no") < 5 %',
      'missingValues(shipmentNo) mustBeLessThan 5 percent of rows {"missingValues":[null]}',
    ],
    [
      "missing_count(carrier) <= 2:\n  missing values: ['n/a', '-']\n  name: few",
      'missingValues(carrier) mustBeLessOrEqualTo 2 {"missingValues":[null,"n/a","-"]}',
    ],
    ['duplicate_count(id) = 0', 'duplicateValues(id) mustBe 0'],
    ['duplicate_count(id, shipment_no) < 1', 'duplicateValues mustBe 0 {"properties":["id","shipmentNo"]}'],
    [
      'invalid_percent(carrier) < 1.5:\n  valid values: [AA, UA]\n  valid length: 2',
      'invalidValues(carrier) mustBeLessThan 1.5 percent of rows {"validValues":["AA","UA"],"minLength":2,"maxLength":2}',
    ],
    [
      "invalid_count(carrier) = 0:\n  valid regex: '^[A-Z]{2}$'",
      'invalidValues(carrier) mustBe 0 {"pattern":"^[A-Z]{2}$"}',
    ],
    // ODCS' own example, of Soda's data contracts.
    [
      'type: duplicate_percent\ncolumns: [carrier, shipment_no]\nmust_be_less_than: 1.0',
      'no: duplicate_percent counts otherwise than Weft does, unless it must be 0',
    ],
    [
      { type: 'missing_count', column: 'carrier', must_be: 0 },
      'missingValues(carrier) mustBe 0 {"missingValues":[null]}',
    ],
    [{ type: 'row_count', must_be_between: [1, 9] }, 'rowCount mustBeBetween [1,9]'],
  ])('%j is executed', (implementation, expected) => expect(said(read('soda', implementation))).toBe(expected));

  test.each([
    ['duplicate_count(id) < 10', 'duplicate_count counts otherwise than Weft does, unless it must be 0'],
    [
      'invalid_count(carrier) = 0:\n  valid format: email',
      'invalid_count with "valid format" has no counterpart in a count of rows',
    ],
    ['invalid_count(carrier) = 0:\n  valid values: AA', 'what makes a value valid cannot be read'],
    ['invalid_count(carrier) = 0', 'what makes a value valid cannot be read'],
    ['row_count > 0:\n  warn: when < 10', 'row_count with "warn" has no counterpart in a count of rows'],
    ['row_count:\n  filter: a = 1', CHECKS()],
    ['avg(price) between 1 and 5', CHECKS()],
    ['row_count between (1 and 5)', CHECKS()],
    ['freshness(at) < 1d', CHECKS()],
    ['missing_count(weight) = 0', 'its column "weight" is no property'],
    ['missing_count = 0', 'it names no column, and stands at none'],
    ['- row_count > 0\n- row_count < 9', 'it holds 2 checks: write a rule for each'],
    ['a: b: c', 'its implementation is no YAML'],
    [{}, CHECKS()],
  ])('%j is listed, and said why', (implementation, why) =>
    expect(said(read('soda', implementation))).toBe(`no: ${why}`),
  );

  test('is about the property that it stands at, where it names none', () => {
    expect(said(read('soda', 'missing_count = 0', 'carrier'))).toMatch(/^missingValues\(carrier\)/);
  });
});

function CHECKS(): string {
  return 'its check is none of row_count, missing_count, missing_percent, invalid_count, invalid_percent, duplicate_count, duplicate_percent with a comparison to a number';
}

describe('an expectation of Great Expectations', () => {
  const gx = (type: string, kwargs: object): unknown => ({ type, kwargs });
  test.each([
    // ODCS' own example.
    [
      'type: expect_table_row_count_to_be_between\nkwargs:\n  min_value: 10000\n  max_value: 50000',
      'rowCount mustBeBetween [10000,50000]',
    ],
    [gx('expect_table_row_count_to_be_between', { min_value: 1 }), 'rowCount mustBeGreaterOrEqualTo 1'],
    [gx('expect_table_row_count_to_equal', { value: 3 }), 'rowCount mustBe 3'],
    [{ expectation_type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } }, 'nullValues(id) mustBe 0'],
    [
      gx('expect_column_values_to_not_be_null', { column: 'id', mostly: 0.93 }),
      'nullValues(id) mustBeLessOrEqualTo 7 percent of rows',
    ],
    [gx('expect_column_values_to_be_unique', { column: 'shipment_no' }), 'duplicateValues(shipmentNo) mustBe 0'],
    [
      gx('expect_column_values_to_be_between', { column: 'id', min_value: 1, strict_min: false, mostly: 0.9 }),
      'invalidValues(id) mustBeLessOrEqualTo 10 percent of values {"minimum":1}',
    ],
    [
      gx('expect_column_values_to_be_in_set', { column: 'carrier', value_set: ['AA'], result_format: 'BASIC' }),
      'invalidValues(carrier) mustBe 0 {"validValues":["AA"]}',
    ],
    [
      gx('expect_column_values_to_match_regex', { column: 'carrier', regex: '^A' }),
      'invalidValues(carrier) mustBe 0 {"pattern":"^A"}',
    ],
    [
      gx('expect_column_value_lengths_to_equal', { column: 'carrier', value: 2 }),
      'invalidValues(carrier) mustBe 0 {"minLength":2,"maxLength":2}',
    ],
    [
      gx('expect_compound_columns_to_be_unique', {
        column_list: ['id', 'carrier'],
        ignore_row_if: 'any_value_is_missing',
      }),
      'duplicateValues mustBe 0 {"properties":["id","carrier"]}',
    ],
  ])('%j is executed', (implementation, expected) =>
    expect(said(read('Great_Expectations', implementation))).toBe(expected),
  );

  test.each([
    [
      gx('expect_column_values_to_be_between', { column: 'id', min_value: 1, strict_min: true }),
      'expect_column_values_to_be_between with strict_min has no counterpart in a count of rows',
    ],
    [
      gx('expect_column_values_to_be_in_set', { column: 'id', value_set: [1], row_condition: 'a = 1' }),
      'expect_column_values_to_be_in_set with row_condition has no counterpart in a count of rows',
    ],
    [
      gx('expect_column_values_to_be_unique', { column: 'id', mostly: 0.9 }),
      'expect_column_values_to_be_unique counts a share of rows otherwise than Weft does: leave mostly out',
    ],
    [gx('expect_column_values_to_be_in_set', { column: 'id' }), 'expect_column_values_to_be_in_set needs value_set'],
    [
      gx('expect_column_values_to_be_in_set', { column: 'id', value_set: 'x' }),
      'expect_column_values_to_be_in_set needs value_set',
    ],
    [gx('expect_column_values_to_not_be_null', { column: 'weight' }), 'its column "weight" is no property'],
    [gx('expect_table_row_count_to_equal', { value: 'many' }), 'expect_table_row_count_to_equal needs numbers'],
    [
      gx('expect_compound_columns_to_be_unique', { column_list: ['id', 'carrier'] }),
      'rows with nulls are counted, unless ignore_row_if is any_value_is_missing',
    ],
    [
      gx('expect_column_kl_divergence_to_be_less_than', {}),
      'expect_column_kl_divergence_to_be_less_than has no counterpart in a count of rows',
    ],
    ['hello', 'its implementation has no type'],
  ])('%j is listed, and said why', (implementation, why) =>
    expect(said(read('greatExpectations', implementation))).toBe(`no: ${why}`),
  );
});

test('rules of other engines are listed', () => {
  expect(said(read('dbt', 'unique'))).toBe('no: its engine dbt is none that Weft knows (soda, greatExpectations)');
  expect(said(read('constructor', 'unique'))).toMatch('none that Weft knows');
});
