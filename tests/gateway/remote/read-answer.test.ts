import { expect, test } from '@jest/globals';
import { readAnswer } from '../../../gateway/execute/remote/read-answer.ts';
import type { Tree } from '../gateway-here.ts';

function read(text: string, status = 200, entities: number | null = null): Tree {
  return readAnswer({ status, text }, entities);
}

test.each<[string, string, number, RegExp]>([
  ['a text that is no JSON', 'no', 200, /JSON/],
  ['nothing', '', 200, /JSON/],
  ['a page that says why', '<html>', 404, /HTTP status 404/],
  ['a list', '[]', 200, /GraphQL/],
  ['a number', '7', 200, /GraphQL/],
  ['null', 'null', 200, /GraphQL/],
  ['neither data nor errors', '{}', 200, /GraphQL/],
  ['neither data nor errors, and a status', '{"error":"no"}', 401, /HTTP status 401/],
  ['no data, and no error that says why', '{"data":null,"errors":null}', 200, /GraphQL/],
  ['data that is a list', '{"data":[]}', 200, /GraphQL/],
  ['data that is a text', '{"data":"x"}', 200, /GraphQL/],
  ['errors that are no list', '{"data":{},"errors":{}}', 200, /GraphQL/],
  ['an error that is a text', '{"errors":["no"]}', 200, /GraphQL/],
  ['an error without a message', '{"errors":[{}]}', 200, /GraphQL/],
  ['an error at no path', '{"errors":[{"message":"no","path":[{}]}]}', 200, /GraphQL/],
  ['an error at a path that is no list', '{"errors":[{"message":"no","path":"x"}]}', 200, /GraphQL/],
])('%s is no answer', (_name, text, status, says) => {
  expect(() => read(text, status)).toThrow(says);
});

test('data, or errors, or both are an answer, whatever the status, with a byte order mark or without', () => {
  expect(read('{"data":{"a":1}}')).toEqual({ data: { a: 1 } });
  expect(read('\ufeff{"data":{"a":1}}')).toEqual({ data: { a: 1 } });
  expect(read('{"data":{"a":1},"errors":[]}')).toEqual({ data: { a: 1 } });
  expect(read('{"errors":[{"message":"no"}]}', 400)).toEqual({ data: null, errors: [{ message: 'no' }] });
});

test('of errors message, path and code are told, of many the first hundred', () => {
  const error = {
    message: 'no',
    path: ['a', 0],
    locations: [{}],
    extensions: { code: 'TIRED', http: { status: 302 } },
  };
  const many = JSON.stringify({ data: null, errors: Array(20_000).fill(error) });
  expect(read(many).errors).toEqual(Array(100).fill({ message: 'no', path: ['a', 0], extensions: { code: 'TIRED' } }));
  const strange = [
    { message: 'no', path: null, extensions: { code: 5 } },
    { message: 'no', extensions: 'x' },
  ];
  expect(read(JSON.stringify({ errors: strange })).errors).toEqual([{ message: 'no' }, { message: 'no' }]);
});

test.each([
  '{"data":{"__proto__":{"polluted":1},"deep":[{"__proto__":{"polluted":1},"a":"é"}]}}',
  '{"data":{"\\u005f_proto__":{"polluted":1},"deep":[{"_\\u005Fproto__":{"polluted":1},"a":"\\u00e9"}]}}',
  '{"data":{"__\\u0070roto__":{"polluted":1},"deep":[{"__pro\\u0074\\u006f__":{"polluted":1},"a":"é"}]}}',
])('keys that would change prototypes are dropped, however they are spelled: %s', (text) => {
  const { data } = read(text);
  expect(Object.keys(data)).toEqual(['deep']);
  expect(Object.keys(data.deep[0])).toEqual(['a']);
  expect(Object.assign({}, data).polluted).toBeUndefined();
  expect(data.deep[0].a).toBe('é');
});

test('for each entity that was asked for there is an answer', () => {
  expect(read('{"data":{"_entities":[null,{"a":1}]}}', 200, 2).data._entities).toEqual([null, { a: 1 }]);
  expect(read('{"data":null,"errors":[{"message":"no"}]}', 200, 2).data).toBeNull();
  for (const data of ['{}', '{"_entities":null}', '{"_entities":[null]}', '{"_entities":{"length":2}}'])
    expect(() => read(`{"data":${data}}`, 200, 2)).toThrow(/each entity/);
});

test('a hundred thousand lists in lists are read as any', () => {
  const deep = `{"data":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
  expect(Array.isArray(read(deep).data.a)).toBe(true);
});
