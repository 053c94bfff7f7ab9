import { createHash } from 'node:crypto';
import { type KeptColumn, keptName } from '../../schema/contract/kept-table.ts';
import type {
  InputPort,
  Load,
  Product,
  Property,
  SchemaObject,
  SourceObject,
  SourceProperty,
} from '../../schema/contract/model.ts';
import { isReadInPlace } from '../../schema/contract/read-in-place.ts';
import { columnsSeen, originOf } from '../../schema/contract/renaming.ts';
import { columnType } from '../../schema/contract/tables.ts';
import { ownName, type SqlName } from '../../schema/ids.ts';
import type { Queryable } from '../../schema/ledger/connect.ts';
import { liveDataset, newestVersion } from '../../schema/ledger/datasets.ts';
import { type KeptTableRow, keptTables } from '../../schema/ledger/kept-tables.ts';
import type { RunRow } from '../../schema/ledger/runs.ts';
import { outputTable, runSchema } from './run-tables.ts';

/** An object of a source and the table that its rows are streamed into. */
export interface Landing {
  readonly port: Extract<InputPort, { kind: 'server' }>;
  readonly object: SourceObject;
  /** In the run's schema. */
  readonly table: SqlName;
  readonly columns: readonly LandedColumn[];
  /** The output object that the rows are: a pure renaming is landed where it is published from, without a second copy. */
  readonly straight: SchemaObject | null;
  /** Where rows stay from run to run, into which those of `table` are merged; null where `table` is all. */
  readonly kept: Kept | null;
  /** True where the product's engine reads the source itself: nothing is landed then. */
  readonly inPlace: boolean;
}

/** A kept table (schema/contract/kept-table.ts), as this run goes on with it. */
export interface Kept {
  readonly load: Load;
  readonly name: SqlName;
  readonly schema: SqlName;
  readonly table: SqlName;
  /** The dataset version that the run makes. */
  readonly version: number;
  /** What it goes on from; null where the run makes the table. */
  readonly base: { readonly version: number; readonly watermark: string | null } | null;
  readonly columns: readonly KeptColumn[];
  readonly key: readonly SqlName[];
  /** Columns of `validFrom` and `validTo`, in a history. */
  readonly validity: readonly [from: SqlName, to: SqlName] | null;
  readonly shape: string;
}

/** What the merge looks at and the kept table does not have: no property has such names. */
export const WATERMARK = 'weft__watermark' as SqlName;
export const DELETED = 'weft__deleted' as SqlName;

export interface LandedColumn {
  readonly from: SourceProperty;
  readonly column: SqlName;
  readonly required: boolean;
}

/** What the ledger knows of kept tables: as this run has left them, or as the live version's run did. */
export interface KeptMemory {
  readonly done: readonly KeptTableRow[];
  readonly live: { readonly version: number; readonly kept: readonly KeptTableRow[] } | null;
  readonly next: number;
}

/** Of a product that keeps nothing. */
export const NOTHING_KEPT: KeptMemory = { done: [], live: null, next: 1 };

/** True where rows of any of its sources stay from run to run. */
export function keepsRows({ inputs }: Product): boolean {
  return inputs.some((port) => port.kind === 'server' && port.objects.some(({ load }) => load !== null));
}

/** Reads it. */
export async function keptMemory(db: Queryable, run: RunRow): Promise<KeptMemory> {
  const live = run.fullLoad ? null : await liveDataset(db, run.productId);
  return {
    done: await keptTables(db, run.id),
    live: live === null ? null : { version: live.version, kept: await keptTables(db, live.runId) },
    next: (await newestVersion(db, run.productId)) + 1,
  };
}

/** The only output, where it is the only input's columns under other names and of the same types. */
function straightObject(product: Product): SchemaObject | null {
  const [input, ...otherInputs] = product.inputs;
  const [output, ...otherOutputs] = product.objects;
  if (input?.kind !== 'server' || output === undefined || otherInputs.length + otherOutputs.length > 0) return null;
  const [object, ...otherObjects] = input.objects;
  if (object === undefined || otherObjects.length > 0 || product.transforms[output.name] !== undefined) return null;
  const origins = output.properties.map((property) => straightOrigin(property, object));
  if (origins.includes(null)) return null;
  if (object.load === null) return output;
  // What is merged by the source's key must be told apart by the output's.
  const [from] = object.validity;
  const key = [...object.load.key, ...(from === undefined ? [] : [from])];
  const outputKey = output.key.map((property) => straightOrigin(property, object));
  const same = key.length === outputKey.length && key.every((property) => outputKey.includes(property));
  return same && object.validity.every((property) => origins.includes(property)) ? output : null;
}

