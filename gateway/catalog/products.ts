import type { ExportFormat } from '../../schema/contract/exports/export-product.ts';
import type { Product, QualityRule, SchemaObject, Value } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import { type DomainId, domainOf, type ProductId, productId } from '../../schema/ids.ts';
import type { DatasetVersion } from '../../schema/ledger/datasets.ts';
import { isOwner } from '../actor.ts';
import { withinSlo } from '../answers/data-products.ts';
import { dependencies, type Dependency } from '../../schema/contract/dependencies.ts';
import { exportProduct } from '../publishing/export.ts';
import type { Announcement } from '../publishing/retire.ts';
import type { CatalogContext } from './context.ts';
import { pageSize } from './page.ts';

interface ExportArgs {
  readonly format: ExportFormat;
  readonly revision?: number | null;
}

interface DomainSource {
  readonly id: DomainId;
}

/** A product of the graph, or one that only the history of a run still names (`product` null). */
interface ProductSource {
  readonly id: ProductId;
  readonly product: Product | null;
  /** What was just done with it. */
  readonly retirement?: Announcement;
}

/** A domain as the source of its fields. */
export function ofDomain(id: DomainId): DomainSource {
  return { id };
}

/** A product of the graph as the source of its fields. */
export function ofProduct(product: Product): ProductSource {
  return { id: product.id, product };
}

/** The product as it is served now; without contents where it is retired. */
export function byId(id: ProductId, { graph }: CatalogContext): ProductSource {
  return { id, product: graph.current().mesh.products.get(id) ?? null };
}

/** The id that a client wrote. Refuses with NOT_FOUND what can be none. */
export function requireProductId(text: string): ProductId {
  const id = productId(text);
  if (id === null) throw new Refusal('NOT_FOUND', `${text} is no product's id, which is like \`network/airports\`.`);
  return id;
}

type Field = (source: ProductSource, args: never, context: CatalogContext) => unknown;

const productFields: Record<string, Field> = {
  domain: ({ id }) => ofDomain(domainOf(id)),
  name: ({ id, product }) => product?.name ?? id,
  renamedFrom: ({ product }) => product?.formerIds ?? [],
  retirement: ({ retirement }) => retirement ?? null,
  version: async ({ id, product }, _args, { loaders }) =>
    product?.version ?? (await loaders.revisions.load(id))[0]?.version,
  status: async ({ id, product }, _args, { loaders }) =>
    product?.status ?? ((await loaders.revisions.load(id))[0]?.state === 'pending' ? 'pending' : 'retired'),
  kind: ({ product }) => product?.kind ?? 'managed',
  purpose: ({ product }) => product?.description.purpose,
  limitations: ({ product }) => product?.description.limitations,
  usage: ({ product }) => product?.description.usage,
  tags: ({ product }) => product?.tags ?? [],
  team: ({ product }) => product?.team ?? { name: null, members: [] },
  support: ({ product }) => product?.support ?? [],
  inputPorts: ({ id, product }, _args, context) =>
    (product?.inputs ?? []).map((input) => {
      const read = context.graph
        .current()
        .mesh.inputs.get(id)
        ?.find(({ port }) => port === input.name);
      return {
        name: input.name,
        contractId: input.contractId,
        product: read === undefined ? null : byId(read.product, context),
        serverType: input.kind === 'server' ? input.server.type : null,
      };
    }),
  outputPorts: ({ product }) =>
    (product?.outputs ?? []).map((port) => ({
      ...port,
      contract: product && contracts(product).find(({ id }) => id === port.contractId),
    })),
  contracts: ({ product }) => (product === null ? [] : contracts(product)),
  server: ({ product }) =>
    product?.server && {
      name: product.server.name,
      database: product.server.database,
      tables: product.objects.flatMap(({ registeredTable: at }) => (at === null ? [] : `${at.schema}.${at.table}`)),
    },
  schemaObjects: ({ product }) => (product?.objects ?? []).map(schemaObject),
  sla: ({ product }) => product?.sla.promises ?? [],
  files: ({ id }, _args, { loaders }) => loaders.files.load(id),
  export: ({ id }, args: ExportArgs, { ledger, graph }) =>
    exportProduct(ledger, { id, format: args.format, revision: args.revision ?? null, mesh: graph.current().mesh }),
  revision: async ({ id }, _args, { loaders }) => {
    const history = await loaders.revisions.load(id);
    return history.find(({ state }) => state === 'live') ?? history[0];
  },
  revisions: ({ id }, _args, { loaders }) => loaders.revisions.load(id),
  retiresAt: ({ id }, _args, { loaders }) => loaders.retiresAt.load(id),
  datasetVersion: ({ id }, _args, { graph }) => graph.current().datasets.get(id) ?? null,
  datasetVersions: async ({ id }, { first }: { first?: number | null }, { loaders }) =>
    (await loaders.datasets.load(id)).slice(0, pageSize(first, 50)),
  runs: ({ id }, { first }: { first?: number | null }, { loaders }) => loaders.runs(pageSize(first, 20)).load(id),
  upstream: ({ id }, _args, context) => ends(context, ({ from, kind }) => from === id && kind === 'READS', 'to'),
  downstream: ({ id }, _args, context) => ends(context, ({ to, kind }) => to === id && kind === 'READS', 'from'),
  pause: ({ id }, _args, { loaders }) => loaders.pause.load(id),
  deliveries: async ({ id, product }, _args, { actor, loaders }) => {
    const states = await loaders.deliveries.load(id);
    return (product?.destinations ?? []).map(({ name, to }) => {
      const state = states.find(({ destination }) => destination === name);
      return {
        destination: name,
        type: to.kind === 'database' ? to.dialect : to.kind === 'store' ? 's3' : 'local',
        version: state?.version,
        deliveredAt: state?.deliveredAt,
        rows: state?.rows?.toString(),
        error: isOwner(actor, id) ? state?.error?.message : null,
        failedAt: state?.failedAt,
      };
    });
  },
  governance: ({ id }, _args, { loaders }) => loaders.standing.load(id),
  referencedBy: ({ id }, _args, context) => ends(context, ({ to, kind }) => to === id && kind !== 'READS', 'from'),
};

