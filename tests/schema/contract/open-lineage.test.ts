import { expect, test } from '@jest/globals';
import { openLineage } from '../../../schema/contract/exports/open-lineage.ts';
import { sourceDataset } from '../../../schema/contract/exports/dataset-names.ts';
import type { SourceObject } from '../../../schema/contract/model.ts';
import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import type { ProductId } from '../../../schema/ids.ts';
import { expectValid } from './official-open-lineage.ts';
import { meshOf, type Sketch } from './product-files.ts';

const AIRPORTS: Sketch = {
  id: 'network/airports',
  extra: 'description: Where planes land.',
  properties: [
    '{ name: iata, logicalType: string, primaryKey: true, description: Three letters. }',
    '{ name: label, logicalType: string, transformLogic: "upper(iata) || name" }',
    '{ name: name, logicalType: string }',
  ],
};
const HUBS: Sketch = {
  id: 'operations/hubs',
  reads: ['network/airports/out'],
  transform: 'select 1 as id from airports',
};
const mesh = meshOf(AIRPORTS, HUBS);
const events = async (id: string) =>
  openLineage({ product: mesh.products.get(id as ProductId)!, mesh, publishedAt: new Date('2026-01-31T09:30:00Z') });

test('a product is a job that reads its source and makes its objects, each column from those that it is made of', async () => {
  const [{ name, event } = { name: '', event: {} }, ...others] = await events('network/airports');
  expect([name, others]).toEqual(['airports', []]);
  const from = (field: string, subtype: string) =>
    expect.objectContaining({
      namespace: 'file',
      name: 'x.csv',
      field,
      transformations: [expect.objectContaining({ type: 'DIRECT', subtype })],
    });
  expect(event).toMatchObject({
    eventTime: '2026-01-31T09:30:00.000Z',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent',
    job: { namespace: 'weft://network', name: 'airports', facets: { jobType: { integration: 'WEFT' } } },
    inputs: [{ namespace: 'file', name: 'x.csv', facets: { dataSource: { name: 'file', uri: 'file:///' } } }],
    outputs: [
      {
        namespace: 'weft://network',
        name: 'airports.airports',
        facets: {
          documentation: { description: 'Where planes land.' },
          schema: {
            fields: [
              { name: 'iata', type: 'text', description: 'Three letters.', ordinal_position: 1 },
              { name: 'label', type: 'text', ordinal_position: 2 },
              { name: 'name', type: 'text', ordinal_position: 3 },
            ],
          },
          columnLineage: {
            fields: {
              iata: { inputFields: [from('iata', 'IDENTITY')] },
              label: { inputFields: [from('iata', 'TRANSFORMATION'), from('name', 'TRANSFORMATION')] },
              name: { inputFields: [from('name', 'IDENTITY')] },
            },
          },
        },
      },
    ],
  });
});

test('what reads another product names the dataset that the other makes; of what is made of no column no lineage is claimed', async () => {
  const [made] = await events('network/airports');
  const [read] = await events('operations/hubs');
  const [{ namespace, name }] = made!.event['outputs'] as [{ namespace: string; name: string }];
  expect(read!.event).toMatchObject({
    job: { facets: { sql: { query: 'select 1 as id from airports' } } },
    inputs: [{ namespace, name }],
  });
  const [{ facets }] = read!.event['outputs'] as [{ facets: object }];
  expect(facets).not.toHaveProperty('columnLineage');
});

test('a transformation in SQL tells which columns each property is made of, and which decide on its rows', async () => {
  const sql = 'select iata as id from airports where name is not null';
  const two = meshOf(AIRPORTS, { ...HUBS, transform: sql });
  const [made] = await openLineage({
    product: two.products.get('operations/hubs' as ProductId)!,
    mesh: two,
    publishedAt: new Date(0),
  });
  const from = { namespace: 'weft://network', name: 'airports.airports' };
  const by = (type: string, subtype: string) => [{ type, subtype, masking: false }];
  expect(made!.event['outputs']).toMatchObject([
    {
      facets: {
        columnLineage: {
          fields: { id: { inputFields: [{ ...from, field: 'iata', transformations: by('DIRECT', 'IDENTITY') }] } },
          dataset: [{ ...from, field: 'name', transformations: by('INDIRECT', 'FILTER') }],
        },
      },
    },
  ]);
});

test.each<[Partial<OdcsServer>, string, string]>([
  [
    { type: 'postgresql', host: 'db', port: 5432, database: 'crm', schema: 'public' },
    'postgres://db:5432',
    'crm.public.rows',
  ],
  [{ type: 's3', location: 's3://lake/raw/rows.parquet' }, 's3://lake', 'raw/rows.parquet'],
  [{ type: 'api', location: 'https://user:secret@api.example/v1/a%20b' }, 'https://api.example', 'v1/a b'],
  [{ type: 'kafka', host: 'broker:9092' }, 'kafka://broker:9092', 'rows'],
  [{ type: 'local', path: './rows.csv' }, 'file', './rows.csv'],
  [{ type: 'bigquery' }, 'bigquery', 'rows'],
])('the source %j is %s %s', (server, namespace, name) => {
  const object = { name: 'rows', physicalName: null } as SourceObject;
  expect(sourceDataset({ server: 'one', ...server } as OdcsServer, object)).toEqual({ namespace, name });
});

test.each(['network/airports', 'operations/hubs'])(
  'the events of %s are valid by the official JSON Schemas, and each facet is',
  async (id) => {
    for (const { event } of await events(id)) expectValid(event, { facets: 4 });
  },
);
