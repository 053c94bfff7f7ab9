-- Three places for each part.
select
  n as id,
  1 + (n - 1) / 3 as part_id,
  (array['north', 'east', 'south'])[1 + n % 3] as warehouse,
  abs(hashtextextended(n::text, 41)) % 1000 as quantity
from generate_series(1, 600000) as n
