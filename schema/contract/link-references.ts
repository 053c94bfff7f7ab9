import type { Finding } from '../findings.ts';
import type { Owned, Say } from './link-finding.ts';
import type { Product, Property, Reference, Relationship, SchemaObject } from './model.ts';
import { referenceField, reverseAggregateField, reverseField } from './names.ts';
import { parseReference, type ReferenceText } from './reference.ts';
import { subgraphName } from './subgraph-name.ts';
import { typeFamily } from './types.ts';

/** Relationships of managed and registered objects, resolved; those that cannot be are found, with `dangling` as severity. */
export function linkReferences(owned: readonly Owned[], dangling: Finding['severity'], say: Say): Reference[] {
  const references: Reference[] = [];
  const byName = namedObjects(owned);
  const byObject = new Map<SchemaObject, Reference[]>();
  const fields = new Map(
    owned.map(({ object }) => [
      object.type,
      new Set([...object.properties, ...object.dimensions].map(({ field }) => field)),
    ]),
  );
  for (const from of owned.filter(({ product }) => product.kind !== 'remote'))
    for (const relationship of from.object.relationships) {
      const at = { product: from.product, contractId: from.object.contractId, path: relationship.path };
      const target = findTarget(from, relationship, byName);
      if ('fault' in target) {
        say(at, target.code, target.fault, target.code === 'RELATIONSHIP_AMBIGUOUS' ? 'error' : dangling);
        continue;
      }
      const columns = pairs(from, relationship, target);
      if (typeof columns === 'string') {
        say(at, 'RELATIONSHIP_NOT_KEY', columns, dangling);
        continue;
      }
      const odd = columns.find((pair) => pair.from.list || typeFamily(pair.from.pgType) !== typeFamily(pair.to.pgType));
      if (odd !== undefined) {
        const found = odd.from.list ? `a list of ${odd.from.pgType}` : odd.from.pgType;
        say(
          at,
          'RELATIONSHIP_TYPE',
          `${odd.from.name} is ${found} and ${target.to.object.name}.${odd.to.name} is ${odd.to.pgType}; they can never be equal.`,
        );
        continue;
      }
      const own = byObject.get(from.object) ?? [];
      const same = own.find(
        (other) =>
          other.to === target.to.object && other.columns.every((pair, index) => pair.from === columns[index]?.from),
      );
      if (same !== undefined) continue;
      const reference = named(from, target.to, columns, relationship);
      const clash = claim(reference, fields);
      if (clash === null) {
        references.push(reference);
        byObject.set(from.object, [...own, reference]);
      } else
        say(
          at,
          'REFERENCE_NAME',
          `the relationship of ${relationship.from.join(', ')} would be the field ${clash}, which there is already: give the relationship the custom property graphqlName.`,
        );
    }
  return references;
}

type Target =
  { readonly to: Owned; readonly properties: readonly string[] } | { readonly fault: string; readonly code: string };

function findTarget(from: Owned, relationship: Relationship, byName: ReadonlyMap<string, readonly Owned[]>): Target {
  const parsed = relationship.to.map(parseReference);
  const references = parsed.filter((one): one is ReferenceText => one !== null);
  const [first] = references;
  const written = relationship.to.join(', ');
  if (first === undefined || references.length < parsed.length)
    return {
      code: 'RELATIONSHIP_FORM',
      fault: `${written} is neither object.property nor path/x.odcs.yaml#/schema/<id>/properties/<id>.`,
    };
  if (references.some(({ object, file }) => object !== first.object || file !== first.file))
    return { code: 'RELATIONSHIP_FORM', fault: `${written} points at several objects; a relationship has one target.` };

  const named = byName.get(first.object) ?? [];
  const circles = circlesOf(from, relationship, first, named);
  const circle = circles.find((candidates) => candidates.length > 0) ?? [];
  const [to, other] = circle;
  if (to === undefined)
    return {
      code: 'RELATIONSHIP_DANGLING',
      fault: `the relationship ${relationship.from.join(', ')} -> ${written} points at nothing that the mesh has.`,
    };
  if (other !== undefined)
    return {
      code: 'RELATIONSHIP_AMBIGUOUS',
      fault: `${written} may be of ${circle.map(({ product }) => product.id).join(' or ')}: name the product in the custom property product.`,
    };
  return { to, properties: references.map(({ property }) => property) };
}

