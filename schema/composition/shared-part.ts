import { type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode, print } from 'graphql';
import { namedTypeOf } from '../contract/named-type-of.ts';
import { keyFieldsOf, type ManagedPart } from './managed-part.ts';

/** What other subgraphs have too. */
export interface Shared {
  type(name: string): boolean;
  /** How many subgraphs have a type of the name. */
  definers(name: string): number;
  field(type: string, field: string): boolean;
  /** True of a type that need not be composed again. */
  isSettled(name: string): boolean;
}

/** Begins the names of fields that stand for what is left out; no contract's name has two underscores. */
export const STAND_IN = 'weft__';

const BUILT_IN = new Set(['ID', 'String', 'Int', 'Float', 'Boolean']);

/**
 * As much of a managed subgraph as composition has to see to judge how it goes together with others: the types that others have too. Of
 * an entity these are the keys and the fields that others define; one field stands for all others, which are reached as it is. For how
 * `Query` and the types of this subgraph alone lead to shared types, fields of `Query` stand in. Null where what is shared names what is not.
 */
export function sharedPart(part: ManagedPart, index: number, shared: Shared): string | null {
  const isKnown = (name: string): boolean => BUILT_IN.has(name) || shared.type(name);
  const texts: string[] = [part.header];
  const entries: string[] = [];
  for (const [name, { node }] of part.open) {
    if (name === 'Query' || !shared.type(name) || shared.isSettled(name)) continue;
    const fields = sharedFields(node, shared);
    if (!fields.every((field) => namesOf(field).every(isKnown))) return null;
    const others = fields.length === (node.fields ?? []).length ? [] : [`  ${STAND_IN}${index}: Boolean`];
    texts.push(withFields(node, [...fields.map((field) => print(field)), ...others]));
    entries.push(`  ${STAND_IN}${index}_${name}: ${name}`);
  }
  for (const [name, { text, kind, names }] of part.closed) {
    if (!shared.type(name)) continue;
    if (![...names].every(isKnown)) return null;
    texts.push(text);
    const at = `${STAND_IN}${index}_${name}`;
    const isInput = kind === Kind.INPUT_OBJECT_TYPE_DEFINITION;
    // Whether an enum is given or answered decides how it is merged.
    if (isInput || part.givenTypes.has(name)) entries.push(`  ${at}_given(value: ${name}): Boolean`);
    if (!isInput && part.answeredTypes.has(name)) entries.push(`  ${at}: ${name}`);
  }
  const query = part.open.get('Query')!.node;
  const asked = (query.fields ?? []).filter(({ name }) => shared.field('Query', name.value));
  if (!asked.every((field) => namesOf(field).every(isKnown))) return null;
  const tag = part.hasTags ? ' @tag(name: "weft")' : '';
  const own = `  ${STAND_IN}${index}: Boolean${tag}`;
  texts.push(withFields(query, [own, ...entries, ...asked.map((field) => print(field))]));
  return texts.join('\n\n');
}

/** Of an entity that others have too: its keys, and what others define. */
export function sharedFields(
  node: ObjectTypeDefinitionNode,
  shared: Pick<Shared, 'field'>,
): readonly FieldDefinitionNode[] {
  const keys = keyFieldsOf(node);
  return (node.fields ?? []).filter(({ name }) => keys.has(name.value) || shared.field(node.name.value, name.value));
}

export function namesOf({ type, arguments: given = [] }: FieldDefinitionNode): string[] {
  return [namedTypeOf(type), ...given.map((argument) => namedTypeOf(argument.type))];
}

function withFields(node: ObjectTypeDefinitionNode, fields: readonly string[]): string {
  return `${print({ ...node, fields: [] })} {\n${fields.join('\n')}\n}`;
}
