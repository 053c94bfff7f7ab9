import { expect, test } from '@jest/globals';

import { answerText } from '../../../gateway/cli/answer-text.ts';
import { table } from '../../../gateway/cli/table.ts';
import { jsonText, painter, safeLine, shownText } from '../../../gateway/cli/terminal.ts';

const HOSTILE = 'a\u001b[2J\u001b]0;title\u0007b\u009b31mc\u202ed\re\u0000';

test('text of others keeps its letters and loses whatever would drive a terminal', () => {
  expect(shownText(HOSTILE, false)).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(shownText(HOSTILE, true)).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(shownText('Größe ✓ 日本\tx', false)).toBe('Größe ✓ 日本\tx\n');
  expect(safeLine('one\ntwo')).toBe('one two');
});

test('our own colors stay on a terminal, and are not there without one', () => {
  expect(shownText(painter(true)('red', 'no'), true)).toBe('\u001b[31mno\u001b[39m\n');
  expect(shownText(painter(false)('red', 'no'), false)).toBe('no\n');
});

test('JSON is safe to show and the same value', () => {
  expect(jsonText({ hostile: HOSTILE })).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  expect(JSON.parse(jsonText({ hostile: HOSTILE }))).toEqual({ hostile: HOSTILE });
});

test('numbers stand to the right, words to the left, long cells are cut', () => {
  expect(
    table(
      ['NAME', 'ROWS'],
      [
        ['a', '3,376'],
        ['bcdef', '10'],
      ],
    ),
  ).toBe('NAME    ROWS\na      3,376\nbcdef     10');
  expect(table(['X'], [['y'.repeat(100)]])).toMatch(/^X\ny{59}…$/);
});

test('connections by nodes or edges, lists and single values are tables and lines', () => {
  expect(
    answerText({
      routes: {
        totalCount: 2,
        nodes: [
          { flights: 10, origin: { name: 'Seattle', nearest: [{ iata: 'BFI' }, { iata: 'RNT' }] } },
          { flights: 200, origin: null },
        ],
      },
      airports: { edges: [{ cursor: 'x', node: { iata: 'SEA' } }] },
      flightAggregate: { count: '3000000' },
      none: [],
    }),
  ).toBe(
    [
      'routes',
      'flights  origin.name  origin.nearest  origin',
      '     10  Seattle      BFI, RNT',
      '    200',
      '',
      'totalCount  2',
      '',
      'airports',
      'iata',
      'SEA',
      '',
      'flightAggregate',
      'count  3000000',
      '',
      'none',
      'No rows.',
    ].join('\n'),
  );
});
