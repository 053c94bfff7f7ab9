import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  OperationTypeNode,
  parse,
  print,
} from 'graphql';
import type { ComposableSubgraph, Composition } from './compose.ts';
import { JOIN, joinedField, type ManagedPart, readManagedPart } from './managed-part.ts';
import { settledEntities } from './settled-entities.ts';
import { type Shared, sharedPart, STAND_IN } from './shared-part.ts';
import { graphNames, typesOf } from './supergraph-document.ts';

/** A subgraph of the mesh. */
export interface MeshSubgraph extends ComposableSubgraph {
  /** Those of managed and registered products have an SDL that we derived. */
  readonly kind: 'managed' | 'registered' | 'remote' | 'catalog';
  /** True where it is, as it stands, part of a supergraph that composed. */
  readonly composed: boolean;
}

/** Composes subgraphs as @apollo/composition does, here or elsewhere. */
export type Compose = (subgraphs: readonly ComposableSubgraph[]) => Promise<Composition>;

/**
 * The supergraph of a mesh. What many managed subgraphs have each for themselves is not composed again with every publish: each one
 * that is new is composed alone; what they share with others is composed together; the rest stands beside it as composition would put
 * it. The answer is that of composing all at once, and where the parts do not tell, that is what is done (decision 023).
 */
export async function composeMesh(subgraphs: readonly MeshSubgraph[], compose: Compose): Promise<Composition> {
  const byParts = await composeByParts(subgraphs, compose);
  return byParts ?? compose(subgraphs);
}

/** Null where it does not compose, or is not certain to: composing all at once then says it. */
export async function composeByParts(
  subgraphs: readonly MeshSubgraph[],
  compose: Compose,
): Promise<Extract<Composition, { composes: true }> | null> {
  const sorted = [...subgraphs].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = new Map<MeshSubgraph, ManagedPart>();
  for (const subgraph of sorted.filter(({ kind }) => kind === 'managed' || kind === 'registered')) {
    const part = partOf(subgraph);
    if (part === null || !(await composesAlone(subgraph, part, compose))) return null;
    parts.set(subgraph, part);
  }
  // One alone needs no `@join__field`.
  if (parts.size === 0 || sorted.length < 2) return null;

  const counted = sharedBy(sorted, parts);
  const entities = settledEntities(parts, counted);
  const shared: Shared = { ...counted, isSettled: entities.isSettled };
  const asked: ComposableSubgraph[] = [];
  for (const [index, { name, url, ...subgraph }] of sorted.entries()) {
    const part = parts.get(sorted[index]!);
    const sdl = part === undefined ? subgraph.sdl : sharedPart(part, index, shared);
    if (sdl === null) return null;
    asked.push({ name, url, sdl });
  }
  const composed = await compose(asked);
  if (!composed.composes) return null;
  const hints = composed.hints.filter(({ message }) => !message.includes(STAND_IN));
  const document = entities.completed(parse(composed.sdl, { noLocation: true }));
  const sdl = document === null ? null : completed(document, parts, shared);
  return sdl === null ? null : { composes: true, sdl, hints };
}

/** Managed parts by subgraph, as they were last read: of a thousand products in fifty domains a publish changes one domain. */
const known = new Map<string, { readonly sdl: string; readonly part: ManagedPart | null; alone: boolean }>();
// Two parts a subgraph may be asked for in turn: what is live, and what is coming.
const KNOWN_MAX = 500;

function partOf({ name, sdl }: ComposableSubgraph): ManagedPart | null {
  const found = known.get(name);
  if (found?.sdl === sdl) return found.part;
  const part = readManagedPart(sdl);
  known.delete(name);
  known.set(name, { sdl, part, alone: false });
  const [oldest] = known.keys();
  if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  return part;
}

/** Whether composition takes the subgraph by itself, and makes of it what is put beside the others. */
async function composesAlone(subgraph: MeshSubgraph, part: ManagedPart, compose: Compose): Promise<boolean> {
  const found = known.get(subgraph.name);
  if (subgraph.composed || found?.alone === true) return true;
  const { name, sdl, url } = subgraph;
  const composition = await compose([{ name, sdl, url }]);
  if (!composition.composes) return false;
  const document = parse(composition.sdl, { noLocation: true });
  const graph = graphNames(document).get(name);
  if (graph === undefined) return false;
  const texts = new Map(typesOf(document).map((node) => [node.name.value, print(node)]));
  const isSame = (type: string, merged: string): boolean => texts.get(type) === merged.replaceAll(JOIN, graph);
  const alike =
    [...part.closed].every(([type, { merged }]) => isSame(type, merged)) &&
    [...part.open].every(([type, { merged }]) => isSame(type, merged));
  if (alike && found?.sdl === sdl) found.alone = true;
  return alike;
}

