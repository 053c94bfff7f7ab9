import { linkMesh } from '../../../../schema/contract/link.ts';
import type { Mesh, ProductFile } from '../../../../schema/contract/model.ts';
import { readProduct } from '../../../../schema/contract/read.ts';
import { sketch } from '../product-files.ts';

/** A product that has of everything something, to be changed by tests. */
export const FLIGHTS: readonly ProductFile[] = [
  {
    path: 'product.odps.yaml',
    text: `apiVersion: v1.0.0
kind: DataProduct
id: operations/flights
domain: operations
name: flights
version: 1.4.0
status: active
description: { purpose: Every flight. }
tags: [facts]
inputPorts:
  - { name: source, version: 1.0.0, contractId: operations/flights/source }
outputPorts:
  - { name: out, version: 1.4.0, type: tables, contractId: operations/flights/out }
team:
  name: Operations
  members:
    - { username: ada@operations.example, role: owner }
support:
  - { channel: chat, url: 'https://chat.example/operations' }
customProperties:
  - { property: tier, value: gold }
`,
  },
  {
    path: 'out.odcs.yaml',
    text: `apiVersion: v3.2.0
kind: DataContract
id: operations/flights/out
version: 1.4.0
status: active
price: { priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte }
roles:
  - { role: reader, access: read, firstLevelApprovers: ada }
schema:
  - name: flights
    id: flights_object
    description: One row a flight.
    quality:
      - { id: enough, metric: rowCount, mustBeGreaterThan: 100 }
    properties:
      - { name: id, logicalType: string, primaryKey: true, required: true }
      - { name: delay, id: delay_minutes, logicalType: integer, classification: internal, description: Minutes. }
      - { name: fare, logicalType: number, physicalType: 'decimal(10,2)' }
      - { name: day, logicalType: date, required: true }
      - { name: tail, logicalType: string, required: true, unique: true }
      - { name: status, logicalType: string, enum: [{ value: ON_TIME }, { value: LATE }] }
      - { name: note, logicalType: string, logicalTypeOptions: { maxLength: 80 }, quality: [{ id: noted, metric: nullValues, mustBeLessThan: 5 }] }
      - { name: originIata, logicalType: string, relationships: [{ to: airports.iata }] }
      - { name: stops, logicalType: array, items: { logicalType: string } }
      - { name: extra, logicalType: object, properties: [{ name: seats, logicalType: integer }] }
      - { name: punctuality, semanticType: dimension, logicalType: string, transformLogic: "case when delay > 15 then 'late' else 'fine' end" }
      - { name: meanDelay, semanticType: measure, logicalType: number, transformLogic: avg(delay) }
slaProperties:
  - { property: frequency, value: 1, unit: d }
  - { property: freshness, value: 2, unit: h }
  - { property: retention, value: 3, unit: y }
  - { property: availability, value: 99.5, unit: percent }
`,
  },
  {
    path: 'source.odcs.yaml',
    text: `apiVersion: v3.2.0
kind: DataContract
id: operations/flights/source
version: 1.0.0
servers: [{ server: file, type: local, path: flights.csv, format: csv }]
schema:
  - { name: rows, properties: [{ name: id, logicalType: string }] }
`,
  },
  { path: 'transform.sql', text: 'select * from rows' },
];

const PLACES = ['airports', 'ports'].map((name) => ({
  name,
  files: sketch({ id: `network/${name}`, properties: ['{ name: iata, logicalType: string, primaryKey: true }'] }),
}));

/** The product's files with pieces of text replaced: each must be there. */
export function editedFlights(...edits: readonly (readonly [string, string])[]): ProductFile[] {
  const missing = edits.filter(([from]) => !FLIGHTS.some(({ text }) => text.includes(from)));
  if (missing.length > 0) throw new Error(`FLIGHTS has no ${missing.map(([from]) => from).join(', ')}`);
  return FLIGHTS.map(({ path, text }) => ({
    path,
    text: edits.reduce((all, [from, to]) => all.replace(from, to), text),
  }));
}

/** A mesh of these files, and of what they refer to. */
export function meshOfFiles(files: readonly ProductFile[], folder = 'flights'): Mesh {
  const read = [{ name: folder, files }, ...PLACES].map((one) => readProduct(one.files, { folder: one.name }));
  const faults = read.flatMap(({ product, findings }) => (product === null ? findings : []));
  const { mesh, findings } = linkMesh(read.flatMap(({ product }) => product ?? []));
  const found = [...faults, ...findings].map(({ code, message }) => `${code}: ${message}`);
  if (found.length > 0) throw new Error(found.join('\n'));
  return mesh;
}
