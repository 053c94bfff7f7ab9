import type { Product, SchemaObject, Value } from '../model.ts';
import type { OdcsContract, OdcsObject, OdcsProperty } from '../odcs.ts';

/** A schema object of an output port: as it is written, and as Weft reads it. */
export interface ObjectPart {
  readonly name: string;
  readonly written: OdcsObject;
  readonly read: SchemaObject;
  readonly file: string | null;
  /** `schema[0]` */
  readonly path: string;
  readonly properties: ReadonlyMap<string, PropertyPart>;
}

export interface PropertyPart {
  readonly name: string;
  readonly written: OdcsProperty;
  /** Null where it is faulty, and left out of the graph. */
  readonly read: Value | null;
  readonly kind: 'column' | 'measure' | 'dimension';
  readonly file: string | null;
  readonly path: string;
}

/** The objects of a product's output contracts, by name. */
export function objectParts(product: Product): Map<string, ObjectPart> {
  const parts = new Map<string, ObjectPart>();
  for (const contract of product.documents.contracts)
    for (const [index, written] of (contract.schema ?? []).entries()) {
      const read = product.objects.find(({ name, contractId }) => name === written.name && contractId === contract.id);
      if (read === undefined) continue;
      const place = { file: fileOf(product, contract), path: `schema[${index}]` };
      parts.set(read.name, {
        name: read.name,
        written,
        read,
        ...place,
        properties: propertyParts(written, read, place),
      });
    }
  return parts;
}

/** Where a contract stands. */
export function fileOf({ files }: Product, { id }: OdcsContract): string | null {
  return files[id] ?? null;
}

function propertyParts(
  written: OdcsObject,
  read: SchemaObject,
  at: { readonly file: string | null; readonly path: string },
): Map<string, PropertyPart> {
  const values = [...read.properties, ...read.dimensions, ...read.measures];
  return new Map(
    (written.properties ?? []).map((property, index) => [
      property.name,
      {
        name: property.name,
        written: property,
        read: values.find(({ name }) => name === property.name) ?? null,
        kind: property.semanticType ?? 'column',
        file: at.file,
        path: `${at.path}.properties[${index}]`,
      },
    ]),
  );
}

/**
 * What is in both, in the one alone and in the other alone. What has another name and the same stable `id` is in both: it was renamed.
 */
export function paired<Part extends { readonly name: string; readonly written: { readonly id?: string | undefined } }>(
  was: ReadonlyMap<string, Part>,
  is: ReadonlyMap<string, Part>,
): {
  readonly both: readonly (readonly [Part, Part])[];
  readonly gone: readonly Part[];
  readonly came: readonly Part[];
} {
  const both: (readonly [Part, Part])[] = [];
  const gone: Part[] = [];
  const renamed = new Set<Part>();
  const byId = new Map([...is.values()].filter(({ name }) => !was.has(name)).map((part) => [part.written.id, part]));
  for (const part of was.values()) {
    const { id } = part.written;
    const other = is.get(part.name) ?? (id === undefined ? undefined : byId.get(id));
    if (other === undefined || renamed.has(other)) gone.push(part);
    else {
      if (other.name !== part.name) renamed.add(other);
      both.push([part, other]);
    }
  }
  const came = [...is.values()].filter((part) => !was.has(part.name) && !renamed.has(part));
  return { both, gone, came };
}