/** What more than one subgraph has: types, and fields of types. `Query` is everybody's. */
function sharedBy(
  subgraphs: readonly MeshSubgraph[],
  parts: ReadonlyMap<MeshSubgraph, ManagedPart>,
): Omit<Shared, 'isSettled'> {
  const types = new Map<string, number>([['Query', 2]]);
  const fields = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const addType = (name: string, given: readonly { readonly name: { readonly value: string } }[] = []): void => {
    add(types, name);
    for (const field of given) add(fields, `${name}.${field.name.value}`);
  };
  for (const subgraph of subgraphs) {
    const part = parts.get(subgraph);
    if (part !== undefined) {
      for (const name of part.closed.keys()) add(types, name);
      for (const [name, { node }] of part.open) addType(name, node.fields);
      continue;
    }
    const { definitions } = parse(subgraph.sdl, { noLocation: true });
    const query = queryName(definitions);
    const seen = new Map<string, { readonly name: { readonly value: string } }[]>();
    for (const node of definitions) {
      if (!('name' in node) || node.kind === Kind.DIRECTIVE_DEFINITION) continue;
      const name = node.name.value === query ? 'Query' : node.name.value;
      seen.set(name, [...(seen.get(name) ?? []), ...('fields' in node ? (node.fields ?? []) : [])]);
    }
    for (const [name, given] of seen) addType(name, given);
  }
  return {
    type: (name) => (types.get(name) ?? 0) > 1,
    definers: (name) => types.get(name) ?? 0,
    field: (type, field) => (fields.get(`${type}.${field}`) ?? 0) > 1,
  };
}

function queryName(definitions: readonly DefinitionNode[]): string {
  for (const node of definitions)
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
      for (const { operation, type } of node.operationTypes ?? [])
        if (operation === OperationTypeNode.QUERY) return type.name.value;
  return 'Query';
}

/** The supergraph of what is shared, with all that is not; null where that has a place already. */
function completed(
  document: DocumentNode,
  parts: ReadonlyMap<MeshSubgraph, ManagedPart>,
  shared: Shared,
): string | null {
  const graphs = graphNames(document);
  const types = new Map<string, string | ObjectTypeDefinitionNode>();
  const head: string[] = [];
  for (const node of document.definitions)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION) types.set(node.name.value, node);
    else if ('name' in node && node.kind !== Kind.DIRECTIVE_DEFINITION) types.set(node.name.value, print(node));
    else head.push(print(node));

  const open = new Map<string, FieldDefinitionNode[]>();
  for (const [{ name }, part] of parts) {
    const graph = graphs.get(name);
    if (graph === undefined) return null;
    for (const [type, { merged }] of part.closed)
      if (!shared.type(type)) types.set(type, merged.replaceAll(JOIN, graph));
    for (const [type, { node, merged }] of part.open)
      if (!shared.type(type)) types.set(type, merged.replaceAll(JOIN, graph));
      else open.set(type, [...(open.get(type) ?? []), ...ownFields(node, types.get(type), graph)]);
  }
  for (const [type, fields] of open) {
    const node = types.get(type);
    if (node === undefined || typeof node === 'string') return null;
    const names = new Set(fields.map(({ name }) => name.value));
    const further = (node.fields ?? []).filter(
      ({ name }) => !names.has(name.value) && !name.value.startsWith(STAND_IN),
    );
    types.set(type, { ...node, fields: [...uniqueByName(fields), ...further] });
  }
  const sorted = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...head, ...sorted.map(([, type]) => (typeof type === 'string' ? type : print(type)))].join('\n\n');
}

/** A managed subgraph's fields of a type that others have too, in its own order: those that composition merged as it merged them. */
function ownFields(
  node: ObjectTypeDefinitionNode,
  merged: string | ObjectTypeDefinitionNode | undefined,
  graph: string,
): FieldDefinitionNode[] {
  const fields = new Map(
    typeof merged === 'object' ? (merged.fields ?? []).map((field) => [field.name.value, field]) : [],
  );
  return (node.fields ?? []).map((field) => fields.get(field.name.value) ?? joinedField(field, graph));
}

function uniqueByName(fields: readonly FieldDefinitionNode[]): FieldDefinitionNode[] {
  const byName = new Map<string, FieldDefinitionNode>();
  for (const field of fields) if (!byName.has(field.name.value)) byName.set(field.name.value, field);
  return [...byName.values()];
}