function straightOrigin(property: Property, object: SourceObject): SourceProperty | Property | null {
  const origin = originOf(property, { properties: columnsSeen(object) });
  if (origin.kind !== 'column') return null;
  return origin.input.pgType === property.pgType && origin.input.list === property.list ? origin.input : null;
}

/** What a run does with the sources of a product, each object by itself. */
export function landingsOf(run: LandingRun, product: Product, memory: KeptMemory): Landing[] {
  const straight = straightObject(product);
  return product.inputs.flatMap((port) =>
    port.kind === 'server' ? port.objects.map((object) => landing(run, product, port, object, straight, memory)) : [],
  );
}

/** What tables of a run are named by. */
type LandingRun = Pick<RunRow, 'id' | 'workspace' | 'productId'>;

/** A column of the table that a landing makes, and what of the source it is. */
interface LandedInto extends KeptColumn {
  readonly from: SourceProperty | Property;
}

function landing(
  run: LandingRun,
  { engine }: Pick<Product, 'engine'>,
  port: Landing['port'],
  object: SourceObject,
  straight: SchemaObject | null,
  memory: KeptMemory,
): Landing {
  const into = straight === null ? columnsOfSource(object) : columnsOfOutput(straight, object);
  const columns = into.flatMap(({ from, column, required }): LandedColumn[] =>
    'sourceColumn' in from ? [{ from, column, required }] : [],
  );
  const { load } = object;
  if (load === null) {
    const table = straight === null ? ownName(object.view, 'landed') : outputTable(straight, run);
    const inPlace = straight === null && isReadInPlace(engine, port, object);
    return { port, object, table, columns, straight, kept: null, inPlace };
  }
  const marks: LandedColumn[] = [
    ...(load.watermark === null ? [] : [{ from: load.watermark, column: WATERMARK, required: true }]),
    ...(typeof load.deleted === 'string' || load.deleted === null
      ? []
      : [{ from: load.deleted, column: DELETED, required: false }]),
  ];
  return {
    port,
    object,
    table: ownName(object.view, 'changes'),
    columns: [...columns, ...marks],
    straight,
    inPlace: false,
    kept: keptOf(run, { object, load, into, base: straight?.table ?? object.view }, memory),
  };
}

function columnsOfSource(object: SourceObject): LandedInto[] {
  return columnsSeen(object).map((from) => ({
    from,
    column: from.column,
    type: columnType(from),
    required: from.required,
  }));
}

function columnsOfOutput(output: SchemaObject, object: SourceObject): LandedInto[] {
  return output.properties.map((property) => {
    const from = straightOrigin(property, object);
    if (from === null) throw new Error(`${output.name}.${property.name} has no column of its own in the source.`);
    const required = from.required || property.required || property.keyPosition !== null;
    return { from, column: property.column, type: columnType(property), required };
  });
}

function keptOf(
  run: LandingRun,
  { object, load, into, base: named }: { object: SourceObject; load: Load; into: readonly LandedInto[]; base: SqlName },
  { done, live, next }: KeptMemory,
): Kept {
  const columnOf = (property: Property): SqlName => {
    const column = into.find(({ from }) => from === property)?.column;
    if (column === undefined) throw new Error(`${object.name}.${property.name} is kept nowhere.`);
    return column;
  };
  const columns = into.map(({ column, type, required }) => ({ column, type, required }));
  const key = load.key.map(columnOf);
  const [from, to] = object.validity.map(columnOf);
  const shape = createHash('sha256')
    .update(JSON.stringify([load.mode, columns, key, load.watermark?.pgType]))
    .digest('hex');
  const what = {
    load,
    name: object.view,
    columns,
    key,
    validity: from === undefined || to === undefined ? null : ([from, to] as const),
    shape,
  };
  const own = done.find((row) => row.name === object.view);
  if (own !== undefined)
    return {
      ...what,
      schema: own.schema,
      table: own.table,
      version: own.version,
      base: own.baseVersion === null ? null : { version: own.baseVersion, watermark: null },
    };
  const before = live?.kept.find((row) => row.name === object.view && row.shape === shape);
  if (live === null || before === undefined)
    return { ...what, schema: runSchema(run), table: keptName(named, run.id), version: next, base: null };
  return {
    ...what,
    schema: before.schema,
    table: before.table,
    version: next,
    base: { version: live.version, watermark: before.watermark },
  };
}
