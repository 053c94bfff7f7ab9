import { readdirSync, readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const SPEC = new URL('../../fixtures/openlineage/', import.meta.url);
const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
for (const file of ['OpenLineage.json', ...readdirSync(new URL('facets', SPEC)).map((name) => `facets/${name}`)])
  ajv.addSchema(JSON.parse(readFileSync(new URL(file, SPEC), 'utf8')) as object);

/** Holds an event against OpenLineage's own JSON Schemas, and each of its facets, but Weft's own, against that one's. */
export function expectValid(event: Readonly<Record<string, unknown>>, least: { facets: number }): void {
  const isEvent = ajv.getSchema(event['schemaURL'] as string)!;
  expect([isEvent(event), isEvent.errors]).toEqual([true, null]);
  const facets = [...facetsOf(event)].filter(({ _schemaURL }) => !_schemaURL.startsWith('urn:weft:'));
  expect(facets.length).toBeGreaterThanOrEqual(least.facets);
  for (const facet of facets) {
    const isFacet = ajv.getSchema(facet._schemaURL);
    expect([facet._schemaURL, isFacet?.(facet), isFacet?.errors]).toEqual([facet._schemaURL, true, null]);
  }
}

function* facetsOf(value: unknown): Generator<{ _schemaURL: string }> {
  if (typeof value !== 'object' || value === null) return;
  if ('_schemaURL' in value) yield value as { _schemaURL: string };
  for (const inner of Object.values(value)) yield* facetsOf(inner);
}
