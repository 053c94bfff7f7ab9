import type { Mesh, Product, Property, SchemaObject, SourceObject } from '../model.ts';
import { originOf } from '../renaming.ts';
import { expressionColumns } from '../sql-columns.ts';
import { type DatasetName, ownDataset, sourceDataset } from './dataset-names.ts';

/** Where the values of a field come from, as OpenLineage's facet has it. */
export type FieldLineage = Readonly<Record<string, { readonly inputFields: readonly Record<string, unknown>[] }>>;

/**
 * From which columns each property is made, where the contract tells: without `transform.sql` an object is its one input's columns,
 * renamed or in expressions. What a `transform.sql` makes of columns is not told.
 */
export async function columnLineage(product: Product, object: SchemaObject, mesh: Mesh): Promise<FieldLineage> {
  const inputs = inputObjects(product, mesh);
  const [input] = inputs;
  if (product.transforms[object.name] !== undefined || input === undefined || inputs.length > 1) return {};
  const fields: [string, FieldLineage[string]][] = [];
  for (const property of object.properties) {
    const inputFields = await inputFieldsOf(property, input);
    if (inputFields.length > 0) fields.push([property.name, { inputFields }]);
  }
  // Assigned one by one a field called __proto__ would be none.
  return Object.fromEntries(fields);
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
    field: 'sourceColumn' in input ? input.sourceColumn : input.name,
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
