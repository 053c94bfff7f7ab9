import { expect, test } from '@jest/globals';
import { countedWhere } from '../../../schema/contract/count-query.ts';

test.each([
  ['select count(*) from flights', 'true'],
  ['SELECT pg_catalog.count(*) AS n FROM "flights";', 'true'],
  ['select count(*) from flights where delay < 0', 'delay < 0'],
  ['select count(*) from flights where delay < 0 -- none\n ;', 'delay < 0'],
  [
    `select count(*) from flights where "zürich" = 'where' /* not here */ and late`,
    `"zürich" = 'where' /* not here */ and late`,
  ],
  ['select count(*) from flights where flights.late', 'flights.late'],
])('%s counts rows by a condition', async (sql, where) => {
  expect(await countedWhere(sql, 'flights')).toBe(where);
});

test.each([
  'select count(*) from airports',
  'select count(*) from flights f where f.late',
  'select count(*) from flights, airports',
  'select count(*) from flights where exists (select from airports where code = origin)',
  'select count(*) from flights group by origin',
  'select count(*) from flights having count(*) > 1',
  'select count(*) from flights limit 0',
  'select distinct count(*) from flights',
  'select count(*) filter (where late) from flights',
  'select count(*) over () from flights',
  'select count(origin) from flights',
  'select count(*) + 1 from flights',
  'select count(*), 1 from flights',
  'select max(delay) from flights',
  'with flights as (select 1) select count(*) from flights',
  'select count(*) from flights union all select 2',
  'select count(*) from flights tablesample system (1)',
])('%s is asked by itself', async (sql) => {
  expect(await countedWhere(sql, 'flights')).toBeNull();
});
