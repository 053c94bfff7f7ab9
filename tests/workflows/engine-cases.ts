import type { EngineProduct, EngineSource } from './engine-product.ts';

/** A product that other products of these tests read: it is made in Postgres. */
export const CUSTOMERS: EngineProduct = {
  name: 'customers',
  sources: [
    {
      object: 'people',
      format: 'csv',
      content: [
        'id,name,since,limit,vip,labels,seen',
        `1,"O'Brien, ""Bob""",2020-02-29,1000.50,true,"[""a"",""b c""]",2024-03-10T23:30:00Z`,
        '2,Zoë 日本 🦆,2021-12-31,,false,,2024-03-11T00:15:00+02:00',
        '3,"two',
        'lines",1999-01-01,99999999999.99,true,[],',
        '4,,,0,,,',
        '',
      ].join('\n'),
      properties: [
        '{ name: id, logicalType: integer, required: true }',
        '{ name: name, logicalType: string }',
        '{ name: since, logicalType: date }',
        '{ name: limit, logicalType: number, physicalType: "numeric(18,2)" }',
        '{ name: vip, logicalType: boolean }',
        '{ name: labels, logicalType: array, items: { logicalType: string } }',
        '{ name: seen, logicalType: timestamp }',
      ],
    },
  ],
  output: [
    '{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
    '{ name: name, logicalType: string }',
    '{ name: since, logicalType: date }',
    '{ name: creditLimit, logicalType: number, physicalType: "numeric(18,2)" }',
    '{ name: vip, logicalType: boolean }',
    '{ name: labels, logicalType: array, items: { logicalType: string } }',
    '{ name: seen, logicalType: timestamp }',
  ],
  transform: 'select id, name, since, "limit" as credit_limit, vip, labels, seen from people',
};

const ORDERS: EngineSource = {
  object: 'orders',
  format: 'csv',
  content: [
    'Order No,customer,item,amount,at,note',
    '1,1,apple,10.10,2024-01-31,"with ""quotes"", commas"',
    '2,1,pear,0.05,2024-02-29,',
    `3,2,apple,-3.25,2024-02-29,"it's"`,
    '4,2,plum,1000000.00,2023-12-31,\\N',
    '5,9,pear,7,2024-01-31,""',
    '6,,apple,,2024-03-01,ünï',
    '',
  ].join('\n'),
  properties: [
    '{ name: Order No, physicalName: Order No, logicalType: integer, required: true }',
    '{ name: customer, logicalType: integer }',
    '{ name: item, logicalType: string }',
    '{ name: amount, logicalType: number, physicalType: "numeric(12,2)" }',
    '{ name: at, logicalType: date }',
    '{ name: note, logicalType: string }',
  ],
};

const PRICES: EngineSource = {
  object: 'prices',
  format: 'parquet',
  content: `select * from (values ('apple', 1.5::decimal(9,3), 0.1::double, timestamp '2024-01-01 12:00:00'),
                                  ('pear', 0.125, 1e300, null), ('plum', null, null, timestamp '1969-12-31 23:59:59')) as t (item, price, weight, changed)`,
  properties: [
    '{ name: item, logicalType: string, required: true }',
    '{ name: price, logicalType: number, physicalType: "numeric(9,3)" }',
    '{ name: weight, logicalType: number }',
    '{ name: changed, logicalType: timestamp }',
  ],
};

const integer = (name: string, key = false): string =>
  `{ name: ${name}, logicalType: integer${key ? ', primaryKey: true, primaryKeyPosition: 1, required: true' : ''} }`;
const text = (name: string, key = false): string =>
  `{ name: ${name}, logicalType: string${key ? ', primaryKey: true, primaryKeyPosition: 1, required: true' : ''} }`;
const decimal = (name: string, digits: string): string =>
  `{ name: ${name}, logicalType: number, physicalType: "numeric(${digits})" }`;

/** The same SQL over the same inputs: what one engine makes of it, all do. */
export const CASES: readonly (Omit<EngineProduct, 'engine'> & { readonly title: string })[] = [
  {
    title: 'a join of a CSV, a Parquet and another product',
    name: 'joined',
    sources: [ORDERS, PRICES],
    reads: ['customers'],
    output: [integer('orderNo', true), text('name'), decimal('price', '9,3'), decimal('total', '18,2')],
    transform: `select o.order_no, c.name, p.price, cast(o.amount * p.price as numeric(18,2)) as total
  from orders o
  left join customers c on c.id = o.customer
  join prices p on p.item = o.item`,
  },
  {
    title: 'aggregates of decimals, and nulls in them',
    name: 'sums',
    sources: [ORDERS],
    output: [
      text('item', true),
      integer('orders'),
      integer('customers'),
      decimal('total', '18,2'),
      decimal('mean', '18,4'),
      decimal('largest', '12,2'),
    ],
    transform: `select item, count(*) as orders, count(distinct customer) as customers, sum(amount) as total,
       cast(avg(cast(amount as numeric(18,8))) as numeric(18,4)) as mean, max(amount) as largest
  from orders group by item having count(*) > 1`,
  },
  {
    title: 'days, months and moments',
    name: 'moments',
    sources: [ORDERS],
    reads: ['customers'],
    output: [
      integer('orderNo', true),
      '{ name: month, logicalType: date }',
      integer('year'),
      '{ name: late, logicalType: boolean }',
      '{ name: seen, logicalType: timestamp }',
    ],
    transform: `select o.order_no, cast(date_trunc('month', o.at) as date) as month, cast(extract(year from o.at) as integer) as year,
       o.at > date '2024-01-31' as late, c.seen
  from orders o left join customers c on o.customer = c.id`,
  },
  {
    title: 'texts of all kinds, and lists',
    name: 'texts',
    sources: [],
    reads: ['customers'],
    output: [
      integer('id', true),
      text('name'),
      text('upper'),
      text('said'),
      integer('letters'),
      '{ name: labels, logicalType: array, items: { logicalType: string } }',
    ],
    transform: `select id, name, upper(name) as upper, 'it''s "' || coalesce(name, 'nobody') || '"' as said, length(name) as letters, labels
  from customers`,
  },
  {
    title: 'windows, common tables and unions',
    name: 'windows',
    sources: [ORDERS],
    output: [integer('orderNo', true), integer('place'), decimal('running', '18,2'), text('kind')],
    transform: `with placed as (
  select order_no, item, amount,
         row_number() over (partition by item order by coalesce(amount, 0) desc, order_no) as place,
         sum(amount) over (partition by item order by order_no rows between unbounded preceding and current row) as running
    from orders
)
select order_no, place, running, case when place = 1 then 'first' when amount is null then null else 'other' end as kind
  from placed where item <> 'plum'
union all
select order_no, -1, amount, 'plum' from placed where item = 'plum' -- a comment at the end;`,
  },
  {
    title: 'numbers with a point, and moments of a Parquet',
    name: 'numbers',
    sources: [PRICES],
    output: [
      text('item', true),
      '{ name: weight, logicalType: number }',
      decimal('price', '9,2'),
      '{ name: changed, logicalType: timestamp }',
    ],
    transform: 'select item, weight, price, changed from prices',
  },
];
