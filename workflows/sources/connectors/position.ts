import { z } from 'zod';
import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';
import { parseExactly, textOf } from '../exact-json.ts';

/** The ledger holds it with each version; states of thousands of partitions have some hundred kilobytes. */
const LETTERS = 1024 * 1024;

const position = z.object({ of: z.string(), state: z.unknown() });

/** How far a connector has come, as the ledger keeps it. Refuses with SOURCE_FAILED what is too much to be kept. */
export function positionText(source: ConnectorSource, state: unknown): string {
  const text = textOf({ of: streamName(source), state }) ?? '';
  if (text.length <= LETTERS) return text;
  throw new Refusal(
    'SOURCE_FAILED',
    `The connector of the server ${source.name} says how far it has come in ${text.length} letters: ${LETTERS} are kept.`,
  );
}

/** What it said the last time; undefined at first, and of another stream or package: then it begins anew. */
export function stateOf(source: ConnectorSource, text: string | null): unknown {
  if (text === null) return undefined;
  const { of, state } = position.parse(parseExactly(text));
  return of === streamName(source) ? state : undefined;
}

function streamName({ protocol, package: { name }, stream, namespace }: ConnectorSource): string {
  return [protocol, name, ...(namespace === null ? [] : [namespace]), stream].join(' ');
}
