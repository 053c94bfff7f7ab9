import type { ProductFolder } from '../../gateway/publishing/read-folders.ts';
import { productFolders } from '../../gateway/up/product-folders.ts';

/** A managed product of one object and one file, to be bent by tests; lines are YAML flow maps of properties. */
export interface ProductText {
  readonly domain: string;
  readonly name: string;
  readonly properties?: readonly string[];
  readonly quality?: readonly string[];
  readonly transform?: string;
  /** `domain/product` that it reads besides its file. */
  readonly reads?: string;
  readonly version?: string;
}

/** The product's folder as the command line would send it. */
export function folderOf(text: ProductText): ProductFolder {
  const { domain, name, properties = [], quality = [], transform, reads, version = '1.0.0' } = text;
  const id = `${domain}/${name}`;
  const inputs = [`${id}/source`, ...(reads === undefined ? [] : [`${reads}/output`])];
  const files = [
    {
      path: 'product.odps.yaml',
      text: `apiVersion: v1.0.0
kind: DataProduct
id: ${id}
domain: ${domain}
name: ${name}
version: ${version}
status: active
inputPorts:
${inputs.map((contract, at) => `  - { name: in${at}, version: 1.0.0, contractId: ${contract} }\n`).join('')}outputPorts:
  - { name: out, version: 1.0.0, contractId: ${id}/output }
`,
    },
    { path: 'source.odcs.yaml', text: contract(`${id}/source`, name, properties, SERVER) },
    { path: 'output.odcs.yaml', text: contract(`${id}/output`, name, properties, '', quality) },
    ...(transform === undefined ? [] : [{ path: 'transform.sql', text: transform }]),
  ];
  return { name, path: `/products/${name}`, files };
}

/** A product's folder on this machine, as the command line would send it. */
export async function folderAt(path: string): Promise<ProductFolder> {
  const [folder] = (await productFolders(path)) ?? [];
  if (folder === undefined) throw new Error(`There is no product in ${path}.`);
  const { name, files } = folder;
  return { name, path, files };
}

/** A remote product whose service is at `url`. */
export function remoteFolder(name: string, url: string, sdl: string): ProductFolder {
  return {
    name,
    files: [
      {
        path: 'product.odps.yaml',
        text: `apiVersion: v1.0.0
kind: DataProduct
id: elsewhere/${name}
domain: elsewhere
name: ${name}
version: 1.0.0
status: active
outputPorts:
  - { name: graph, version: 1.0.0, type: graphql, contractId: elsewhere/${name}/graph }
`,
      },
      {
        path: 'graph.odcs.yaml',
        text: `apiVersion: v3.1.0
kind: DataContract
id: elsewhere/${name}/graph
version: 1.0.0
status: active
servers:
  - { server: service, type: api, location: '${url}' }
schema: []
`,
      },
      { path: 'schema.graphql', text: sdl },
    ],
  };
}

/** The same folder with one file's text changed. */
export function edited(folder: ProductFolder, path: string, edit: (text: string) => string): ProductFolder {
  return {
    ...folder,
    files: folder.files.map((file) => (file.path === path ? { ...file, text: edit(file.text) } : file)),
  };
}

const SERVER = 'servers:\n  - { server: file, type: local, path: rows.csv, format: csv }\n';

function contract(
  id: string,
  object: string,
  properties: readonly string[],
  servers: string,
  quality: readonly string[] = [],
): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: ${id}
version: 1.0.0
status: active
${servers}schema:
  - name: ${object}
    properties:
      - { name: id, logicalType: string, primaryKey: true, primaryKeyPosition: 1, required: true }
${properties.map((line) => `      - ${line}\n`).join('')}${quality.length === 0 ? '' : `    quality:\n${quality.map((line) => `      - ${line}\n`).join('')}`}`;
}
