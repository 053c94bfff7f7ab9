import type { z } from 'zod';

import { rootFields } from '../../../schema/contract/names.ts';
import { CommandFailure } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { postGraph } from '../ask.ts';
import type { Terminal } from '../terminal.ts';

/** An object of the mesh that others can refer to: it has a key of one property. */
export interface MeshObject {
  readonly product: string;
  readonly name: string;
  readonly type: string;
  readonly key: { readonly name: string; readonly field: string; readonly type: string };
}

/** How many of the given values are keys of an object that is live; null where nobody can tell. */
export type CountKnown = (object: MeshObject, values: readonly (string | number | boolean)[]) => Promise<number | null>;

/** What a draft can lean on: types that are taken, and objects to refer to. */
export interface KnownMesh {
  /** Types of products other than the drafted one. */
  readonly types: ReadonlySet<string>;
  readonly objects: readonly MeshObject[];
  readonly countKnown: CountKnown;
}

type TypesAnswer = z.infer<typeof OPERATIONS.types.answer>;

/** Pages of 100 products; a mesh of more is looked at in part. */
const PAGES = 10;
/** Whoever starts a product may well have no server. */
const LOOK_MS = 5_000;

/** What the mesh has, for a first contract to refer to; null where no server answers soon. */
export async function knownMesh(terminal: Terminal, productId: string): Promise<KnownMesh | null> {
  const types = new Set<string>();
  const objects: MeshObject[] = [];
  const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(LOOK_MS)]);
  try {
    let after: string | null = null;
    for (let page = 0; page < PAGES; page++) {
      const { dataProducts }: TypesAnswer = await terminal.ask(OPERATIONS.types, { after }, signal);
      const others = dataProducts.nodes.filter(({ id }) => id !== productId);
      for (const { type } of others.flatMap(({ schemaObjects }) => schemaObjects)) types.add(type);
      objects.push(...others.flatMap(referable));
      after = dataProducts.pageInfo.endCursor;
      if (!dataProducts.pageInfo.hasNextPage) break;
    }
  } catch (error) {
    if (terminal.signal.aborted || !(error instanceof CommandFailure || signal.aborted)) throw error;
    return null;
  }
  return { types, objects, countKnown: (object, values) => countKnown(terminal, object, values) };
}

/** Objects with a key of one property; a service's own have no rows to look up. */
function referable({ id, kind, schemaObjects }: TypesAnswer['dataProducts']['nodes'][number]): MeshObject[] {
  return schemaObjects.flatMap(({ name, type, properties }) => {
    const [key, second] = properties.filter(({ primaryKey }) => primaryKey);
    if (key?.field == null || second !== undefined || kind === 'remote') return [];
    return [{ product: id, name, type, key: { name: key.name, field: key.field, type: key.type.replace(/!$/, '') } }];
  });
}

/** Asks the graph itself, by the filter that every managed list has. */
async function countKnown(
  { settings, signal }: Terminal,
  { type, key }: MeshObject,
  values: readonly (string | number | boolean)[],
): Promise<number | null> {
  const { listField } = rootFields(type);
  const isNumber = key.type === 'Int';
  const query = `query Known($values: [${key.type}!]) {
  all: ${listField}(first: 1) { totalCount }
  found: ${listField}(first: 1, where: { ${key.field}: { in: $values } }) { totalCount }
}`;
  const variables = { values: values.map((value) => (isNumber ? Number(value) : String(value))) };
  const within = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const answer = await postGraph(settings, within, { query, variables }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return null;
  });
  if (answer === null || answer.errors !== undefined) return null;
  const count = (name: string): number => {
    const list = answer.data?.[name];
    return typeof list === 'object' && list !== null && 'totalCount' in list ? Number(list.totalCount) : 0;
  };
  return count('all') === 0 ? null : count('found');
}
