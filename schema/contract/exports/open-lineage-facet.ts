/** Who says it, as OpenLineage asks: a URI. */
export const PRODUCER = 'urn:weft:export';
const SPEC = 'https://openlineage.io/spec';

type Fields = Readonly<Record<string, unknown>>;

/** What each event has, of whatever kind (spec 2-0-2). */
export function eventBase(kind: 'JobEvent' | 'DatasetEvent' | 'RunEvent', at: Date) {
  return {
    eventTime: at.toISOString(),
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/${kind}`,
  };
}

/** A facet with what each must have: who says it, and by which version of its schema. */
export function facet(
  name: string,
  version: string,
  says: Fields,
  of: 'Dataset' | 'Job' | 'Run' | 'InputDataset' | 'OutputDataset' = 'Dataset',
) {
  const schema = `${name}${of}Facet`;
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${version}/${schema}.json#/$defs/${schema}`, ...says };
}
