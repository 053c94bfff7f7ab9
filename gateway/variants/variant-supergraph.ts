import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { namedTypeOf } from '../../schema/contract/named-type-of.ts';
import { linkedName } from '../../schema/composition/linked-name.ts';

/** Which part of the graph a variant is, by the names of `@tag`. */
export interface VariantRule {
  /** Of a field: that it has one of these, or its type. None: all are in it. */
  readonly include: readonly string[];
  /** Whatever has one of these is not in it, whatever else it has. */
  readonly exclude: readonly string[];
}

/**
 * The supergraph in which all that a variant leaves out is `@inaccessible`: a router serves it as it stands, and goes on using what is
 * hidden for keys and `@requires`. Hidden too is what would be left of nothing else: fields of a hidden type, types of hidden fields
 * alone, and what no field leads to. (GraphOS calls such variants contracts.)
 */
export function variantSupergraph(sdl: string, rule: VariantRule): string {
  const document = parse(sdl, { noLocation: true });
  const tag = linkedName(document, 'tag', 'tag');
  const inaccessible = linkedName(document, 'inaccessible', 'inaccessible');
  const hidden = hiddenNodes(document, { rule, tag, inaccessible });
  const mark: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: inaccessible } };
  const marked = visit(document, {
    enter: (node) => {
      if (!hidden.has(node) || !('directives' in node)) return undefined;
      const directives = (node.directives ?? []) as readonly ConstDirectiveNode[];
      if (directives.some(({ name }) => name.value === inaccessible)) return undefined;
      return { ...node, directives: [...directives, mark] };
    },
  });
  return print(withInaccessible(marked, inaccessible));
}

/** Something of a type that can be hidden by itself, with the type that it needs. */
interface Part {
  readonly node: Tagged;
  /** Null for an enum's value. */
  readonly type: string | null;
  /** Of a field. */
  readonly arguments: readonly Part[];
}

interface Tagged {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

interface Type {
  readonly name: string;
  readonly node: Tagged;
  readonly parts: readonly Part[];
  readonly hasFields: boolean;
  /** Of a union its members, of an interface those that implement it, of these the interface: shown with it, where they are not hidden. */
  readonly akin: readonly string[];
}

interface Reading {
  readonly rule: VariantRule;
  readonly tag: string;
  readonly inaccessible: string;
}

/** The nodes of the document that are not in the variant. */
function hiddenNodes(document: DocumentNode, { rule, tag, inaccessible }: Reading): ReadonlySet<unknown> {
  const types = readTypes(document);
  const roots = rootNames(document);
  const hidden = new Set<unknown>();
  const has = ({ directives = [] }: Tagged, tags: readonly string[]): boolean =>
    directives.some((directive) => directive.name.value === tag && tags.includes(tagName(directive)));
  const isExcluded = (node: Tagged): boolean =>
    has(node, rule.exclude) || (node.directives ?? []).some(({ name }) => name.value === inaccessible);
  const isIncluded = (node: Tagged): boolean => rule.include.length === 0 || has(node, rule.include);

  for (const { name, node, parts, hasFields } of types.values()) {
    const isRoot = roots.has(name);
    if (isExcluded(node) && !isRoot) hidden.add(node);
    for (const part of parts) {
      const isShown = !hasFields || isIncluded(part.node) || (!isRoot && isIncluded(node));
      for (const one of [part, ...part.arguments]) if (isExcluded(one.node)) hidden.add(one.node);
      if (!isShown) hidden.add(part.node);
    }
  }
  hideLeftovers(types, roots, hidden);
  const reached = reachable(types, roots, hidden);
  for (const { name, node } of types.values()) if (!reached.has(name)) hidden.add(node);
  return hidden;
}

/** What hides one thing may hide another: until nothing more is. */
function hideLeftovers(types: ReadonlyMap<string, Type>, roots: ReadonlySet<string>, hidden: Set<unknown>): void {
  const isHidden = (name: string): boolean => hidden.has(types.get(name)?.node);
  for (let before = -1; before !== hidden.size;) {
    before = hidden.size;
    for (const { name, node, parts, akin } of types.values()) {
      for (const part of parts.flatMap((one) => [one, ...one.arguments]))
        if (part.type !== null && isHidden(part.type)) hidden.add(part.node);
      const isEmpty =
        parts.length > 0 ? parts.every((part) => hidden.has(part.node)) : akin.length > 0 && akin.every(isHidden);
      if (isEmpty && !roots.has(name)) hidden.add(node);
    }
  }
}

/** Names of the types that what is shown leads to. */
function reachable(
  types: ReadonlyMap<string, Type>,
  roots: ReadonlySet<string>,
  hidden: ReadonlySet<unknown>,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const type = types.get(name);
    if (type === undefined || reached.has(name) || hidden.has(type.node)) continue;
    reached.add(name);
    waiting.push(...type.akin);
    for (const part of type.parts.flatMap((one) => (hidden.has(one.node) ? [] : [one, ...one.arguments])))
      if (part.type !== null && !hidden.has(part.node)) waiting.push(part.type);
  }
  return reached;
}

