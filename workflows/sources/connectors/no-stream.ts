import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';
import { textOf } from '../exact-json.ts';

/** The refusal of a stream that a connector does not have, or of one that tells of none. */
export function noStream(
  { name, stream, package: { requirement } }: ConnectorSource,
  found: readonly unknown[],
): Refusal {
  const names = found.map(textOf).filter((one) => one !== null);
  return new Refusal(
    'SOURCE_MISSING',
    `The connector ${requirement} of the server ${name} has no stream ${JSON.stringify(stream)}: it tells of ${
      names.length === 0 ? 'none' : names.slice(0, 50).join(', ')
    }. physicalName of the object says which one is meant.`,
  );
}
