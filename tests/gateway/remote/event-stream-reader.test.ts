import { expect, test } from '@jest/globals';
import { EventStreamReader, type StreamedEvent } from '../../../gateway/execute/remote/event-stream-reader.ts';

const TEXT = [
  ':\n\n',
  'event: next\ndata: {"a":1}\n\n',
  'data: one\r\ndata:two\r\nid: 7\r\n\r\n',
  ': a comment\nevent: next\rdata: crème ☂ 🌂\r\r',
  'data\n\n',
  'event: complete\ndata:\n\n',
].join('');
const EVENTS: StreamedEvent[] = [
  { name: 'next', data: '{"a":1}' },
  { name: '', data: 'one\ntwo' },
  { name: 'next', data: 'crème ☂ 🌂' },
  { name: '', data: '' },
  { name: 'complete', data: '' },
];

test.each([1, 2, 3, 5, 7, 64, 10_000])('events are read from pieces of %d bytes', (size) => {
  const reader = new EventStreamReader();
  const bytes = Buffer.from(TEXT);
  const events: StreamedEvent[] = [];
  for (let from = 0; from < bytes.length; from += size) events.push(...reader.read(bytes.subarray(from, from + size)));
  expect(events).toEqual(EVENTS);
});

test.each<[string, string]>([
  ['a line without an end', 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
  ['an event without an end', 'data: x\n'.repeat(2_000)],
])('%s is not kept for ever', (_that, piece) => {
  const reader = new EventStreamReader();
  const chunk = Buffer.from(piece.repeat(64));
  expect(() => {
    for (let pieces = 0; pieces < 100_000; pieces++) reader.read(chunk);
  }).toThrow('sent an event of more than 1048576 bytes');
});
