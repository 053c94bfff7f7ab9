import { domainOf, type ProductId } from '../../ids.ts';
import type { Mesh, Product, Property, SchemaObject, SourceObject } from '../model.ts';
import { columnLineage } from './column-lineage.ts';
import { type DatasetName, ownDataset, sourceDataset } from './dataset-names.ts';
import { eventBase, facet } from './open-lineage-facet.ts';

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

/**
 * The product as static OpenLineage events (spec 2-0-2): of a managed one a JobEvent, with what it reads and what it makes; of any
 * other, which Weft does not make, a DatasetEvent for each object. Facets say what the contract says; of runs and of what was measured there is nothing.
 */
export async function openLineage({ product, mesh, publishedAt }: Exported): Promise<NamedEvent[]> {
  if (product.kind !== 'managed')
    return product.objects.map((object) => ({
      name: object.table,
      event: { ...eventBase('DatasetEvent', publishedAt), dataset: outputDataset(product, object) },
    }));
  const { job, inputs, outputs } = await jobLineage({ product, mesh });
  const event = {
    ...eventBase('JobEvent', publishedAt),
    job,
    inputs: inputs.map(({ dataset }) => dataset),
    outputs: outputs.map(({ dataset }) => dataset),
  };
  return [{ name: nameOf(product.id), event }];
}

/** A product's refresh as OpenLineage has jobs: what it reads and what it makes, each with its facets. */
export interface JobLineage {
  readonly job: Dataset;
  /** `product`: whose object it is; null where it is a source's. */
  readonly inputs: readonly {
    readonly product: ProductId | null;
    readonly object: string;
    readonly dataset: Dataset;
  }[];
  readonly outputs: readonly { readonly object: SchemaObject; readonly dataset: Dataset }[];
}

interface Dataset extends DatasetName {
  readonly facets: Readonly<Record<string, unknown>>;
}

/** The job that makes a managed product. */
export async function jobLineage({ product, mesh }: Omit<Exported, 'publishedAt'>): Promise<JobLineage> {
  const lineage = await Promise.all(product.objects.map((object) => columnLineage(product, object, mesh)));
  const outputs = product.objects.map((object, index) => {
    const { fields, dataset: whole } = lineage[index] ?? { fields: {} };
    const isTold = Object.keys(fields).length > 0 || whole !== undefined;
    const says = { fields, ...(whole !== undefined && { dataset: whole }) };
    const further = isTold ? { columnLineage: facet('ColumnLineage', '1-2-0', says) } : {};
    return { object, dataset: outputDataset(product, object, further) };
  });
  return { job: { ...jobName(product.id), facets: jobFacets(product) }, inputs: inputDatasets(product, mesh), outputs };
}

/** What the job that makes a product is called. */
export function jobName(id: ProductId): DatasetName {
  return { namespace: `weft://${domainOf(id)}`, name: nameOf(id) };
}

function inputDatasets(product: Product, mesh: Mesh): JobLineage['inputs'] {
  const sources = product.inputs.flatMap((input) =>
    input.kind === 'product'
      ? []
      : input.objects.map((object) => {
          const name = sourceDataset(input.server, object);
          const facets = {
            schema: schemaFacet(object),
            dataSource: facet('Datasource', '1-0-1', { name: input.server.server, uri: uriOf(name.namespace) }),
          };
          return { product: null, object: object.name, dataset: dataset(name, facets) };
        }),
  );
  const read = (mesh.inputs.get(product.id) ?? []).flatMap((input) => {
    const owner = mesh.products.get(input.product);
    return owner === undefined
      ? []
      : input.objects.map((object) => ({
          product: owner.id,
          object: object.name,
          dataset: outputDataset(owner, object),
        }));
  });
  return [...sources, ...read];
}

function outputDataset(product: Product, object: SchemaObject, further: Record<string, unknown> = {}): Dataset {
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

function dataset({ namespace, name }: DatasetName, facets: Record<string, unknown>): Dataset {
  return { namespace, name, facets };
}

/** A namespace is a word or a URI. */
function uriOf(namespace: string): string {
  return namespace.includes(':') ? namespace : `${namespace}:///`;
}

function nameOf(id: ProductId): string {
  return id.slice(domainOf(id).length + 1);
}
