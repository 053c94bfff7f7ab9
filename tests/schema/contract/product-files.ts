import type { Mesh, Product, ProductFile } from '../../../schema/contract/model.ts';
import { linkMesh } from '../../../schema/contract/link.ts';
import { readProduct } from '../../../schema/contract/read.ts';

/** A product's files, short: `properties` and `object` are YAML flow text, spliced in as they stand. */
export interface Sketch {
  readonly id: string;
  readonly object?: string;
  /** Lines of properties: `{ name: id, logicalType: integer, primaryKey: true }`. */
  readonly properties?: readonly string[];
  /** More keys of the schema object: `quality: […]`. */
  readonly extra?: string;
  /** More keys of the contract. */
  readonly contract?: string;
  /** Contract ids of other products that it reads. */
  readonly reads?: readonly string[];
  readonly transform?: string;
  readonly version?: string;
}

/** The files of a small managed product that reads one CSV, or others. */
export function sketch(wanted: Sketch): ProductFile[] {
  const [domain = '', name = ''] = wanted.id.split('/');
  const object = wanted.object ?? name.replaceAll('-', '_');
  const properties = wanted.properties ?? ['{ name: id, logicalType: integer, primaryKey: true }'];
  const reads = wanted.reads ?? [`${wanted.id}/source`];
  const plain = properties.map((line) => (/name: ([\w ]+)/.exec(line) ?? [])[1] ?? 'x');
  const files: ProductFile[] = [
    {
      path: 'product.odps.yaml',
      text: `apiVersion: v1.0.0
kind: DataProduct
id: ${wanted.id}
domain: ${domain}
name: ${name}
version: 1.0.0
status: active
inputPorts: [${reads.map((id, index) => `{ name: in${index}, version: 1.0.0, contractId: ${id} }`).join(', ')}]
outputPorts:
  - { name: out, version: ${wanted.version ?? '1.0.0'}, type: tables, contractId: ${wanted.id}/out }
`,
    },
    {
      path: 'out.odcs.yaml',
      text: `apiVersion: v3.2.0
kind: DataContract
id: ${wanted.id}/out
version: 1.0.0
status: active
schema:
  - name: ${object}
    ${wanted.extra ?? 'physicalType: table'}
    properties:
${properties.map((line) => `      - ${line}`).join('\n')}
${wanted.contract ?? ''}
`,
    },
  ];
  if (wanted.reads === undefined)
    files.push({
      path: 'source.odcs.yaml',
      text: `apiVersion: v3.2.0
kind: DataContract
id: ${wanted.id}/source
version: 1.0.0
servers: [{ server: file, type: local, path: x.csv, format: csv }]
schema:
  - name: rows
    properties:
${plain.map((column) => `      - { name: ${column}, logicalType: string }`).join('\n')}
`,
    });
  const transform = wanted.transform ?? (wanted.reads === undefined ? undefined : 'select 1 as id');
  if (transform !== undefined) files.push({ path: 'transform.sql', text: transform });
  return files;
}

/** Reads a sketch that must pass. */
export function productOf(wanted: Sketch): Product {
  const { product, findings } = readProduct(sketch(wanted), { folder: wanted.id.split('/')[1] ?? '' });
  if (product === null) throw new Error(findings.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return product;
}

/** Links sketches that must pass. */
export function meshOf(...wanted: readonly Sketch[]): Mesh {
  const { mesh, findings } = linkMesh(wanted.map(productOf));
  if (findings.length > 0) throw new Error(findings.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return mesh;
}
