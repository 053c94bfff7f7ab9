select
  n as id,
  (array['small', 'large', 'blue', 'red', 'steel', 'brass'])[1 + n % 6] || ' ' || (array['bolt', 'hinge', 'valve', 'gear', 'spring'])[1 + n % 5] || ' ' || n as name,
  'Brand ' || (1 + abs(hashtextextended(n::text, 31)) % 25) as brand,
  (1 + abs(hashtextextended(n::text, 32)) % 50)::int as size,
  (100 + abs(hashtextextended(n::text, 33)) % 99999)::numeric / 100 as price
from generate_series(1, 200000) as n
