import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestMesh, type TestMesh, type Tree } from './mesh.ts';

const base = { date: '2001-01-01T00:00:00Z', distance: 1, originIata: 'SEA' };
const ROWS = [
  {
    ...base,
    id: 1,
    delay: -5,
    price: '1.10',
    fuel: 0.5,
    grams: '9007199254740993',
    note: 'plain',
    onTime: true,
    phase: 'Approach',
    day: '2001-02-28',
    departure: '00:00:00',
    ticket: '00000000-0000-4000-8000-000000000001',
    carrierCode: 'AA',
  },
  {
    ...base,
    id: 2,
    delay: 0,
    price: '1.1000000001',
    fuel: 1.5,
    grams: '9007199254740992',
    note: '50% off_x',
    onTime: false,
    phase: 'En Route',
    day: '2001-03-01',
    departure: '12:00:00.5',
    date: '2001-01-01T00:00:00.000001Z',
    carrierCode: 'DL',
  },
  {
    ...base,
    id: 3,
    delay: 7,
    price: '-2',
    fuel: 'Infinity',
    grams: '-1',
    note: '50\\% OFF_X',
    onTime: true,
    phase: 'Take-off run',
    day: '2000-02-29',
    departure: '23:59:59',
    date: '2001-07-01T00:00:00Z',
    carrierCode: "'; drop table x; --",
  },
  { ...base, id: 4 },
  { ...base, id: 5, delay: 7, note: 'ÄÖÜ 日本', carrierCode: 'aa', tags: ['x'] },
];

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openTestMesh();
  await mesh.load('operations/flights', 'flights', ROWS);
});
afterAll(() => mesh.close());

async function ids(where: string): Promise<string> {
  const { flights } = await mesh.ask('operations', `{ flights(where: ${where}) { nodes { id } totalCount } }`);
  expect(flights.totalCount).toBe(String(flights.nodes.length));
  return flights.nodes.map(({ id }: { id: string }) => id).join(' ');
}

describe('each condition finds its rows', () => {
  test.each([
    ['{}', '1 2 3 4 5'],
    ['{delay: {}}', '1 2 3 4 5'],
    ['{delay: {eq: 7}}', '3 5'],
    ['{delay: {ne: 7}}', '1 2 4'],
    ['{distance: {ne: 1}}', ''],
    ['{delay: {in: [-5, 0]}}', '1 2'],
    ['{delay: {in: []}}', ''],
    ['{delay: {notIn: [-5, 0]}}', '3 4 5'],
    ['{delay: {notIn: []}}', '1 2 3 4 5'],
    ['{delay: {lt: 0}}', '1'],
    ['{delay: {lte: 0}}', '1 2'],
    ['{delay: {gt: 0}}', '3 5'],
    ['{delay: {gte: 0, lt: 7}}', '2'],
    ['{delay: {isNull: true}}', '4'],
    ['{delay: {isNull: false}}', '1 2 3 5'],
    ['{id: {eq: "3"}}', '3'],
    ['{id: {eq: 3}}', '3'],
    ['{id: {gt: "3"}}', '4 5'],
    ['{id: {in: ["1", 5]}}', '1 5'],
    ['{grams: {eq: "9007199254740993"}}', '1'],
    ['{grams: {lt: 9007199254740993}}', '2 3'],
    ['{price: {eq: "1.1"}}', '1'],
    ['{price: {gt: 1.1}}', '2'],
    ['{price: {in: ["1.1000000001", "-2.000"]}}', '2 3'],
    ['{fuel: {gte: 0.5}}', '1 2 3'],
    ['{fuel: {lt: 1e300}}', '1 2'],
    ['{note: {eq: "plain"}}', '1'],
    ['{note: {contains: "%"}}', '2 3'],
    ['{note: {contains: "f_x"}}', '2'],
    ['{note: {contains: "\\\\"}}', '3'],
    ['{note: {contains: ""}}', '1 2 3 5'],
    ['{note: {startsWith: "50%"}}', '2'],
    ['{note: {endsWith: "_X"}}', '3'],
    ['{note: {like: "50_%"}}', '2 3'],
    ['{note: {like: "50\\\\%%"}}', '2'],
    ['{note: {ilike: "%off_x"}}', '2 3'],
    ['{note: {contains: "日"}}', '5'],
    ['{note: {lt: "51"}}', '2 3'],
    ['{onTime: {eq: true}}', '1 3'],
    ['{onTime: {ne: true}}', '2 4 5'],
    ['{phase: {eq: TAKE_OFF_RUN}}', '3'],
    ['{phase: {notIn: [TAKE_OFF_RUN, APPROACH]}}', '2 4 5'],
    ['{day: {gt: "2001-02-28"}}', '2'],
    ['{day: {eq: "2000-02-29"}}', '3'],
    ['{departure: {gte: "12:00:00.5"}}', '2 3'],
    ['{date: {gt: "2001-01-01T00:00:00Z"}}', '2 3'],
    ['{date: {eq: "2001-01-01T02:00:00.000001+02:00"}}', '2'],
    ['{ticket: {eq: "00000000-0000-4000-8000-000000000001"}}', '1'],
    ['{ticket: {startsWith: "00000000"}}', '1'],
    ['{carrierCode: {eq: "AA"}}', '1'],
    [`{carrierCode: {eq: "'; drop table x; --"}}`, '3'],
    [`{note: {eq: "' or true --"}}`, ''],
    ['{delay: {eq: 7}, note: {isNull: true}}', '3'.slice(1)],
    ['{and: [{delay: {gte: 0}}, {delay: {lt: 7}}]}', '2'],
    ['{and: []}', '1 2 3 4 5'],
    ['{or: [{id: {eq: 1}}, {note: {isNull: true}}]}', '1 4'],
    ['{or: []}', ''],
    ['{not: {delay: {gt: 0}}}', '1 2 4'],
    ['{not: {not: {delay: {gt: 0}}}}', '3 5'],
    ['{not: {delay: {eq: 7}}}', '1 2 4'],
    ['{not: {delay: {isNull: true}}}', '1 2 3 5'],
    ['{not: {or: [{delay: {gt: 0}}, {onTime: {eq: true}}]}}', '2 4'],
    ['{not: {}}', ''],
    ['{delay: null, and: null, not: null, id: {lt: 3}}', '1 2'],
    ['{or: [{and: [{delay: {eq: 7}}, {not: {note: {contains: "50"}}}]}, {id: {in: [1]}}], id: {gt: 1}}', '5'],
  ])('%s: %s', async (where, expected) => {
    expect(await ids(where)).toBe(expected);
  });

  test('and each with its complement finds every row once', async () => {
    for (const condition of [
      '{delay: {gt: 0}}',
      '{note: {like: "5%"}}',
      '{price: {in: ["1.1"]}}',
      '{phase: {eq: APPROACH}}',
      '{onTime: {ne: false}}',
    ]) {
      const both = `${await ids(condition)} ${await ids(`{not: ${condition}}`)}`;
      expect(both.trim().split(/\s+/).sort().join(' ')).toBe('1 2 3 4 5');
    }
  });
});

