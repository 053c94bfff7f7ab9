import type { Mesh, Product, Property, SchemaObject, SourceObject } from '../model.ts';
import { selectLineage } from '../column-lineage.ts';
import type { ColumnUse } from '../column-uses.ts';
import { columnsSeen, originOf } from '../renaming.ts';
import { expressionColumns } from '../sql-columns.ts';
import { type DatasetName, ownDataset, sourceDataset } from './dataset-names.ts';

/** From which columns an object is made, as OpenLineage's facet has it: `dataset` decides on its rows and not on one field. */
export interface FieldLineage {
  readonly fields: Readonly<Record<string, { readonly inputFields: readonly Fields[] }>>;
  readonly dataset?: readonly Fields[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * From which columns each property is made: by `transform.sql`, as Postgres' grammar tells it, and without one by the renamings and
 * expressions of the one input. Without fields where neither tells.
 */
export async function columnLineage(product: Product, object: SchemaObject, mesh: Mesh): Promise<FieldLineage> {
  const inputs = inputObjects(product, mesh);
  const transform = product.transforms[object.name];
  if (transform !== undefined) return transformLineage(transform, object, inputs);
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) return { fields: {} };
  const fields: [string, FieldLineage['fields'][string]][] = [];
  for (const property of object.properties) {
    const inputFields = await inputFieldsOf(property, input);
    if (inputFields.length > 0) fields.push([property.name, { inputFields }]);
  }
  // Assigned one by one a field called __proto__ would be none.
  return { fields: Object.fromEntries(fields) };
}

async function transformLineage(sql: string, object: SchemaObject, inputs: readonly Input[]): Promise<FieldLineage> {
  const relations = new Map(inputs.map((input) => [relationOf(input), columnsOf(input).map(({ column }) => column)]));
  const lineage = await selectLineage(sql, relations);
  if (lineage === null) return { fields: {} };
  const fields = object.properties.flatMap(({ name, column }): [string, FieldLineage['fields'][string]][] => {
    const made = lineage.columns.find((one) => one.name === column);
    const inputFields = usedFields(made?.uses ?? [], inputs);
    return inputFields.length === 0 ? [] : [[name, { inputFields }]];
  });
  const dataset = usedFields(lineage.whole, inputs);
  return { fields: Object.fromEntries(fields), ...(dataset.length > 0 && { dataset }) };
}

/** Uses as input fields, one for each column with all the ways in which it is used. */
function usedFields(uses: readonly ColumnUse[], inputs: readonly Input[]): Fields[] {
  const known = new Map<Property, { readonly input: Input; readonly ways: ColumnUse['how'][] }>();
  for (const { relation, column, how } of uses) {
    const input = inputs.find((one) => relationOf(one) === relation);
    const property = input && columnsOf(input).find((one) => one.column === column);
    if (input === undefined || property === undefined) continue;
    const found = known.get(property) ?? { input, ways: [] };
    found.ways.push(how);
    known.set(property, found);
  }
  return [...known].map(([property, { input, ways }]) => ({
    ...input.name,
    field: fieldOf(property),
    transformations: ways.map((how) => ({ ...how, masking: false })),
  }));
}

/** What SQL calls it. */
function relationOf({ object }: Input): string {
  return 'view' in object ? object.view : object.table;
}

function columnsOf({ object }: Input): readonly Property[] {
  return 'view' in object ? columnsSeen(object) : object.properties;
}

function fieldOf(input: Property): string {
  return 'sourceColumn' in input ? String(input.sourceColumn) : input.name;
}

type Input = { readonly name: DatasetName; readonly object: SchemaObject | SourceObject };

function inputObjects(product: Product, mesh: Mesh): Input[] {
  const sources = product.inputs.flatMap((input): Input[] =>
    input.kind === 'product'
      ? []
      : input.objects.map((object) => ({ name: sourceDataset(input.server, object), object })),
  );
  const read = (mesh.inputs.get(product.id) ?? []).flatMap(({ product: owner, objects }): Input[] =>
    objects.map((object) => ({ name: ownDataset(owner, object), object })),
  );
  return [...sources, ...read];
}

async function inputFieldsOf(property: Property, { name, object }: Input): Promise<Record<string, unknown>[]> {
  const properties: readonly Property[] = object.properties;
  const origin = originOf(property, { properties });
  const from = (input: Property, subtype: string, description?: string) => ({
    ...name,
    field: fieldOf(input),
    transformations: [
      { type: 'DIRECT', subtype, ...(description === undefined ? {} : { description }), masking: false },
    ],
  });
  if (origin.kind === 'unknown') return [];
  if (origin.kind === 'column') return [from(origin.input, 'IDENTITY')];
  const columns = await expressionColumns(origin.sql);
  return properties
    .filter(({ column }) => columns.has(column))
    .map((input) => from(input, 'TRANSFORMATION', origin.sql));
}
