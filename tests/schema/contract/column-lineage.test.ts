import { expect, test } from '@jest/globals';
import { selectLineage } from '../../../schema/contract/column-lineage.ts';
import type { ColumnUse } from '../../../schema/contract/column-uses.ts';

const RELATIONS = new Map([
  ['flights', ['id', 'origin', 'delay', 'day']],
  ['airports', ['iata', 'name', 'city']],
]);

const said = (uses: readonly ColumnUse[]): string =>
  uses.map(({ relation, column, how }) => `${relation}.${column} ${how.subtype}`).join(', ');

/** `column: what it is made of`, and after `|` what decides on the rows. */
async function lineage(sql: string): Promise<string[] | null> {
  const found = await selectLineage(sql, RELATIONS);
  if (found === null) return null;
  return [
    ...found.columns.map(({ name, uses }) => `${name}: ${said(uses)}`),
    ...(found.whole.length === 0 ? [] : [`| ${said(found.whole)}`]),
  ];
}

test.each<[string, string, readonly string[]]>([
  [
    'columns as they stand, and in expressions',
    `select id, delay * 60 as seconds, coalesce(origin, 'x'), day::text, 1 as one from flights`,
    [
      'id: flights.id IDENTITY',
      'seconds: flights.delay TRANSFORMATION',
      'coalesce: flights.origin TRANSFORMATION',
      'day: flights.day TRANSFORMATION',
      'one: ',
    ],
  ],
  [
    'all columns, of one relation or of all',
    'select a.*, f.id from airports a cross join flights f',
    [
      'iata: airports.iata IDENTITY',
      'name: airports.name IDENTITY',
      'city: airports.city IDENTITY',
      'id: flights.id IDENTITY',
    ],
  ],
  [
    'aggregates, groups, filters and order',
    `select origin, count(*) as n, round(avg(delay)) as mean, max(day) filter (where delay > 0) as last
       from flights where id is not null group by origin having sum(delay) > 9 order by mean`,
    [
      'origin: flights.origin IDENTITY',
      'n: ',
      'mean: flights.delay AGGREGATION',
      'last: flights.day AGGREGATION, flights.delay CONDITIONAL',
      '| flights.id FILTER, flights.delay FILTER, flights.origin GROUP_BY, flights.delay SORT',
    ],
  ],
  [
    'joins, by a condition and by columns of one name',
    'select f.id, name from flights f left join airports a on f.origin = a.iata',
    ['id: flights.id IDENTITY', 'name: airports.name IDENTITY', '| flights.origin JOIN, airports.iata JOIN'],
  ],
  [
    'a USING, whose column is there once',
    'select * from (select origin as iata from flights) f join airports using (iata)',
    [
      'iata: flights.origin IDENTITY',
      'name: airports.name IDENTITY',
      'city: airports.city IDENTITY',
      '| flights.origin JOIN, airports.iata JOIN',
    ],
  ],
  [
    'CTEs with names of their own, and what they filter',
    'with late (flight, by) as (select id, delay from flights where delay > 9) select flight, by + 1 as more from late',
    ['flight: flights.id IDENTITY', 'more: flights.delay TRANSFORMATION', '| flights.delay FILTER'],
  ],
  [
    'recursive CTEs',
    `with recursive walk as (select iata, 1 as steps from airports union all
       select f.origin, w.steps + 1 from walk w join flights f on f.id = w.iata) select iata from walk`,
    ['iata: airports.iata IDENTITY, flights.origin IDENTITY', '| flights.id JOIN, airports.iata JOIN'],
  ],
  [
    'the arms of a union, by position',
    'select iata as code, name from airports union select origin, day::text from flights order by code',
    [
      'code: airports.iata IDENTITY, flights.origin IDENTITY',
      'name: airports.name IDENTITY, flights.day TRANSFORMATION',
      '| airports.iata SORT, flights.origin SORT',
    ],
  ],
  [
    'windows, named ones too',
    `select lag(delay) over (partition by origin order by day) as before, rank() over w as place
       from flights window w as (order by delay)`,
    ['before: flights.delay TRANSFORMATION, flights.origin WINDOW, flights.day WINDOW', 'place: flights.delay WINDOW'],
  ],
  [
    'what decides between values',
    `select case when delay > 15 then day end as late from flights`,
    ['late: flights.day TRANSFORMATION, flights.delay CONDITIONAL'],
  ],
  [
    'subqueries that answer a value, or whether there is a row, of columns around them too',
    `select (select name from airports where iata = f.origin) as name, id in (select city from airports) as same from flights f
      where exists (select 1 from airports a where a.iata = f.origin)`,
    [
      'name: airports.name TRANSFORMATION, airports.iata FILTER, flights.origin FILTER',
      'same: flights.id CONDITIONAL, airports.city CONDITIONAL',
      '| airports.iata FILTER, flights.origin FILTER',
    ],
  ],
  [
    'LATERAL, functions in FROM and whole rows',
    `select part, q.d, to_jsonb(a) as whole from airports a, lateral (select a.city as d) q, unnest(string_to_array(a.name, ' ')) part`,
    [
      'part: airports.name TRANSFORMATION',
      'd: airports.city IDENTITY',
      'whole: airports.iata TRANSFORMATION, airports.name TRANSFORMATION, airports.city TRANSFORMATION',
    ],
  ],
  ['VALUES', 'select column1 from (values (1), (2)) v', ['column1: ']],
])('%s', async (_what, sql, columns) => {
  expect(await lineage(sql)).toEqual(columns);
});

test.each([
  'select from where',
  'delete from flights',
  'select id from elsewhere',
  'select speed from flights',
  'select a from json_to_record($$ {} $$) as t (a int)',
])('of %s nothing is claimed', async (sql) => {
  expect(await lineage(sql)).toBeNull();
});
