select *
from (values
  ('K-0', 'warm', 'It leaks', 'ada@shop.example'),
  ('K-0', 'cold', null, null)
) as product (sku, package, reason, created_by_email)
