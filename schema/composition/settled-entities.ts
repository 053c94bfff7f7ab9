import { type DocumentNode, Kind, type ObjectTypeDefinitionNode, print } from 'graphql';
import type { ComposableSubgraph } from './compose.ts';
import type { ManagedPart } from './managed-part.ts';
import { namesOf, type Shared, sharedFields } from './shared-part.ts';
import { graphNames } from './supergraph-document.ts';

/** What came of an entity when it was last composed. */
interface Settled {
  readonly signature: string;
  /** What its subgraphs were called in `join__Graph`. */
  readonly graphs: string;
  readonly node: ObjectTypeDefinitionNode;
}

const settled = new Map<string, Settled>();
// More than the entities of a large mesh; each holds its keys alone.
const SETTLED_MAX = 50_000;

/**
 * The entities that only managed subgraphs have, and which lead to no other entity by what they share: composition judges each by itself,
 * so that one whose shared parts are as they were need not be judged again. `completed` puts these beside what was composed, and
 * remembers what is new; it answers null where a subgraph has another name in `join__Graph` by now.
 */
export function settledEntities(
  parts: ReadonlyMap<ComposableSubgraph, ManagedPart>,
  shared: Omit<Shared, 'isSettled'>,
): { readonly isSettled: Shared['isSettled']; readonly completed: (document: DocumentNode) => DocumentNode | null } {
  const definers = new Map<string, { readonly name: string; readonly text: string }[]>();
  const busy = new Set<string>();
  const entities = new Set([...parts.values()].flatMap(({ open }) => [...open.keys()]));
  for (const [{ name }, { open }] of parts)
    for (const [type, { node }] of open) {
      if (type === 'Query' || !shared.type(type)) continue;
      const fields = sharedFields(node, shared);
      if (fields.some((field) => namesOf(field).some((named) => entities.has(named)))) busy.add(type);
      const hasOthers = fields.length < (node.fields ?? []).length;
      const text = `${name} ${hasOthers} ${print({ ...node, fields })}`;
      definers.set(type, [...(definers.get(type) ?? []), { name, text }]);
    }
  const signatures = new Map(
    [...definers]
      .filter(([type, texts]) => !busy.has(type) && shared.definers(type) === texts.length)
      .map(([type, texts]) => [type, texts.map(({ text }) => text).join('\n')]),
  );
  const known = new Map<string, Settled>();
  for (const [type, signature] of signatures) {
    const found = settled.get(type);
    if (found?.signature === signature) known.set(type, found);
  }
  return {
    isSettled: (type) => known.has(type),
    completed: (document) => {
      const names = graphNames(document);
      const graphsOf = (type: string): string =>
        (definers.get(type) ?? []).map(({ name }) => names.get(name)).join(' ');
      for (const [type, { graphs }] of known) if (graphs !== graphsOf(type)) return null;
      for (const node of document.definitions) {
        if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
        const type = node.name.value;
        const signature = signatures.get(type);
        if (signature !== undefined) remember(type, { signature, graphs: graphsOf(type), node });
      }
      return { ...document, definitions: [...document.definitions, ...[...known.values()].map(({ node }) => node)] };
    },
  };
}

function remember(type: string, entity: Settled): void {
  settled.delete(type);
  settled.set(type, entity);
  const [oldest] = settled.keys();
  if (settled.size > SETTLED_MAX && oldest !== undefined) settled.delete(oldest);
}
