import { rowsAsOf } from '../../schema/contract/kept-table.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Product, SchemaObject } from '../../schema/contract/model.ts';
import { type ProductId, quoted, type RunId, type SqlName } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { datasetVersion, type DatasetVersion } from '../../schema/ledger/datasets.ts';
import { liveProducts, productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision, type StoredRevision } from '../../schema/ledger/products.ts';
import { requireRun, type RunRow } from '../../schema/ledger/runs.ts';
import { keepsRows, keptMemory, type Landing, landingsOf, NOTHING_KEPT } from './landing.ts';
import { outputTable, runSchema } from './run-tables.ts';

/** What a run is going to do, derived from the ledger alone: every stage derives it anew and comes to the same. */
export interface RefreshPlan {
  readonly run: RunRow;
  readonly revision: StoredRevision;
  readonly product: Product;
  /** The run's own schema: landed tables, views of the inputs, output tables. */
  readonly schema: SqlName;
  readonly landings: readonly Landing[];
  readonly inputs: readonly PinnedInput[];
  readonly outputs: readonly PlannedOutput[];
}

/** Where rows of a source are landed: a run's schema, or a backfill's. */
export type LandingPlace = Pick<RefreshPlan, 'product' | 'revision' | 'schema'>;

export interface PinnedInput {
  readonly product: ProductId;
  readonly version: DatasetVersion;
  /** As they were in the revision that the version has the shape of. */
  readonly objects: readonly SchemaObject[];
}

export interface PlannedOutput {
  readonly object: SchemaObject;
  /** Where it lies before it is published: the run's schema, or, of a kept table, where that is. */
  readonly schema: SqlName;
  readonly table: SqlName;
  /** The version whose rows are meant, of a kept table. */
  readonly asOf: number | null;
  readonly straight: boolean;
}

/** The rows of an output as a relation, to stand after `from`. */
export function outputRelation({ object, schema, table, asOf }: PlannedOutput): string {
  const columns = object.properties.map(({ column }) => column);
  return rowsAsOf(quoted(schema, table), asOf, columns);
}

/** Reads the plan of a run. Refuses with NOT_FOUND. */
export async function refreshPlan(db: Queryable, id: RunId): Promise<RefreshPlan> {
  const run = await requireRun(db, id);
  const revision = await requireRevision(db, run.productId, run.revision);
  const product = productOf(revision);
  const landings = landingsOf(run, product, keepsRows(product) ? await keptMemory(db, run) : NOTHING_KEPT);
  const [landed] = landings.filter(({ straight }) => straight !== null);
  const straight = landed?.straight ?? null;
  const kept = landed?.kept ?? null;
  return {
    run,
    revision,
    product,
    schema: runSchema(run),
    landings,
    inputs: await pinnedInputs(db, run),
    outputs: product.objects.map((object) =>
      object === straight && kept !== null
        ? { object, schema: kept.schema, table: kept.table, asOf: kept.version, straight: true }
        : {
            object,
            schema: runSchema(run),
            table: outputTable(object, run),
            asOf: null,
            straight: object === straight,
          },
    ),
  };
}

/** The products that a product reads, by its input ports; `unknown` are the contracts that no live product offers. */
export async function inputProducts(
  db: Queryable,
  product: Product,
): Promise<{ readonly products: readonly ProductId[]; readonly unknown: readonly string[] }> {
  const ports = product.inputs.filter(({ kind }) => kind === 'product');
  if (ports.length === 0) return { products: [], unknown: [] };
  const others = (await liveProducts(db)).filter(({ id }) => id !== product.id);
  const inputs = linkMesh([...others, product]).mesh.inputs.get(product.id) ?? [];
  return {
    products: [...new Set(inputs.map((input) => input.product))],
    unknown: ports.filter(({ name }) => inputs.every(({ port }) => port !== name)).map(({ contractId }) => contractId),
  };
}

async function pinnedInputs(db: Queryable, run: RunRow): Promise<PinnedInput[]> {
  return Promise.all(
    Object.entries(run.inputVersions).map(async ([product, version]) => {
      const dataset = await datasetVersion(db, product as ProductId, version);
      if (dataset === null)
        throw new Error(`Run ${run.id} pins version ${version} of ${product}, which the ledger does not have.`);
      const shape = productOf(await requireRevision(db, dataset.productId, dataset.revision));
      return { product: dataset.productId, version: dataset, objects: shape.objects };
    }),
  );
}
