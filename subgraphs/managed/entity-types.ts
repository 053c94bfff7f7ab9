import { furtherKeys } from '../../schema/contract/graph-names.ts';
import type { ManagedProducts, Property, Reference, SchemaObject } from '../../schema/contract/model.ts';
import type { Table } from './fetch.ts';

/** What a field of an object type stands for. */
export type FieldMeaning =
  | { readonly kind: 'column'; readonly property: Property }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'connection' | 'aggregate'; readonly reference: Reference };

/** An object type of the subgraph: one of the domain's own, or another domain's that is known by its key alone. */
export interface EntityType {
  readonly object: SchemaObject;
  /** Null for another domain's. */
  readonly table: Table | null;
  /** What each alone tells its rows apart by, beside the key: none of another domain's. */
  readonly furtherKeys: readonly Property[];
  readonly fields: ReadonlyMap<string, FieldMeaning>;
}

/** The object types of a domain's subgraph, by their names in the graph. */
export type EntityTypes = ReadonlyMap<string, EntityType>;

/** The products' own objects, and those that its references point at. */
export function entityTypes(model: ManagedProducts): EntityTypes {
  const types = new Map<string, EntityType & { fields: Map<string, FieldMeaning> }>();
  for (const product of model.products) {
    for (const object of product.objects)
      types.set(object.type, {
        object,
        table: { product: product.id, object },
        furtherKeys: furtherKeys(object),
        fields: columns(object.properties),
      });
  }
  for (const reference of model.references) {
    const { from, to } = reference;
    if (!types.has(to.type)) types.set(to.type, { object: to, table: null, furtherKeys: [], fields: columns(to.key) });
    types.get(from.type)?.fields.set(reference.field, { kind: 'reference', reference });
    types.get(to.type)?.fields.set(reference.reverseField, { kind: 'connection', reference });
    types.get(to.type)?.fields.set(reference.reverseAggregateField, { kind: 'aggregate', reference });
  }
  return types;
}

function columns(properties: readonly Property[]): Map<string, FieldMeaning> {
  return new Map(properties.map((property) => [property.field, { kind: 'column', property }]));
}

/** The type of that name; its absence is a broken promise, since the schema was made from the same model. */
export function requireEntityType(types: EntityTypes, name: string): EntityType {
  const type = types.get(name);
  if (type === undefined) throw new Error(`The model has no object type ${name}`);
  return type;
}
