import {
  AGGREGATE_PARTS,
  aggregateOrderByType,
  aggregateType,
  claimedTypes,
  dateUnits,
  groupByType,
  isComparable,
  orderByType,
  partOrderByType,
  partType,
  partValues,
  propertyEnumType,
  rowValues,
  whereListType,
  whereType,
} from '../graph-names.ts';
import type { Reference, SchemaObject, Value } from '../model.ts';
import { subgraphSdl } from '../sdl.ts';
import type { LinkedProduct } from './linked-product.ts';

/** A part of a contract that makes parts of the graph: `flights`, `flights.delay`, the key or a relationship of an object. */
export type Owner = string;

/** A schema object as a whole: its types and root fields. */
export const objectOwner = (object: string): Owner => `object ${object}`;
/** A property, measure or dimension. */
export const valueOwner = (object: string, value: string): Owner => `value ${object}.${value}`;
/** A part of an object's aggregates, `sum`: it is there because of the values that it has. */
export const partOwner = (object: string, part: string): Owner => `part ${object}.${part}`;
/** What finds one row: the arguments of the single lookup. */
export const keyOwner = (object: string): Owner => `key ${object}`;
/** A relationship, by what it holds: the same though it leads elsewhere. */
export const referenceOwner = ({ fromProduct, from, columns }: Reference): Owner =>
  `reference ${fromProduct} ${from.name}.${columns.map((pair) => pair.from.name).join('+')}`;

/** What a product makes of the graph. */
export interface GraphShare {
  /** As a subgraph of its own: what others have only by its relationships is in it, too. */
  readonly sdl: string;
  /** Whose a coordinate is; null where it is another product's, or alike in all subgraphs (`StringFilter`, `PageInfo`). */
  readonly ownerOf: (coordinate: string) => Owner | null;
  /** What an owner has in the graph. */
  readonly coordinatesOf: (owner: Owner) => readonly string[];
  /** Owners by whose changes an owner's part of the graph changes, too: a property's object, the properties of a key. */
  readonly above: (owner: Owner) => readonly Owner[];
}