/** Resolvers of domains, products and what hangs on them. */
export const products = {
  Domain: {
    products: ({ id }: DomainSource, _args: unknown, { graph }: CatalogContext) =>
      [...graph.current().mesh.products.values()].filter(({ domain }) => domain === id).map(ofProduct),
    relationships: ({ id }: DomainSource, _args: unknown, { graph }: CatalogContext) =>
      dependencies(graph.current().mesh).filter(({ from, to }) => domainOf(from) === id || domainOf(to) === id),
    hold: ({ id }: DomainSource, _args: unknown, { loaders }: CatalogContext) => loaders.hold.load(id),
  },
  DataProduct: {
    __resolveReference: ({ id }: { id: ProductId }, context: CatalogContext) => byId(id, context),
    ...productFields,
  },
  Relationship: {
    from: ({ from }: Dependency, _args: unknown, context: CatalogContext) => byId(from, context),
    to: ({ to }: Dependency, _args: unknown, context: CatalogContext) => byId(to, context),
  },
  DataContract: {
    text: async (
      { file, product }: { file: string; product: ProductId },
      _args: unknown,
      { loaders }: CatalogContext,
    ) => (await loaders.files.load(product)).find(({ path }) => path === file)?.text ?? '',
  },
  DatasetVersion: {
    objects: ({ tables }: DatasetVersion) =>
      Object.entries(tables).map(([name, { rows }]) => ({ name, rows: String(rows) })),
    run: ({ runId }: DatasetVersion) => ({ id: runId }),
    withinSlo: ({ productId, version }: DatasetVersion, _args: unknown, { graph }: CatalogContext) => {
      const { mesh, datasets } = graph.current();
      const product = mesh.products.get(productId);
      const dataset = datasets.get(productId);
      return product === undefined || dataset?.version !== version ? null : withinSlo(product, dataset, Date.now());
    },
  },
};

function ends(
  context: CatalogContext,
  wanted: (dependency: Dependency) => boolean,
  end: 'from' | 'to',
): ProductSource[] {
  const found = dependencies(context.graph.current().mesh).filter(wanted);
  return [...new Set(found.map((dependency) => dependency[end]))].map((id) => byId(id, context));
}

function contracts(product: Product) {
  return Object.entries(product.files).map(([id, file]) => ({ id, file, product: product.id }));
}

function schemaObject({ name, type, description, properties, dimensions, measures, quality, key }: SchemaObject) {
  return {
    name,
    type,
    description,
    properties: [
      ...properties.map((property) => ({ ...property, type: typeOf(property), primaryKey: key.includes(property) })),
      ...[...dimensions, ...measures].map((semantic) => ({
        ...semantic,
        type: typeOf(semantic),
        primaryKey: false,
        unique: false,
        examples: [],
      })),
    ],
    quality: quality.map((rule) => ({ ...rule, expected: expected(rule) })),
  };
}

function typeOf({ enum: members, scalar, list, required }: Value): string {
  const name = members?.type ?? scalar;
  return `${list ? `[${name}!]` : name}${required ? '!' : ''}`;
}

function expected({ expectation }: QualityRule): string | null {
  return expectation === null ? null : `${expectation.operator} ${JSON.stringify(expectation.operand)}`;
}
