-- Whole numbers of six digits and more are counts of rows: the bench scales them.
select
  n as id,
  (array['Ada', 'Bao', 'Chidi', 'Dana', 'Emil', 'Farah', 'Goran', 'Hanna', 'Ines', 'Jun'])[1 + n % 10] || ' ' || initcap(translate(to_hex(n), '0123456789', 'ghijklmnop')) as name,
  (array['Lagos', 'Lima', 'Lyon', 'Leeds', 'Linz', 'Lund', 'Luanda'])[1 + abs(hashtextextended(n::text, 1)) % 7] as city,
  (array['machinery', 'furniture', 'household', 'building', 'automobile'])[1 + abs(hashtextextended(n::text, 2)) % 5] as segment,
  (abs(hashtextextended(n::text, 3)) % 99999)::numeric / 100 as balance,
  date '2010-01-01' + (abs(hashtextextended(n::text, 4)) % 5000)::int as since
from generate_series(1, 150000) as n
