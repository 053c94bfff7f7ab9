import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayHere, type GatewayHere } from './gateway-here.ts';
import { edited, folderOf } from './product-text.ts';

let gateway: GatewayHere;

const LOANS = folderOf({
  domain: 'library',
  name: 'loans',
  properties: [
    '{ name: days, logicalType: integer }',
    '{ name: meanDays, semanticType: measure, logicalType: number, transformLogic: sum(days) / count(*) }',
    '{ name: isLong, semanticType: dimension, logicalType: boolean, transformLogic: days > 14 }',
    "{ name: perLate, semanticType: measure, logicalType: integer, transformLogic: '100 / sum(greatest(days - 30, 0))' }",
  ],
});

beforeAll(async () => {
  gateway = await gatewayHere();
  expect(await gateway.publish([LOANS])).toMatchObject({ __typename: 'Published' });
  const run = await gateway.load(
    'library/loans',
    'loans',
    'id text primary key, days integer',
    `values ('a', 12), ('b', 21)`,
  );
  await gateway.ask(`{ run(id: "${run}") { phase } }`);
});
afterAll(() => gateway.close());

const QUERY = '{ loanAggregate(groupBy: {property: isLong}, orderBy: {meanDays: DESC}) { key { isLong } meanDays } }';

test('an expression alone is changed at once, of the same data, and no answer of the old one is kept', async () => {
  // 21 days are a long loan.
  const before = {
    loanAggregate: [
      { key: { isLong: true }, meanDays: 21 },
      { key: { isLong: false }, meanDays: 12 },
    ],
  };
  expect((await gateway.ask(QUERY)).data).toEqual(before);
  expect((await gateway.ask(QUERY)).data).toEqual(before);
  const changed = edited(LOANS, 'output.odcs.yaml', (text) => text.replace('days > 14', 'days > 30'));
  expect(await gateway.publish([changed])).toMatchObject({
    __typename: 'Published',
    products: [{ id: 'library/loans', state: 'LIVE', revision: 2, run: null }],
  });
  // (12 + 21) / 2, of whole numbers as SQL has it.
  expect((await gateway.ask(QUERY)).data).toEqual({ loanAggregate: [{ key: { isLong: false }, meanDays: 16 }] });
});

test('what divides by zero is null with a refusal, and the rest is answered', async () => {
  const { data, errors } = await gateway.ask(
    '{ loanAggregate { count perLate meanDays } dataProducts { totalCount } }',
  );
  expect(data).toEqual({
    loanAggregate: [{ count: '2', perLate: null, meanDays: 16 }],
    dataProducts: { totalCount: 1 },
  });
  expect(errors).toMatchObject([
    {
      message: 'An expression of the contract cannot be computed of this data: it divides by zero.',
      path: ['loanAggregate', 0, 'perLate'],
      extensions: { code: 'EXPRESSION_FAILED', status: 422, retry: false },
    },
  ]);
});

test.each([
  ['sum(title)', 'function sum(text) does not exist'],
  ['max(days) = max(title)', 'operator does not exist: integer = text'],
  ["max(days) + 'x'", 'invalid input syntax for type integer: "x"'],
  ['mode(1) within group (order by days)', 'function mode(integer, integer) does not exist'],
  ['percentile_cont(days) within group (order by days)', '"given.days" must appear in the GROUP BY clause'],
])('a publish of the measure %s is refused for its types, before anyone asks for it', async (sql, says) => {
  const properties = [
    '{ name: days, logicalType: integer }',
    '{ name: title, logicalType: string }',
    `{ name: m, semanticType: measure, logicalType: number, transformLogic: ${JSON.stringify(sql)} }`,
    '{ name: d, semanticType: dimension, logicalType: date, transformLogic: days }',
  ];
  const before = await gateway.ledger();
  const outcome = await gateway.publish([folderOf({ domain: 'library', name: 'books', properties })]);
  expect(outcome).toMatchObject({ __typename: 'Rejected', code: 'CONTRACT_INVALID' });
  expect(outcome['findings']).toMatchObject([
    { code: 'SEMANTIC_TYPES', message: expect.stringMatching(/^d of books .*cannot cast type integer to date/) },
    { code: 'SEMANTIC_TYPES', message: expect.stringContaining('m of books') },
  ]);
  expect(outcome['findings'][1]?.message).toContain(says);
  expect(await gateway.ledger()).toEqual(before);
});