/** The share of a managed or registered product, derived as the subgraph that has it is; of a remote one, only whose fields are. */
export function graphShare({ product, references }: LinkedProduct): GraphShare {
  const owners = new Map<string, Owner>();
  const claim = (owner: Owner, ...coordinates: readonly string[]): void => {
    for (const coordinate of coordinates) if (!owners.has(coordinate)) owners.set(coordinate, owner);
  };
  const isDerived = product.kind !== 'remote';
  if (isDerived) for (const reference of references) claimReference(reference, claim);
  for (const object of product.objects)
    if (isDerived) claimObject(object, claim);
    else {
      claim(objectOwner(object.name), object.type);
      for (const { name, field } of object.properties) claim(valueOwner(object.name, name), `${object.type}.${field}`);
    }
  const above = ownersAbove({ product, references });
  const coordinates = new Map<Owner, string[]>();
  for (const [coordinate, owner] of owners) {
    const known = coordinates.get(owner);
    if (known === undefined) coordinates.set(owner, [coordinate]);
    else known.push(coordinate);
  }
  return {
    sdl: isDerived ? shareSdl({ product, references }) : (product.remote?.sdl ?? ''),
    ownerOf: (coordinate) => {
      const member = coordinate.replace(/\(.*$/, '');
      const type = member.replace(/\..*$/, '');
      return owners.get(coordinate) ?? owners.get(member) ?? owners.get(type) ?? null;
    },
    coordinatesOf: (owner) => coordinates.get(owner) ?? [],
    above: (owner) => above.get(owner) ?? [],
  };
}

function ownersAbove({ product, references }: LinkedProduct): Map<Owner, readonly Owner[]> {
  const above = new Map<Owner, readonly Owner[]>();
  for (const object of product.objects) {
    const { name, key, properties, dimensions, measures } = object;
    const own = objectOwner(name);
    above.set(keyOwner(name), [...key.map((property) => valueOwner(name, property.name)), own]);
    for (const value of [...properties, ...dimensions, ...measures]) above.set(valueOwner(name, value.name), [own]);
    for (const part of AGGREGATE_PARTS) {
      const values = partValues(object, part).map((value) => valueOwner(name, value.name));
      above.set(partOwner(name, part), [...values, own]);
    }
  }
  for (const reference of references) {
    const { fromProduct, from, toProduct, to, columns } = reference;
    above.set(referenceOwner(reference), [
      ...(fromProduct === product.id ? columns.map((pair) => valueOwner(from.name, pair.from.name)) : []),
      ...(fromProduct === product.id ? [objectOwner(from.name)] : []),
      ...(toProduct === product.id ? [objectOwner(to.name)] : []),
    ]);
  }
  return above;
}

type Claim = (owner: Owner, ...coordinates: readonly string[]) => void;

function claimObject(object: SchemaObject, claim: Claim): void {
  const { name, oneField, listField, aggregateField, key } = object;
  const own = objectOwner(name);
  claim(keyOwner(name), ...key.map(({ field }) => `Query.${oneField}(${field}:)`));
  for (const part of AGGREGATE_PARTS) {
    const values = partValues(object, part);
    if (values.length === 0) continue;
    const types = [partType(object, part), partOrderByType(object, part)];
    for (const value of values) claim(valueOwner(name, value.name), ...types.map((type) => `${type}.${value.field}`));
    claim(
      partOwner(name, part),
      ...types,
      `${aggregateType(object)}.${part}`,
      `${aggregateOrderByType(object)}.${part}`,
    );
  }
  const dated = rowValues(object).find((value) => dateUnits(value).length > 0);
  if (dated !== undefined) claim(valueOwner(name, dated.name), `${groupByType(object)}.truncate`);
  const asked = [whereType(object), propertyEnumType(object)];
  for (const value of object.properties) {
    const types = isComparable(value) ? [object.type, orderByType(object), ...asked] : [object.type];
    claim(valueOwner(name, value.name), ...types.map((type) => `${type}.${value.field}`), ...enumTypes(value));
  }
  for (const value of object.dimensions)
    claim(valueOwner(name, value.name), ...asked.map((type) => `${type}.${value.field}`), ...enumTypes(value));
  for (const measure of object.measures)
    claim(
      valueOwner(name, measure.name),
      `${aggregateType(object)}.${measure.field}`,
      `${aggregateOrderByType(object)}.${measure.field}`,
      ...enumTypes(measure),
    );
  claim(own, ...[oneField, listField, aggregateField].map((field) => `Query.${field}`), ...claimedTypes(object));
}

function claimReference(reference: Reference, claim: Claim): void {
  const { from, to, field, reverseField, reverseAggregateField } = reference;
  claim(
    referenceOwner(reference),
    `${from.type}.${field}`,
    `${to.type}.${reverseField}`,
    `${to.type}.${reverseAggregateField}`,
  );
  if (!reference.within) return;
  claim(
    referenceOwner(reference),
    `${whereType(from)}.${field}`,
    `${whereType(to)}.${reverseField}`,
    whereListType(from),
  );
}

function enumTypes({ enum: values }: Value): string[] {
  return values === null ? [] : [values.type, `${values.type}Filter`];
}

function shareSdl({ product, references }: LinkedProduct): string {
  const inbound = references.filter(({ fromProduct }) => fromProduct !== product.id);
  return [
    subgraphSdl({ products: [product], references }),
    ...inbound.flatMap(({ from, to, field }) => [`extend type ${from.type} { ${field}: ${to.type} }`]),
    ...inbound
      .filter(({ within }) => within)
      .map(({ from, to, field }) => `extend input ${whereType(from)} { ${field}: ${whereType(to)} }`),
  ].join('\n');
}
