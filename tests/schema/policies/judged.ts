import type { Change } from '../../../schema/contract/changes/change.ts';
import { linkMesh } from '../../../schema/contract/link.ts';
import type { Product, ProductFile } from '../../../schema/contract/model.ts';
import { readProduct } from '../../../schema/contract/read.ts';
import { type Configuration, NO_CONFIGURATION } from '../../../schema/policies/configuration.ts';
import { judge, policyFindings } from '../../../schema/policies/judgement.ts';
import { rulesFor } from '../../../schema/policies/rules.ts';

export const TODAY = '2026-06-15';

export type Files = Readonly<Record<string, string>>;

/** A product with which no policy has anything to find. */
export const HONEST: Files = {
  'product.odps.yaml': `apiVersion: v1.0.0
kind: DataProduct
id: sales/returns
domain: sales
name: returns
version: 1.2.0
status: active
description:
  purpose: What customers sent back.
inputPorts:
  - { name: source, version: 1.0.0, contractId: sales/returns/source }
outputPorts:
  - { name: returns, version: 1.2.0, contractId: sales/returns/returns }
team:
  members:
    - { username: ann@sales.example, role: owner }
`,
  'source.odcs.yaml': `apiVersion: v3.1.0
kind: DataContract
id: sales/returns/source
version: 1.0.0
status: active
servers:
  - { server: file, type: local, path: returns.csv, format: csv }
schema:
  - name: RETURNS
    properties:
      - { name: ID, logicalType: string }
      - { name: Email, logicalType: string, classification: restricted }
`,
  'returns.odcs.yaml': `apiVersion: v3.2.0
kind: DataContract
id: sales/returns/returns
version: 1.2.0
status: active
schema:
  - name: returned_goods
    description: Goods that came back.
    properties:
      - name: id
        logicalType: string
        primaryKey: true
        classification: public
        description: Given at the counter.
      - name: sentOn
        logicalType: date
        classification: internal
        description: The day that it was sent.
    quality:
      - { metric: rowCount, mustBeGreaterThan: 0 }
slaProperties:
  - { property: frequency, value: 1, unit: d }
  - { property: latency, value: 2, unit: d }
`,
};

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@shareable", "@override", "@listSize"])

type Query {
  "All of them."
  carriers(first: Int!): [Carrier!]!
}

"Who brings goods."
type Carrier @key(fields: "code") {
  code: ID!
  "As it calls itself."
  name: String
}
`;

/** Names of columns are not what is judged. */
const TRANSFORM = { 'transform.sql': 'select * from returns' };

/** A remote product of another domain with which none has. */
export const HONEST_SERVICE: Files = {
  'product.odps.yaml': `apiVersion: v1.0.0
kind: DataProduct
id: logistics/carriers
domain: logistics
name: carriers
version: 1.0.0
status: active
description:
  purpose: Who brings goods.
outputPorts:
  - { name: graph, version: 1.0.0, type: graphql, contractId: logistics/carriers/graph }
team:
  members:
    - { username: bob@logistics.example, role: owner }
`,
  'graph.odcs.yaml': `apiVersion: v3.1.0
kind: DataContract
id: logistics/carriers/graph
version: 1.0.0
status: active
servers:
  - { server: service, type: api, location: 'http://carriers.example/graphql' }
slaProperties:
  - { property: availability, value: 99, unit: percent }
`,
  'schema.graphql': SDL,
};

/** The files with texts replaced: each must stand there. */
export function edited(files: Files, edits: Readonly<Record<string, readonly (readonly [string, string])[]>>): Files {
  const changed = Object.entries(files).map(([path, text]) => {
    const edit = (before: string, [from, to]: readonly [string, string]): string => {
      if (!before.includes(from)) throw new Error(`${path} has no ${from}`);
      return before.replace(from, to);
    };
    return [path, (edits[path] ?? []).reduce(edit, text)];
  });
  return Object.fromEntries(changed) as Files;
}

export function read(files: Files): Product {
  const list = Object.entries('schema.graphql' in files ? files : { ...TRANSFORM, ...files }).map(
    ([path, text]): ProductFile => ({ path, text }),
  );
  const { product, findings } = readProduct(list, { folder: 'product' });
  if (product === null) throw new Error(findings.map(({ message }) => message).join('\n'));
  return product;
}

export interface Standing {
  readonly before?: Files;
  readonly changes?: readonly Change[];
  readonly others?: readonly Files[];
  readonly configuration?: Configuration;
}

/** What the policies find in a product among others. */
export function judged(
  files: Files,
  { before, changes = [], others = [], configuration = NO_CONFIGURATION }: Standing = {},
) {
  const product = read(files);
  const { mesh } = linkMesh([product, ...others.map(read)]);
  const context = { product, mesh, before: before === undefined ? null : read(before), changes, today: TODAY };
  const rules = rulesFor(configuration, { product: product.id });
  return policyFindings(judge(rules, context), product, []);
}
