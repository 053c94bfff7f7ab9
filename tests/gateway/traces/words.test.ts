import { expect, test } from '@jest/globals';
import { parentOf, traceparentOf } from '../../../schema/telemetry/traceparent.ts';
import { withoutValues } from '../../../gateway/traces/without-values.ts';
import { rowsIn } from '../../../subgraphs/managed/rows-in.ts';

const [TRACE, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

test.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`00-${TRACE}-${SPAN}-ff`, 1],
  [`cc-${TRACE}-${SPAN}-01-what-comes-later`, 1],
])('the parent is read from %s', (header, traceFlags) => {
  const parent = parentOf(header)!;
  expect(parent).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
  expect(traceparentOf(parent)).toBe(`00-${TRACE}-${SPAN}-0${traceFlags}`);
});

test.each([
  undefined,
  '',
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01-${'x'.repeat(100_000)}`,
])('there is no parent in %p', (header) => {
  expect(parentOf(header)).toBeNull();
});

test('a document is told without the values in it', () => {
  const told = withoutValues(`
    # secret
    query Q($a: Int = 7, $b: [String!] = ["secret"]) @cached(for: 7) {
      flights(first: 7, where: { state: { eq: SECRET }, id: $a, name: """secret""" }) @include(if: true) { id }
      ...F
    }
    fragment F on Query { other: flights(first: $a, names: $b, more: [$a, null]) { id } }`);
  expect(told).not.toMatch(/7|secret|true|null|\[\$/i);
  expect(told).toContain('flights(first: $_, where: $_) @include(if: $_)');
  expect(told).toContain('other: flights(first: $a, names: $b, more: $_)');
});

test.each([
  ['{}', 0],
  ['', 0],
  ['{"airports":{"nodes":[]}}', 0],
  ['{"airports":{"nodes":[{"id":"a"},{"id":"b","flights":{"nodes":[{"id":1}]}}]}}', 3],
  ['{"airport":{"id":"a"},"_entities":[null,{"id":"a"}]}', 1],
  [String.raw`{"notes":[{"text":"[{\"},{\\"},{"text":"}]"}]}`, 2],
  ['{"matrix":[[{}],[{},1]]}', 2],
])('the rows of %s are counted', (json, rows) => {
  expect(rowsIn(json)).toBe(rows);
});
