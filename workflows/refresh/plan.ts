import { linkMesh } from '../../schema/contract/link.ts';
import type {
  InputPort,
  Product,
  Property,
  SchemaObject,
  SourceObject,
  SourceProperty,
} from '../../schema/contract/model.ts';
import { originOf } from '../../schema/contract/renaming.ts';
import { domainOf, ownName, type ProductId, type RunId, type SqlName } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { datasetVersion, type DatasetVersion } from '../../schema/ledger/datasets.ts';
import { liveProducts, productOf } from '../../schema/ledger/mesh.ts';
import { requireRevision, type StoredRevision } from '../../schema/ledger/products.ts';
import { domainSchema } from '../../schema/ledger/roles.ts';
import { requireRun, type RunRow } from '../../schema/ledger/runs.ts';

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

/** An object of a source and the table that its rows are streamed into. */
export interface Landing {
  readonly port: Extract<InputPort, { kind: 'server' }>;
  readonly object: SourceObject;
  readonly table: SqlName;
  readonly columns: readonly LandedColumn[];
  /** The output object that the table is: a pure renaming is landed where it is published from, without a second copy. */
  readonly straight: SchemaObject | null;
}

export interface LandedColumn {
  readonly from: SourceProperty;
  readonly column: SqlName;
  readonly required: boolean;
}

export interface PinnedInput {
  readonly product: ProductId;
  readonly version: DatasetVersion;
  /** As they were in the revision that the version has the shape of. */
  readonly objects: readonly SchemaObject[];
}

export interface PlannedOutput {
  readonly object: SchemaObject;
  readonly table: SqlName;
  readonly straight: boolean;
}

/** Reads the plan of a run. Refuses with NOT_FOUND. */
export async function refreshPlan(db: Queryable, id: RunId): Promise<RefreshPlan> {
  const run = await requireRun(db, id);
  const revision = await requireRevision(db, run.productId, run.revision);
  const product = productOf(revision);
  const straight = straightObject(product);
  return {
    run,
    revision,
    product,
    schema: runSchema(run),
    landings: product.inputs.flatMap((port) =>
      port.kind === 'server' ? port.objects.map((object) => landing(run, port, object, straight)) : [],
    ),
    inputs: await pinnedInputs(db, run),
    outputs: product.objects.map((object) => ({
      object,
      table: outputTable(object, run),
      straight: object === straight,
    })),
  };
}

/** The schema of a run's own: `operations__run_1b2c3d4e`. */
export function runSchema(run: { id: RunId; productId: ProductId }): SqlName {
  return ownName(domainSchema(domainOf(run.productId)), `run_${run.id.slice(0, 8)}`);
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

/** The only output, where it is the only input's columns under other names and of the same types. */
function straightObject(product: Product): SchemaObject | null {
  const [input, ...otherInputs] = product.inputs;
  const [output, ...otherOutputs] = product.objects;
  if (input?.kind !== 'server' || output === undefined || otherInputs.length + otherOutputs.length > 0) return null;
  const [object, ...otherObjects] = input.objects;
  if (object === undefined || otherObjects.length > 0 || product.transforms[output.name] !== undefined) return null;
  return output.properties.every((property) => straightOrigin(property, object) !== null) ? output : null;
}

function straightOrigin(property: Property, object: SourceObject): SourceProperty | null {
  const origin = originOf(property, object);
  if (origin.kind !== 'column') return null;
  return origin.input.pgType === property.pgType && origin.input.list === property.list ? origin.input : null;
}

function landing(run: RunRow, port: Landing['port'], object: SourceObject, straight: SchemaObject | null): Landing {
  if (straight === null)
    return {
      port,
      object,
      table: ownName(object.view, 'landed'),
      columns: object.properties.map((from) => ({ from, column: from.column, required: from.required })),
      straight,
    };
  return {
    port,
    object,
    table: outputTable(straight, run),
    columns: straight.properties.map((property) => {
      const from = straightOrigin(property, object);
      if (from === null) throw new Error(`${straight.name}.${property.name} has no column of its own in the source.`);
      return {
        from,
        column: property.column,
        required: from.required || property.required || property.keyPosition !== null,
      };
    }),
    straight,
  };
}

/** Named for the run, as its constraints and indexes are: versions lie beside each other in the domain's schema. */
function outputTable(object: SchemaObject, run: RunRow): SqlName {
  return ownName(object.table, run.id.slice(0, 8));
}
