import { describe, expect, test } from '@jest/globals';
import { compose } from '../../../schema/composition/compose.ts';
import type { SemanticProperty } from '../../../schema/contract/model.ts';
import { checkProductSql } from '../../../schema/contract/product-sql.ts';
import { subgraphSdl } from '../../../schema/contract/sdl.ts';
import { meshOf, productOf, type Sketch } from './product-files.ts';

const COLUMNS = [
  '{ name: id, logicalType: integer, primaryKey: true }',
  '{ name: delay, logicalType: integer }',
  '{ name: originIata, logicalType: string }',
  "{ name: price, logicalType: number, physicalType: 'decimal(18,2)', physicalName: fare_usd }",
  '{ name: date, logicalType: timestamp }',
  '{ name: tags, logicalType: array, items: { logicalType: string } }',
];

const semantic = (kind: string, name: string, sql: string, more = 'logicalType: number'): string =>
  `{ name: ${name}, semanticType: ${kind}, ${more}, transformLogic: ${JSON.stringify(sql)} }`;
const measure = (sql: string, name = 'm', more?: string): string => semantic('measure', name, sql, more);
const dimension = (sql: string, name = 'd', more = 'logicalType: string'): string =>
  semantic('dimension', name, sql, more);
const flights = (...semantics: readonly string[]): Sketch => ({
  id: 'ops/flights',
  properties: [...COLUMNS, ...semantics],
});

/** As it stands in a statement over the row `t`. */
const written = ({ sql }: SemanticProperty): string =>
  sql.map((part) => (typeof part === 'string' ? part : `t."${part.column}"`)).join('');

async function faults(...semantics: readonly string[]): Promise<{ code: string; message: string }[]> {
  return (await checkProductSql(productOf(flights(...semantics)), [])).map(({ code, message }) => ({ code, message }));
}

describe('an expression is read with the columns in their places', () => {
  test.each([
    ['sum(delay)', '((sum(t."delay"))::double precision)'],
    ['sum(price)', '((sum(t."fare_usd"))::double precision)'],
    ['SUM( "price" )', '((SUM( t."fare_usd" ))::double precision)'],
    ['count(*)', '((count(*))::double precision)'],
    ['count(distinct originIata)', '((count(distinct t."origin_iata"))::double precision)'],
    [
      'count(origin_iata) + count("originIata")',
      '((count(t."origin_iata") + count(t."origin_iata"))::double precision)',
    ],
    [
      "count(*) filter (where originIata = 'ÅÄÖ 😀' and delay > 0)::numeric / nullif(count(delay), 0)",
      `((count(*) filter (where t."origin_iata" = 'ÅÄÖ 😀' and t."delay" > 0)::numeric / nullif(count(t."delay"), 0))::double precision)`,
    ],
    [
      "string_agg(originIata, '😀' order by date)",
      `((string_agg(t."origin_iata", '😀' order by t."date"))::double precision)`,
    ],
    [
      'coalesce(avg(case when delay > 15 then 1 else 0 end), 0)',
      '((coalesce(avg(case when t."delay" > 15 then 1 else 0 end), 0))::double precision)',
    ],
    [
      'percentile_cont(0.9) within group (order by delay)',
      '((percentile_cont(0.9) within group (order by t."delay"))::double precision)',
    ],
    ['max(cardinality(tags))', '((max(cardinality(t."tags")))::double precision)'],
    ['max(extract(year from date))', '((max(extract(year from t."date")))::double precision)'],
    [
      "count(*) filter (where date > date '2001-01-01')",
      `((count(*) filter (where t."date" > date '2001-01-01'))::double precision)`,
    ],
    ['sum(delay) - - 1', '((sum(t."delay") - - 1)::double precision)'],
    ['max(-delay)', '((max(-t."delay"))::double precision)'],
    [
      "max(case originIata when $$delay -- (;$$ then 1 when 'price' then 2 end)",
      `((max(case t."origin_iata" when $$delay -- (;$$ then 1 when 'price' then 2 end))::double precision)`,
    ],
    ['sum(price + (delay))', '((sum(t."fare_usd" + (t."delay")))::double precision)'],
    ['max(delay) in (1, 2)', '((max(t."delay") in (1, 2))::double precision)'],
  ])('%s', (sql, expected) => {
    const [object] = productOf(flights(measure(sql))).objects;
    expect(object!.semanticFaults).toEqual([]);
    expect(object!.measures.map(written)).toEqual([expected]);
  });

  test('and other measures and dimensions in theirs, wherever they are written', () => {
    const [object] = productOf(
      flights(
        measure('late_count / nullif(count(*), 0)', 'lateShare'),
        measure("count(*) filter (where delayClass = 'late')", 'lateCount', 'logicalType: integer'),
        dimension("case when isLate then 'late' end", 'delayClass'),
        dimension('delay > 15', 'isLate', 'logicalType: boolean'),
      ),
    ).objects;
    const [isLate, delayClass] = [
      '((t."delay" > 15)::boolean)',
      `((case when ((t."delay" > 15)::boolean) then 'late' end)::text)`,
    ];
    const lateCount = `((count(*) filter (where ${delayClass} = 'late'))::integer)`;
    expect(object!.dimensions.map(written)).toEqual([delayClass, isLate]);
    expect(object!.measures.map(written)).toEqual([
      `((${lateCount} / nullif(count(*), 0))::double precision)`,
      lateCount,
    ]);
  });

  test('a name is first what is written, then the same in another case, then in another style', async () => {
    const other =
      '{ name: Delay, logicalType: integer, physicalName: other, customProperties: [{ property: graphqlName, value: other }] }';
    const product = productOf({
      ...flights(other, measure('sum("Delay")', 'a'), measure('sum(delay)', 'b')),
      reads: ['ops/raw/out'],
      transform: 'select * from raw',
    });
    expect(product.objects[0]!.measures.map(written)).toEqual([
      '((sum(t."other"))::double precision)',
      '((sum(t."delay"))::double precision)',
    ]);
    const styles = ['aB', 'a_b'].map(
      (name, at) =>
        `{ name: ${name}, logicalType: integer, physicalName: c${at}, customProperties: [{ property: graphqlName, value: f${at} }] }`,
    );
    const ambiguous = productOf({
      ...flights(...styles, measure('sum("A B")')),
      reads: ['ops/raw/out'],
      transform: 'select * from raw',
    });
    expect(ambiguous.objects[0]!.semanticFaults).toMatchObject([
      { code: 'SEMANTIC_AMBIGUOUS', message: expect.stringContaining('A B may be aB or a_b') },
    ]);
  });
});

