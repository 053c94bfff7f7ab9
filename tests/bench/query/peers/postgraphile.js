import { createServer } from 'node:http';
import { PgAggregatesPreset } from '@graphile/pg-aggregates';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { jsonPgSmartTags } from 'postgraphile/utils';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';

// PostGraphile 5 over the tables of the bench: its Amber preset, filters and aggregates. Weft's tables have no foreign keys, so that
// versions can come and go; smart tags say them. The views beside the tables are left out.
const views = ['crm.customers', 'sales.orders', 'sales.order_lines', 'supply.parts', 'supply.stocks'];
const tables = {
  'crm.customers__1': { name: 'customers' },
  'sales.orders__1': { name: 'orders', foreignKey: '(customer_id) references crm.customers__1 (id)' },
  'sales.order_lines__1': {
    name: 'order_lines',
    foreignKey: ['(order_id) references sales.orders__1 (id)', '(part_id) references supply.parts__1 (id)'],
  },
  'supply.parts__1': { name: 'parts' },
  'supply.stocks__1': { name: 'stocks', foreignKey: '(part_id) references supply.parts__1 (id)' },
};
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: Object.fromEntries([
      ...views.map((name) => [name, { tags: { name: `view_${name.replace('.', '_')}`, behavior: '-*' } }]),
      ...Object.entries(tables).map(([name, of]) => [name, { tags: of }]),
    ]),
  },
});

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset, PgAggregatesPreset],
  plugins: [tags],
  // No global ids; and every column may be filtered and grouped by, not only those with an index.
  disablePlugins: ['NodePlugin', 'PgRBACPlugin', 'PgIndexBehaviorsPlugin'],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ['crm', 'sales', 'supply'],
      poolConfig: { max: 8 },
    }),
  ],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import('graphql');
  console.log(printSchema(await instance.getSchema()));
  process.exit();
}
server.listen(Number(process.env.PORT), '127.0.0.1');
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => process.exit());
