import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A product of one file and one object, to be bent by tests: YAML lines go in as they are. */
export interface SmallProduct {
  readonly name?: string;
  readonly file?: string;
  readonly format?: string;
  readonly content: string | Uint8Array | null;
  /** Lines of `properties` of the source: `{ name: id, logicalType: integer, required: true }`. */
  readonly source: readonly string[];
  readonly output: readonly string[];
  /** How the source's object is called, where it is not as the product is. */
  readonly sourceObject?: string;
  readonly quality?: readonly string[];
  /** Promises of the output: `{ property: freshness, value: 1, unit: h }`. */
  readonly sla?: readonly string[];
  /** Channels of its owners: `{ channel: us, tool: slack, scope: issues, url: 'http://127.0.0.1:1/hook' }`. */
  readonly support?: readonly string[];
  readonly transform?: string;
  readonly rejectedShareAllowed?: number;
  /** Custom properties of the source's object: `{ loadMode: 'merge' }`, `{ query: 'select 1' }`. */
  readonly load?: Readonly<Record<string, unknown>>;
  /** The source's server as a flow map of YAML, where it is no file. */
  readonly server?: string;
  /** Further keys of the source's object: `physicalName: orders`. */
  readonly sourceKeys?: readonly string[];
}

/** Writes the folder of a product `trial/<name>` and answers its path. */
export async function smallProduct(small: SmallProduct): Promise<string> {
  const name = small.name ?? 'things';
  const folder = join(await mkdtemp(join(tmpdir(), 'weft-product-')), name);
  await mkdir(folder);
  const file = small.file ?? 'things.csv';
  if (small.content !== null) await writeFile(join(folder, file), small.content);
  await writeFile(
    join(folder, 'product.odps.yaml'),
    `apiVersion: v1.0.0
kind: DataProduct
id: trial/${name}
domain: trial
name: ${name}
version: 1.0.0
status: active
inputPorts:
  - { name: source, version: 1.0.0, contractId: trial/${name}/source }
outputPorts:
  - { name: ${name}, version: 1.0.0, type: tables, contractId: trial/${name}/output }
team:
  name: Trial
  members: [{ username: trial@example.org, role: owner }]
${block('support', small.support, '  ')}`,
  );
  await writeFile(
    join(folder, 'source.odcs.yaml'),
    contract(`trial/${name}/source`, small.sourceObject ?? name, small.source, {
      tail:
        small.load === undefined
          ? ''
          : `    customProperties:\n${Object.entries(small.load)
              .map(([property, value]) => `      - { property: ${property}, value: ${JSON.stringify(value)} }\n`)
              .join('')}`,
      head: `servers:
  - ${small.server ?? `{ server: file, type: local, path: ${file}, format: ${small.format ?? 'csv'} }`}
${small.rejectedShareAllowed === undefined ? '' : `customProperties:\n  - { property: rejectedShareAllowed, value: ${small.rejectedShareAllowed} }\n`}`,
      keys: small.sourceKeys ?? [],
    }),
  );
  await writeFile(
    join(folder, `${name}.odcs.yaml`),
    contract(`trial/${name}/output`, name, small.output, {
      tail: `${block('    quality', small.quality, '      ')}${block('slaProperties', small.sla, '  ')}`,
    }),
  );
  if (small.transform !== undefined) await writeFile(join(folder, 'transform.sql'), small.transform);
  return folder;
}

/** A list under its key; nothing where there is none. */
function block(key: string, lines: readonly string[] | undefined, indent: string): string {
  return lines === undefined ? '' : `${key}:\n${lines.map((line) => `${indent}- ${line}\n`).join('')}`;
}

function contract(
  id: string,
  object: string,
  properties: readonly string[],
  { head = '', tail = '', keys = [] }: { head?: string; tail?: string; keys?: readonly string[] },
): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: ${id}
version: 1.0.0
status: active
${head}schema:
  - name: ${object}
    physicalType: table
${keys.map((line) => `    ${line}\n`).join('')}    properties:
${properties.map((line) => `      - ${line}\n`).join('')}${tail}`;
}