describe('a measure is refused', () => {
  test.each(
    [
      ['', 'SQL_EMPTY'],
      ['sum(delay', 'SQL_SYNTAX'],
      ['sum(delay);', 'SQL_SYNTAX'],
      ['sum(delay); drop table flights', 'SQL_SYNTAX'],
      ['sum(delay), sum(price)', 'SQL_NOT_EXPRESSION'],
      ['sum(delay) as total', 'SQL_SYNTAX'],
      ['select sum(delay)', 'SEMANTIC_SUBQUERY'],
      ['1) + (sum(delay)', 'SQL_NOT_EXPRESSION'],
      ['1) from pg_authid where (true', 'SQL_NOT_EXPRESSION'],
      ['1) union select (2', 'SQL_NOT_EXPRESSION'],
      ['1) as x, (2', 'SQL_NOT_EXPRESSION'],
      ['all sum(delay)', 'SQL_SYNTAX'],
      ['*', 'SQL_SYNTAX'],
      ['sum(delay) -- all', 'SEMANTIC_COMMENT'],
      ['sum(/* all */ delay)', 'SEMANTIC_COMMENT'],
      ['sum(delay) + (select 1)', 'SEMANTIC_SUBQUERY'],
      ['sum(delay) filter (where exists (select from weft.runs))', 'SEMANTIC_SUBQUERY'],
      ['sum(delay) * $1', 'SEMANTIC_PARAMETER'],
      ['sum(dealy)', 'SEMANTIC_COLUMN'],
      ['sum(flights.delay)', 'SEMANTIC_COLUMN'],
      ['count(flights.*)', 'SEMANTIC_COLUMN'],
      ['sum(ctid)', 'SEMANTIC_COLUMN'],
      ['1', 'SEMANTIC_NOT_AGGREGATE'],
      ['delay', 'SEMANTIC_BARE'],
      ['sum(price) / delay', 'SEMANTIC_BARE'],
      ['case when delay > 0 then count(*) end', 'SEMANTIC_BARE'],
      ['sum(avg(delay))', 'SEMANTIC_NESTED'],
      ['sum(delay) filter (where count(*) > 1)', 'SEMANTIC_NESTED'],
      ['sum(delay) over ()', 'SEMANTIC_WINDOW'],
      ['row_number() + count(*)', 'SEMANTIC_WINDOW'],
      ['sum(generate_series(1, delay))', 'SEMANTIC_ROWS'],
      ['unnest(array_agg(delay))', 'SEMANTIC_ROWS'],
      ['sum(extract(epoch from now() - date))', 'SEMANTIC_CLOCK'],
      ['max(age(date))', 'SEMANTIC_CLOCK'],
      ['count(*) filter (where date > current_date)', 'SEMANTIC_CLOCK'],
      ['count(current_user)', 'SEMANTIC_CLOCK'],
      ["count(*) filter (where date > 'today'::timestamptz)", 'SEMANTIC_CLOCK'],
      ['sum(random())', 'SQL_FUNCTION'],
      ['sum(pg_sleep(1))', 'SQL_FUNCTION'],
      ["max(pg_read_file('/etc/passwd'))", 'SQL_FUNCTION'],
      ['sum(mine.f(delay))', 'SQL_FUNCTION'],
      ["max('weft.runs'::regclass)", 'SQL_TYPE'],
      ['max(1 operator(mine.+) delay)', 'SQL_OPERATOR'],
      ['(sum(delay), sum(price))', 'SQL_NOT_EXPRESSION'],
      ['max(row(delay, price))', 'SQL_REFUSED'],
      ['m + count(*)', 'SEMANTIC_CIRCLE'],
      [`sum(${'('.repeat(20_000)}`, 'SQL_TOO_LARGE'],
      [`sum(${'-'.repeat(3)}delay)`, 'SQL_SYNTAX'],
      [`sum(${'- '.repeat(4_000)}delay)`, 'SQL_TOO_DEEP'],
      ["sum('\u0000')", 'SQL_TOO_LARGE'],
    ].map(([sql = '', codes]) => [JSON.stringify(sql).slice(0, 60), sql, codes] as const),
  )('%s', async (_, sql, codes) => {
    const found = await faults(measure(sql));
    expect([...new Set(found.map(({ code }) => code))].sort().join(' ')).toBe(codes);
    for (const { message } of found) expect(message).toMatch(/^The measure m of flights: .+[.?]$/s);
  });

  test.each(['count', 'countDistinct', 'sum', 'avg', 'min', 'max', 'key', 'count_distinct'])(
    'where it is called %s, as a field of every aggregate is',
    async (name) => {
      expect(await faults(measure('sum(delay)', name))).toMatchObject([{ code: 'SEMANTIC_NAME' }]);
      expect(
        await faults(
          measure('sum(delay)', name, 'logicalType: number, customProperties: [{ property: graphqlName, value: own }]'),
        ),
      ).toEqual([]);
    },
  );

  test.each([
    'logicalType: array',
    'logicalType: object',
    'logicalType: vector, logicalTypeOptions: { dimensions: 1 }',
  ])('where it is of more than one value: %s', async (type) => {
    expect(await faults(measure('array_agg(delay)', 'm', type))).toMatchObject([{ code: 'SEMANTIC_TYPE' }]);
  });

  test('where it has no expression', async () => {
    expect(await faults('{ name: m, semanticType: measure, logicalType: number }')).toMatchObject([
      { code: 'SEMANTIC_EXPRESSION' },
    ]);
  });

  test('where others that it refers to make it too long', async () => {
    const long = Array.from({ length: 12 }, (_, at) =>
      measure(at === 0 ? 'sum(delay)' : `m${at - 1} + m${at - 1}`, `m${at}`),
    );
    const found = await faults(...long);
    expect(found[0]).toMatchObject({ code: 'SQL_TOO_LARGE' });
    expect(new Set(found.slice(1).map(({ code }) => code))).toEqual(new Set(['SEMANTIC_FAULTY']));
  });
});

