import { expect, test } from '@jest/globals';
import { readProduct } from '../../../schema/contract/read.ts';

const PRODUCT = (inputs: string): string => `apiVersion: v1.0.0
kind: DataProduct
id: shop/orders
domain: shop
name: orders
version: 1.0.0
status: active
${inputs}outputPorts: [{ name: orders, version: 1.0.0, contractId: orders }]
`;
const INPUTS = 'inputPorts: [{ name: source, version: 1.0.0, contractId: source }]\n';
const CONTRACT = (id: string, servers: readonly string[]): string => `apiVersion: v3.1.0
kind: DataContract
id: ${id}
version: 1.0.0
status: active
servers:
${servers.map((server) => `  - ${server}\n`).join('')}schema:
  - { name: orders, properties: [{ name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1 }] }
`;
const WAREHOUSE = `type: postgres, host: localhost, port: 5432, database: dwh, schema: shop`;
const CREDENTIALS = `{ property: user, value: weft }, { property: password, value: '\${secret:DWH}' }`;
const DELIVER = `{ property: deliver, value: true }`;

function read(servers: readonly string[], inputs = INPUTS) {
  const source = {
    path: 'source.odcs.yaml',
    text: CONTRACT('source', ['{ server: in, type: local, path: a.csv, format: csv }']),
  };
  return readProduct(
    [
      { path: 'product.odps.yaml', text: PRODUCT(inputs) },
      { path: 'orders.odcs.yaml', text: CONTRACT('orders', servers) },
      ...(inputs === '' ? [] : [source]),
    ],
    { folder: 'orders' },
  );
}

test('a server is delivered to where it says so, and only there: others are kept as they are, and nothing is done with them', () => {
  const { product, findings } = read([
    '{ server: lake, type: s3, location: "s3://lake/orders/", format: csv }',
    `{ server: dwh, ${WAREHOUSE} }`,
    `{ server: files, type: local, path: out, format: parquet, customProperties: [${DELIVER}, { property: keep, value: 7 }] }`,
    `{ server: store, type: s3, location: 's3://lake/orders', format: parquet, customProperties: [${DELIVER}, { property: classifications, value: [internal] }] }`,
    `{ server: copy, ${WAREHOUSE}, customProperties: [${DELIVER}, ${CREDENTIALS}] }`,
    `{ server: shift, type: redshift, host: localhost, database: dwh, schema: shop, customProperties: [${DELIVER}, ${CREDENTIALS}] }`,
  ]);
  expect(findings).toEqual([]);
  expect(product?.kind).toBe('managed');
  expect(product?.destinations).toMatchObject([
    { name: 'files', keep: 7, classifications: [], to: { kind: 'folder', path: 'out' } },
    { name: 'store', keep: 3, classifications: ['internal'], to: { kind: 'store', place: { key: 'orders/' } } },
    { name: 'copy', to: { kind: 'database', dialect: 'postgres' } },
    { name: 'shift', to: { kind: 'database', dialect: 'redshift', server: { port: 5439 } } },
  ]);
});

test.each([
  [
    'a product that Weft makes no data of',
    '',
    `{ server: a, ${WAREHOUSE}, customProperties: [${CREDENTIALS}] }`,
    `{ server: b, type: local, path: out, format: parquet, customProperties: [${DELIVER}] }`,
    'DELIVERY_MISPLACED',
  ],
  [
    'two of one name',
    INPUTS,
    `{ server: a, type: local, path: a, format: parquet, customProperties: [${DELIVER}] }`,
    `{ server: a, type: local, path: b, format: parquet, customProperties: [${DELIVER}] }`,
    'DELIVERY_TWICE',
  ],
  [
    'another format',
    INPUTS,
    `{ server: a, type: local, path: a, format: csv, customProperties: [${DELIVER}] }`,
    '',
    'DELIVERY_SETTINGS',
  ],
  [
    'a path that climbs',
    INPUTS,
    `{ server: a, type: local, path: ../a, format: parquet, customProperties: [${DELIVER}] }`,
    '',
    'DELIVERY_SETTINGS',
  ],
  [
    'a kind of server that nothing is delivered to',
    INPUTS,
    `{ server: a, type: mysql, host: h, port: 1, database: d, customProperties: [${DELIVER}] }`,
    '',
    'DELIVERY_SETTINGS',
  ],
  [
    'a password in clear',
    INPUTS,
    `{ server: a, ${WAREHOUSE}, customProperties: [${DELIVER}, { property: user, value: u }, { property: password, value: p }] }`,
    '',
    'SERVER_PASSWORD',
  ],
])('%s is found', (_what, inputs, one, other, code) => {
  const { product, findings } = read(
    [one, other].filter((server) => server !== ''),
    inputs,
  );
  expect(findings.map((finding) => finding.code)).toContain(code);
  expect(product).toBeNull();
});
