import { domainOf, type ProductId } from '../../ids.ts';
import type { Mesh, Product, Property, SchemaObject, SourceObject } from '../model.ts';
import { columnLineage } from './column-lineage.ts';
import { type DatasetName, ownDataset, sourceDataset } from './dataset-names.ts';

/** A revision of a product, in the mesh that it is a part of. */
export interface Exported {
  readonly product: Product;
  readonly mesh: Mesh;
  readonly publishedAt: Date;
}

/** One event as JSON, and the name of what it is about. */
export interface NamedEvent {
  readonly name: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Who says it, as OpenLineage asks: a URI. */
const PRODUCER = 'urn:weft:export';
const SPEC = 'https://openlineage.io/spec';

/**
 * The product as static OpenLineage events (spec 2-0-2): of a managed one a JobEvent, with what it reads and what it makes; of any
 * other, which Weft does not make, a DatasetEvent for each object. Facets say what the contract says; of runs and of what was measured there is nothing.
 */
export async function openLineage({ product, mesh, publishedAt }: Exported): Promise<NamedEvent[]> {
  const base = (event: string) => ({
    eventTime: publishedAt.toISOString(),
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/${event}`,
  });
  if (product.kind !== 'managed')
    return product.objects.map((object) => ({
      name: object.table,
      event: { ...base('DatasetEvent'), dataset: outputDataset(product, object) },
    }));
  const job = { namespace: `weft://${product.domain}`, name: nameOf(product.id), facets: jobFacets(product) };
  const lineage = await Promise.all(product.objects.map((object) => columnLineage(product, object, mesh)));
  const outputs = product.objects.map((object, index) => {
    const { fields, dataset: whole } = lineage[index] ?? { fields: {} };
    const isTold = Object.keys(fields).length > 0 || whole !== undefined;
    const says = { fields, ...(whole !== undefined && { dataset: whole }) };
    return outputDataset(product, object, isTold ? { columnLineage: facet('ColumnLineage', '1-2-0', says) } : {});
  });
  return [
    { name: nameOf(product.id), event: { ...base('JobEvent'), job, inputs: inputDatasets(product, mesh), outputs } },
  ];
}

function inputDatasets(product: Product, mesh: Mesh): unknown[] {
  const sources = product.inputs.flatMap((input) =>
    input.kind === 'product'
      ? []
      : input.objects.map((object) => {
          const name = sourceDataset(input.server, object);
          return dataset(name, {
            schema: schemaFacet(object),
            dataSource: facet('Datasource', '1-0-1', { name: input.server.server, uri: uriOf(name.namespace) }),
          });
        }),
  );
  const read = (mesh.inputs.get(product.id) ?? []).flatMap((input) => {
    const owner = mesh.products.get(input.product);
    return owner === undefined ? [] : input.objects.map((object) => outputDataset(owner, object));
  });
  return [...sources, ...read];
}

function outputDataset(product: Product, object: SchemaObject, further: Record<string, unknown> = {}) {
  const description = object.description ?? product.description.purpose;
  return dataset(ownDataset(product.id, object), {
    schema: schemaFacet(object),
    dataSource: facet('Datasource', '1-0-1', {
      name: product.id,
      uri: product.remote?.url ?? `weft://${product.domain}/${nameOf(product.id)}`,
    }),
    ...(description === null ? {} : { documentation: facet('Documentation', '1-1-0', { description }) }),
    ...ownership(product, 'Dataset'),
    ...further,
  });
}

function jobFacets(product: Product): Record<string, unknown> {
  const { purpose } = product.description;
  const [sql, ...others] = Object.values(product.transforms);
  return {
    jobType: facet('JobType', '2-0-4', { processingType: 'BATCH', integration: 'WEFT', jobType: 'REFRESH' }, 'Job'),
    ...(purpose === null ? {} : { documentation: facet('Documentation', '1-1-0', { description: purpose }, 'Job') }),
    ...ownership(product, 'Job'),
    // A job has one query: of several, none stands for the others.
    ...(sql === undefined || others.length > 0
      ? {}
      : { sql: facet('SQL', '1-1-0', { query: sql, dialect: 'postgres' }, 'Job') }),
  };
}

function ownership({ team }: Product, of: 'Dataset' | 'Job'): Record<string, unknown> {
  const owners = [
    ...(team.name === null ? [] : [{ name: `team:${team.name}` }]),
    ...team.members.map(({ username, role }) => ({
      name: `user:${username}`,
      ...(role === null ? {} : { type: role }),
    })),
  ];
  return owners.length === 0 ? {} : { ownership: facet('Ownership', '1-0-1', { owners }, of) };
}

function schemaFacet(object: SchemaObject | SourceObject) {
  const typeOf = ({ pgType, list }: Property): string => `${pgType}${list ? '[]' : ''}`;
  return facet('Schema', '1-2-0', {
    fields: object.properties.map((property, index) => ({
      name: 'sourceColumn' in property ? property.sourceColumn : property.name,
      type: typeOf(property),
      ...(property.description === null ? {} : { description: property.description }),
      ordinal_position: index + 1,
    })),
  });
}

function dataset({ namespace, name }: DatasetName, facets: Record<string, unknown>) {
  return { namespace, name, facets };
}

/** A facet with what each must have: who says it, and by which version of its schema. */
function facet(name: string, version: string, says: Record<string, unknown>, of: 'Dataset' | 'Job' = 'Dataset') {
  const schema = `${name}${of}Facet`;
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${version}/${schema}.json#/$defs/${schema}`, ...says };
}

/** A namespace is a word or a URI. */
function uriOf(namespace: string): string {
  return namespace.includes(':') ? namespace : `${namespace}:///`;
}

function nameOf(id: ProductId): string {
  return id.slice(domainOf(id).length + 1);
}