describe('a dimension is refused', () => {
  test.each([
    ['sum(delay)', 'SEMANTIC_AGGREGATE'],
    ['delay > avg(delay)', 'SEMANTIC_AGGREGATE'],
    ['m > 1', 'SEMANTIC_AGGREGATE'],
    ['rank() over (order by delay)', 'SEMANTIC_WINDOW'],
    ["string_to_table(originIata, '')", 'SEMANTIC_ROWS'],
    ['(select 1)', 'SEMANTIC_SUBQUERY'],
  ])('%s', async (sql, code) => {
    expect(await faults(dimension(sql), measure('count(*)'))).toMatchObject([
      { code, message: expect.stringMatching(/^The dimension d of flights: /) },
    ]);
  });

  test('where it is computed of what is computed of it', async () => {
    expect(await faults(dimension('e', 'd'), dimension('d', 'e'), dimension('upper(d)', 'f'))).toMatchObject([
      { code: 'SEMANTIC_CIRCLE', message: expect.stringContaining('dimension e of flights: d is') },
      { code: 'SEMANTIC_FAULTY', message: expect.stringContaining('dimension d of flights: e is') },
      { code: 'SEMANTIC_FAULTY', message: expect.stringContaining('dimension f of flights: d is') },
    ]);
  });
});

