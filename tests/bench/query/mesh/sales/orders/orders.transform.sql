select
  n as id,
  1 + abs(hashtextextended(n::text, 11)) % 150000 as customer_id,
  (array['SHIPPED', 'SHIPPED', 'SHIPPED', 'SHIPPED', 'OPEN', 'OPEN', 'OPEN', 'OPEN', 'RETURNED', 'CANCELLED'])[1 + abs(hashtextextended(n::text, 12)) % 10] as status,
  (array['low', 'medium', 'high'])[1 + abs(hashtextextended(n::text, 13)) % 3] as priority,
  date '2020-01-01' + (n::bigint * 2000 / 1500000)::int as ordered_on,
  (100 + abs(hashtextextended(n::text, 14)) % 99999)::numeric / 100 as total
from generate_series(1, 1500000) as n
