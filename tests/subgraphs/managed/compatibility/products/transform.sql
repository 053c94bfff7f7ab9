select *
from (values
  ('kettle', 'K-1', 'warm', 'blue', 'small', 1::double precision, 'dented', 'ada@shop.example'),
  ('teapot', 'T-1', '', 'white', 'large', 2, null, 'nobody@shop.example'),
  ('spoon', 'S-1', null, null, null, null, null, null)
) as product (id, sku, package, variation_id, size, weight, notes, created_by_email)