test('a fault says where it stands, what was found, and what to do', async () => {
  const findings = await checkProductSql(productOf(flights(measure('sum(delays)'))), []);
  expect(findings).toEqual([
    {
      code: 'SEMANTIC_COLUMN',
      severity: 'error',
      message: 'The measure m of flights: delays is no property, measure or dimension of flights: did you mean delay?',
      file: 'out.odcs.yaml',
      line: 16,
      column: expect.any(Number),
      path: 'schema[0].properties[6].transformLogic',
    },
  ]);
});

test('all faults are found at once, and what is faulty is in no graph', async () => {
  const wanted = flights(measure('sum(x) + random()', 'a'), dimension('y', 'b'), measure('count(*)', 'fine'));
  expect((await faults(...wanted.properties!.slice(COLUMNS.length))).map(({ code }) => code).sort()).toEqual([
    'SEMANTIC_COLUMN',
    'SEMANTIC_COLUMN',
    'SQL_FUNCTION',
  ]);
  const mesh = meshOf(wanted);
  const sdl = subgraphSdl([...mesh.domains.values()][0]!);
  expect(sdl).toMatch(/^ {2}fine: Float$/m);
  expect(sdl).not.toMatch(/^ {2}[ab]\b/m);
});

describe('in the SDL', () => {
  const mesh = meshOf(
    flights(
      measure('avg(delay)', 'meanDelay', 'logicalType: number, description: How late they are., deprecated: true'),
      measure('count(*)', 'n', 'logicalType: integer, physicalType: bigint'),
      dimension("date_trunc('month', date)", 'month', 'logicalType: date, description: When it left.'),
      dimension(
        "case when delay > 0 then 'late' else 'in time' end",
        'state',
        'logicalType: string, enum: [{ value: late }, { value: in time }]',
      ),
    ),
  );
  const sdl = subgraphSdl([...mesh.domains.values()][0]!);

  test.each([
    'type FlightAggregate',
    'input FlightAggregateOrderBy',
    'enum FlightProperty',
    'type FlightGroupKey',
    'input FlightWhere',
    'enum FlightState',
    'input FlightStateFilter',
    'input FlightOrderBy',
    'type FlightSum',
    'enum DateUnit',
    'scalar Date',
  ])('%s has what the contract makes of it', (head) => {
    expect(
      sdl
        .split('\n\n')
        .find((definition) => definition.replace(/^"""[^]*?"""\n/, '').match(new RegExp(`^${head}\\b( \\{|$)`, 'm'))),
    ).toMatchSnapshot();
  });

  test('they compose', () => {
    expect(compose([{ name: 'ops', url: 'http://ops.example', sdl }])).toMatchObject({ composes: true, hints: [] });
  });
});

test('an expression is no part of the data: another one needs no new table', () => {
  const digest = (...semantics: readonly string[]) =>
    productOf({ ...flights(...semantics), reads: ['ops/raw/out'], transform: 'select * from raw' }).dataDigest;
  expect(digest(measure('sum(delay)'))).toBe(digest());
  expect(digest(measure('avg(delay)'), dimension('originIata'))).toBe(digest());
});