function readTypes({ definitions }: DocumentNode): ReadonlyMap<string, Type> {
  const types = new Map<string, Type & { readonly akin: string[] }>();
  const implementing: [string, string][] = [];
  for (const node of definitions) {
    const read = readType(node);
    if (read === null) continue;
    types.set(read.name, read);
    if ('interfaces' in node)
      implementing.push(...(node.interfaces ?? []).map((one): [string, string] => [one.name.value, read.name]));
  }
  for (const [one, other] of implementing) {
    types.get(one)?.akin.push(other);
    types.get(other)?.akin.push(one);
  }
  return types;
}

/** Null for what is no type of the graph: what composition says of it is in types like `join__Graph`. */
function readType(node: DefinitionNode): (Type & { readonly akin: string[] }) | null {
  if (!isTypeDefinitionNode(node) || node.name.value.includes('__')) return null;
  const type = { name: node.name.value, node, hasFields: false, akin: [] as string[] };
  switch (node.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const hasFields = node.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION;
      return { ...type, hasFields, parts: (node.fields ?? []).map(partOf) };
    }
    case Kind.ENUM_TYPE_DEFINITION:
      return { ...type, parts: (node.values ?? []).map((value) => ({ node: value, type: null, arguments: [] })) };
    case Kind.UNION_TYPE_DEFINITION:
      return { ...type, parts: [], akin: (node.types ?? []).map(({ name }) => name.value) };
    default:
      return { ...type, parts: [] };
  }
}

function partOf(node: FieldDefinitionNode | InputValueDefinitionNode): Part {
  return {
    node,
    type: namedTypeOf(node.type),
    arguments: 'arguments' in node ? (node.arguments ?? []).map(partOf) : [],
  };
}

function rootNames({ definitions }: DocumentNode): ReadonlySet<string> {
  return new Set(
    definitions.flatMap((node) =>
      node.kind === Kind.SCHEMA_DEFINITION ? node.operationTypes.map(({ type }) => type.name.value) : [],
    ),
  );
}

function tagName({ arguments: given }: ConstDirectiveNode): string {
  const value = given?.find(({ name }) => name.value === 'name')?.value;
  return value?.kind === Kind.STRING ? value.value : '';
}

const SPECIFICATION = 'https://specs.apollo.dev/inaccessible/v0.2';
const DEFINITION =
  'on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION';

const LINKED = parse(`
  directive @inaccessible ${DEFINITION}
  schema @link(url: "${SPECIFICATION}", for: SECURITY) { query: Query }`).definitions;

/** With the directive's specification linked, where the supergraph had no use for it. */
function withInaccessible(document: DocumentNode, name: string): DocumentNode {
  const isDefined = document.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === name,
  );
  if (isDefined) return document;
  const links = LINKED.flatMap((node) => (node.kind === Kind.SCHEMA_DEFINITION ? (node.directives ?? []) : []));
  const definitions = document.definitions.map((node) =>
    node.kind === Kind.SCHEMA_DEFINITION ? { ...node, directives: [...(node.directives ?? []), ...links] } : node,
  );
  return {
    ...document,
    definitions: [...definitions, ...LINKED.filter(({ kind }) => kind === Kind.DIRECTIVE_DEFINITION)],
  };
}
