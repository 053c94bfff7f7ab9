import { sqlName, type ProductId } from '../../../schema/ids.ts';
import { typeName, title } from '../../../schema/contract/names.ts';
import type { DraftFile } from './draft-contracts.ts';
import { objectNames } from './draft-names.ts';
import { productDocument, type Owner } from './product-document.ts';

/** A product to be filled in: it passes its check as it stands, and says in comments what else a contract may hold. */
export function skeleton(id: ProductId, owner: Owner): DraftFile[] {
  const [domain = '', product = ''] = id.split('/');
  const [object = sqlName(product)] = objectNames([product], domain, new Set());
  const input = product === 'source' ? 'input' : 'source';
  const ports = { input: `${id}/${input}`, output: `${id}/${product}` };
  return [
    { path: 'product.odps.yaml', text: productDocument(id, ports, { owner, input, about: `${product}.csv` }) },
    { path: `${input}.odcs.yaml`, text: source(ports.input, product, object) },
    { path: `${product}.odcs.yaml`, text: output(ports.output, product, object) },
  ];
}

const source = (
  id: string,
  product: string,
  object: string,
): string => `# What goes in: where the data lies, and which columns it has there.
apiVersion: v3.2.0
kind: DataContract
id: ${id}
name: ${product}.csv
version: 0.1.0
status: draft
servers:
  # A file in this folder: csv, tsv, json, ndjson (also .gz) or parquet.
  - { server: file, type: local, path: ${product}.csv, format: csv }
schema:
  - name: ${object}
    properties:
      # physicalName: what the source calls the column, where it is another name.
      - { name: id, logicalType: string, required: true }
      # - { name: quantity, physicalName: Qty., logicalType: integer }
`;

const output = (
  id: string,
  product: string,
  object: string,
): string => `# What comes out: the table, the GraphQL type ${typeName(object) ?? object} and the checks on every load are made of this.
apiVersion: v3.2.0
kind: DataContract
id: ${id}
name: ${title(product)}
version: 0.1.0
status: draft
schema:
  - name: ${object}
    # description: what one row is
    properties:
      # A type needs a key: what tells its rows apart.
      - name: id
        logicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: internal
      # - name: quantity
      #   description: In pieces.
      #   logicalType: integer # string, integer, number, boolean, date, timestamp, time, object, array
      #   required: true
      #   classification: internal # public, internal, confidential
      # - name: status
      #   logicalType: string
      #   enum: [{ value: open }, { value: closed }]
      # - name: airportIata
      #   logicalType: string
      #   relationships: [{ to: airports.iata }]
    quality:
      - { metric: rowCount, mustBeGreaterThan: 0, dimension: completeness, severity: error }
# What you promise of its freshness; a frequency makes the schedule:
# slaProperties:
#   - { property: frequency, value: 1, unit: d }
#   - { property: latency, value: 1, unit: d }
`;
