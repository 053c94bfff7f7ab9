-- One to seven lines of each of the latest fifth of the orders: older ones were archived.
select
  (n - 1200000) * 8 + line as id,
  n as order_id,
  line as position,
  1 + abs(hashtextextended(n::text || '/' || line::text, 21)) % 200000 as part_id,
  1 + abs(hashtextextended(n::text || '/' || line::text, 22)) % 50 as quantity,
  (100 + abs(hashtextextended(n::text || '/' || line::text, 23)) % 99999)::numeric / 100 as price
from generate_series(1200001, 1500000) as n
cross join generate_series(1, 7) as line
where line <= 1 + abs(hashtextextended(n::text, 24)) % 7