/** Where to look, nearest first; the first that has a candidate decides. */
function circlesOf(
  from: Owned,
  { product }: Relationship,
  reference: ReferenceText,
  named: readonly Owned[],
): (readonly Owned[])[] {
  if (product !== null) return [named.filter((one) => idsOf(one.product).includes(product))];
  const { file } = reference;
  if (file !== null) return [named.filter((one) => isFile(one, file))];
  return [
    named.filter((one) => one.product === from.product && one.object.contractId === from.object.contractId),
    named.filter((one) => one.product.domain === from.product.domain),
    named,
  ];
}

/** Objects by their names, and by the stable ids that their contracts give them. */
function namedObjects(owned: readonly Owned[]): Map<string, Owned[]> {
  const byName = new Map<string, Owned[]>();
  for (const one of owned) {
    const { product, object } = one;
    const contract = product.documents.contracts.find(({ id }) => id === object.contractId);
    const ids = (contract?.schema ?? []).flatMap(({ name, id }) =>
      name === object.name && id !== undefined ? [id] : [],
    );
    for (const name of new Set([object.name, ...ids])) {
      const named = byName.get(name);
      if (named === undefined) byName.set(name, [one]);
      else named.push(one);
    }
  }
  return byName;
}

/** The file's name must be the contract's, and what folders the reference names must be those of the product. */
function isFile({ product, object }: Owned, file: string): boolean {
  const written = file
    .replace(/^https?:\/\/[^/]+\//, '')
    .split('/')
    .filter((step) => step !== '..' && step !== '.' && step !== '');
  return idsOf(product).some((id) => {
    const own = [...id.split('/'), ...(product.files[object.contractId] ?? '').split('/')];
    const count = Math.min(written.length, own.length);
    return written.slice(-count).join('/') === own.slice(-count).join('/');
  });
}

/** What a product is called, and was. */
function idsOf({ id, formerIds = [] }: Product): readonly string[] {
  return [id, ...formerIds];
}

/** Pairs in key order; a sentence where the targets are not exactly the key. */
function pairs(
  from: Owned,
  relationship: Relationship,
  target: { to: Owned; properties: readonly string[] },
): Reference['columns'] | string {
  const { object, product } = target.to;
  const contract = product.documents.contracts.find(({ id }) => id === object.contractId);
  const schema = contract?.schema?.find(({ name }) => name === object.name);
  const byName = (name: string): Property | undefined => {
    const actual = schema?.properties?.find((property) => property.id === name)?.name ?? name;
    return (
      object.properties.find((property) => property.name === name) ??
      object.properties.find((property) => property.name === actual)
    );
  };
  const targets = target.properties.map(byName);
  const key = object.key.map(({ name }) => name).join(', ');
  const columns = object.key.flatMap((to) => {
    const index = targets.findIndex((property) => property?.name === to.name);
    const own = from.object.properties.find(({ name }) => name === relationship.from[index]);
    return own === undefined ? [] : [{ from: own, to }];
  });
  if (columns.length === 0 || columns.length !== object.key.length || columns.length !== targets.length)
    return `${relationship.to.join(', ')} must be the whole key of ${object.name} (${key === '' ? 'it has none' : key}).`;
  return columns;
}

function named(from: Owned, to: Owned, columns: Reference['columns'], relationship: Relationship): Reference {
  const [single, second] = columns;
  const target = { type: to.object.type, key: single?.to.field ?? '' };
  const derived =
    single !== undefined && second === undefined
      ? referenceField(single.from.field, target)
      : referenceField('', target);
  const field = relationship.field ?? derived;
  return {
    fromProduct: from.product.id,
    from: from.object,
    toProduct: to.product.id,
    to: to.object,
    columns,
    field,
    reverseField: reverseField(field, from.object, to.object),
    reverseAggregateField: reverseAggregateField(field, from.object, to.object),
    within: subgraphName(from.product) === subgraphName(to.product),
  };
}

/** Takes the fields of a reference; answers the one that is taken already. */
function claim(reference: Reference, fields: ReadonlyMap<string, Set<string>>): string | null {
  const own = fields.get(reference.from.type) ?? new Set();
  const theirs = fields.get(reference.to.type) ?? new Set();
  // Beside the words of filters, a filter has the fields of what is related within the subgraph.
  if (own.has(reference.field) || (reference.within && ['and', 'or', 'not'].includes(reference.field)))
    return `${reference.from.type}.${reference.field}`;
  const reverse = [reference.reverseField, reference.reverseAggregateField];
  const taken = reverse.find((field) => theirs.has(field));
  if (taken !== undefined) return `${reference.to.type}.${taken}`;
  own.add(reference.field);
  for (const field of reverse) theirs.add(field);
  return null;
}