describe('refused, as bad input at the field', () => {
  test.each([
    ['{delay: {eq: null}}', 'isNull'],
    ['{delay: {in: null}}', 'isNull'],
    ['{note: {like: "x\\\\"}}', 'backslash'],
    ['{id: {eq: "1; drop"}}', 'none'],
    ['{id: {eq: "99999999999999999999"}}', 'none'],
    ['{ticket: {eq: "abc"}}', 'none'],
    ['{note: {eq: "\\u0000"}}', 'none'],
  ])('%s', async (where, says) => {
    expect(await mesh.errors('operations', `{ flights(where: ${where}) { totalCount } }`)).toEqual([
      { code: 'BAD_INPUT', path: ['flights'], message: expect.stringContaining(says) },
    ]);
  });

  test('half a surrogate pair in a variable', async () => {
    for (const operator of ['eq', 'contains', 'like'])
      expect(
        await mesh.errors('operations', 'query ($w: FlightWhere) { flights(where: $w) { totalCount } }', {
          w: { note: { [operator]: 'a\ud83d' } },
        }),
      ).toMatchObject([{ code: 'BAD_INPUT' }]);
  });

  test('nesting without end', async () => {
    const where = `${'{not: '.repeat(30)}{}${'}'.repeat(30)}`;
    expect(await mesh.errors('operations', `{ flights(where: ${where}) { totalCount } }`)).toMatchObject([
      { code: 'BAD_INPUT' },
    ]);
  });
});

describe('scalars of arguments are strict', () => {
  test.each([
    ['day: {eq: "2001-02-29"}'],
    ['day: {eq: "2001-13-01"}'],
    ['day: {eq: "01/02/2001"}'],
    ['day: {eq: 5}'],
    ['day: {eq: "0000-01-01"}'],
    ['day: {eq: "today"}'],
    ['date: {eq: "2001-01-01T00:00:00"}'],
    ['date: {eq: "2001-01-01"}'],
    ['date: {eq: "2001-01-01T24:00:00Z"}'],
    ['date: {eq: "2001-01-01T00:00:60Z"}'],
    ['date: {eq: "2001-01-01T00:00:00.1234567Z"}'],
    ['date: {eq: "0001-01-01T00:00:00+01:00"}'],
    ['date: {eq: "now"}'],
    ['departure: {eq: "25:00:00"}'],
    ['departure: {eq: "12:00"}'],
    ['grams: {eq: "9223372036854775808"}'],
    ['grams: {eq: 9223372036854775808}'],
    ['grams: {eq: 1.5}'],
    ['grams: {eq: "1e3"}'],
    ['grams: {eq: true}'],
    ['grams: {eq: " 1"}'],
    ['price: {eq: "NaN"}'],
    ['price: {eq: "1,5"}'],
    ['price: {eq: "1e9999"}'],
    ['price: {eq: true}'],
    ['delay: {eq: 2147483648}'],
    ['delay: {eq: "1"}'],
    ['delay: {eq: 1.5}'],
    ['fuel: {eq: "x"}'],
    ['phase: {eq: "Approach"}'],
    ['phase: {eq: LANDING}'],
    ['onTime: {eq: "true"}'],
  ])('%s', async (condition) => {
    const { data, errors } = await mesh.request('operations', {
      query: `{ flights(where: {${condition}}) { totalCount } }`,
    });
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
  });

  test.each([
    ['Decimal', 'price', '0.1', '', false],
    ['Decimal', 'price', 1.1, '1', false],
    ['Decimal', 'price', 1e21, '', false],
    ['Decimal', 'price', 12345678901234568, '', true],
    ['BigInt', 'grams', '9007199254740993', '1', false],
    ['BigInt', 'grams', 9007199254740992, '', true],
    ['BigInt', 'grams', -1, '3', false],
    ['DateTime', 'date', '2001-07-01t00:00:00z', '3', false],
    ['Date', 'day', 20010301, '', true],
  ])('%s of a variable: %s = %j', async (scalar, field, value, expected, refused) => {
    const query = `query ($v: ${scalar}) { flights(where: {${field}: {eq: $v}}) { nodes { id } } }`;
    const { data, errors } = await mesh.request('operations', { query, variables: { v: value } });
    expect(errors !== undefined).toBe(refused);
    if (!refused) expect((data as Tree).flights.nodes.map(({ id }: { id: string }) => id).join(' ')).toBe(expected);
  });
});
