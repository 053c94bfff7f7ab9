import { expect, test } from '@jest/globals';

import { asksTheClock } from '../../../schema/contract/sql-clock.ts';

test.each([
  'select now()',
  'select pg_catalog.now()',
  'select current_date - day from orders',
  'select id from orders where at > localtimestamp',
  `select 'today'::date`,
  `select timestamptz ' Yesterday 08:00'`,
  'select age(born) from people',
  'select today()',
  'with late as (select id from orders where due < (select current_timestamp)) select id from late',
  'select id from (select 1 as id union all select extract(year from current_date)::int) x',
  'what is no SQL',
])('%s may answer otherwise tomorrow', async (sql) => {
  expect(await asksTheClock(sql)).toBe(true);
});

test.each([
  'select id, now from orders',
  'select "today" from days',
  'select age(ended, began) from leases',
  `select id from orders where state = 'known' and at > '2026-01-01'::date`,
  `select to_char(at, 'YYYY') from orders`,
])('%s answers the same of the same', async (sql) => {
  expect(await asksTheClock(sql)).toBe(false);
});
