import type { QueryName } from '../queries.ts';

/** A statement that answers a query: one row of one column, the text of `data`. */
export interface LimitStatement {
  readonly sql: string;
  /** In order: the name of a variable, or a value that is always the same. */
  readonly parameters: readonly ({ readonly variable: string } | { readonly value: string | null })[];
  /** What stands around the text, to make it `data`. */
  readonly around?: readonly [string, string];
}

const text = (column: string): string => `to_json(${column})`;

const part = `(select '{"id":"' || part.id || '","name":' || ${text('part.name')} || ',"brand":' || ${text('part.brand')} || ',"price":"' || part.price || '"}'
  from supply.parts as part where part.id = line.part_id)`;

const lines = (fields: string, first: number): string => `(select string_agg(${fields}, ',' order by line.position) from
  (select * from sales.order_lines where order_id = o.id order by position limit ${first}) as line)`;

/** By hand, as fast as we know how to write them: what Weft's own statements are measured by. */
export const BY_HAND: Readonly<Partial<Record<QueryName, LimitStatement>>> = {
  q1: {
    parameters: [{ variable: 'id' }],
    sql: `select '{"customer":{"name":' || ${text('name')} || ',"city":' || ${text('city')} || ',"segment":' || ${text('segment')} || '}}'
from crm.customers where id = $1::integer`,
  },
  q2: {
    parameters: [{ variable: 'before' }, { variable: 'atLeast' }],
    sql: `select '{"orders":{"nodes":[' || coalesce(string_agg(
  '{"id":"' || o.id || '","status":"' || o.status || '","orderedOn":"' || o.ordered_on || '","total":"' || o.total || '","customer":' ||
  coalesce((select '{"id":"' || c.id || '","name":' || ${text('c.name')} || ',"city":' || ${text('c.city')} || ',"segment":' || ${text('c.segment')} || '}'
    from crm.customers as c where c.id = o.customer_id), 'null') || ',"orderLines":{"nodes":[' ||
  coalesce(${lines(`'{"position":' || line.position || ',"quantity":' || line.quantity || ',"price":"' || line.price || '","part":' || coalesce(${part}, 'null') || '}'`, 5)}, '') ||
  ']}}', ',' order by o.id desc), '') || ']}}'
from (select * from sales.orders where id < $1::integer and total >= $2::numeric and status = 'SHIPPED' order by id desc limit 50) as o`,
  },
  q3: {
    parameters: [{ variable: 'from' }, { variable: 'to' }],
    sql: `select '{"orderAggregate":[' || coalesce(string_agg('{"key":{"status":"' || status || '","priority":' || ${text('priority')} ||
  '},"count":"' || count || '","sum":{"total":"' || sum || '"},"avg":{"total":"' || avg || '"},"max":{"total":"' || max || '"}}', ','
  order by status, priority), '') || ']}'
from (select status, priority, count(*) as count, sum(total) as sum, avg(total) as avg, max(total) as max
  from sales.orders where id >= $1::integer and id < $2::integer group by status, priority) as o`,
  },
  q4: {
    parameters: [{ variable: 'after' }, { variable: 'atLeast' }],
    sql: `select '{"parts":{"edges":[' || coalesce(string_agg('{"cursor":"' || id || '","node":{"id":"' || id || '","name":' || ${text('name')} ||
  ',"brand":' || ${text('brand')} || ',"size":' || size || ',"price":"' || price || '"}}', ',' order by id) filter (where n <= 100), '') ||
  '],"pageInfo":{"hasNextPage":' || (count(*) > 100) || ',"endCursor":' || coalesce('"' || max(id) filter (where n <= 100) || '"', 'null') || '}}}'
from (select *, row_number() over (order by id) as n from supply.parts
  where id > $1::integer and price >= $2::numeric order by id limit 101) as part`,
  },
  q5: {
    parameters: [{ variable: 'before' }],
    sql: `select id, total from sales.orders where id < $1::integer order by id desc limit 20`,
  },
  q6: {
    parameters: [{ variable: 'after' }],
    sql: `select '{"customers":{"nodes":[' || coalesce(string_agg('{"id":"' || c.id || '","name":' || ${text('c.name')} || ',"orders":{"nodes":[' ||
  coalesce((select string_agg('{"id":"' || o.id || '","total":"' || o.total || '","orderLines":{"nodes":[' ||
    coalesce(${lines(
      `'{"quantity":' || line.quantity || ',"part":' || coalesce((select '{"name":' || ${text('part.name')} || ',"stocks":{"nodes":[' ||
        coalesce((select string_agg('{"warehouse":' || ${text('s.warehouse')} || ',"quantity":' || s.quantity || '}', ',' order by s.id) from
          (select * from supply.stocks where part_id = part.id order by id limit 2) as s), '') || ']}}'
        from supply.parts as part where part.id = line.part_id), 'null') || '}'`,
      3,
    )}, '') || ']}}', ',' order by o.id desc)
    from (select * from sales.orders where customer_id = c.id order by id desc limit 5) as o), '') || ']}}', ',' order by c.id), '') || ']}}'
from (select * from crm.customers where id > $1::integer order by id limit 10) as c`,
  },
};

/** The parts of Q5's second statement, after the remote service has said which. */
export const PARTS_BY_ID = `select id, '{"id":"' || id || '","name":' || ${text('name')} || ',"price":"' || price || '"}' as json
from supply.parts where id = any($1::integer[])`;
