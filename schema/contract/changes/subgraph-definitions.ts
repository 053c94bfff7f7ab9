import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  type TypeNode,
} from 'graphql';
import { isMachinery } from '../machinery.ts';

export type TypeKind = 'object' | 'interface' | 'union' | 'enum' | 'input' | 'scalar';

/** A directive as it was applied: its name in federation (`key`, whatever the SDL imports it as), its arguments printed. */
export interface Applied {
  readonly name: string;
  readonly arguments: ReadonlyMap<string, string>;
  /** The whole, printed: what tells two of one name apart. */
  readonly text: string;
}

interface Element {
  readonly description: string | null;
  readonly directives: readonly Applied[];
}

/** An argument or a field of an input. */
export interface InputValue extends Element {
  readonly type: TypeNode;
  /** Printed; null where there is none. */
  readonly defaultValue: string | null;
}

export interface Field extends Element {
  readonly type: TypeNode;
  readonly args: ReadonlyMap<string, InputValue>;
}

/** A type with all its extensions. What its kind does not have is empty. */
export interface TypeDefinition extends Element {
  readonly name: string;
  readonly kind: TypeKind;
  readonly fields: ReadonlyMap<string, Field>;
  readonly inputFields: ReadonlyMap<string, InputValue>;
  readonly values: ReadonlyMap<string, Element>;
  readonly interfaces: ReadonlySet<string>;
  readonly members: ReadonlySet<string>;
}

export interface DirectiveDefinition {
  readonly isExecutable: boolean;
  readonly text: string;
}

/** What a subgraph's SDL says, by name. */
export interface Definitions {
  readonly types: ReadonlyMap<string, TypeDefinition>;
  readonly directives: ReadonlyMap<string, DirectiveDefinition>;
  /** Directives of `schema`. */
  readonly schema: readonly Applied[];
}

const KINDS: Readonly<Record<(TypeDefinitionNode | TypeExtensionNode)['kind'], TypeKind>> = {
  ObjectTypeDefinition: 'object',
  ObjectTypeExtension: 'object',
  InterfaceTypeDefinition: 'interface',
  InterfaceTypeExtension: 'interface',
  UnionTypeDefinition: 'union',
  UnionTypeExtension: 'union',
  EnumTypeDefinition: 'enum',
  EnumTypeExtension: 'enum',
  InputObjectTypeDefinition: 'input',
  InputObjectTypeExtension: 'input',
  ScalarTypeDefinition: 'scalar',
  ScalarTypeExtension: 'scalar',
};

/** Reads an SDL that parses: extensions joined with what they extend, root types and directives by their proper names. */
export function subgraphDefinitions(sdl: string): Definitions {
  const { definitions } = parse(sdl, { noLocation: true });
  const roots = rootNames(definitions);
  const names = directiveNames(definitions);
  const types = new Map<string, Draft>();
  const directives = new Map<string, DirectiveDefinition>();
  const schema: Applied[] = [];
  for (const node of definitions) {
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION)
      schema.push(...applied(node.directives, names));
    else if (node.kind === Kind.DIRECTIVE_DEFINITION) {
      if (!names.has(node.name.value) && !isMachinery(node.name.value))
        directives.set(node.name.value, directiveDefinition(node));
    } else if (node.kind in KINDS) {
      const type = node as TypeDefinitionNode | TypeExtensionNode;
      const name = roots.get(type.name.value) ?? type.name.value;
      if (isMachinery(name)) continue;
      const draft = types.get(name) ?? draftOf(name, KINDS[type.kind]);
      types.set(name, draft);
      join(draft, type, { roots, names });
    }
  }
  return { types, directives, schema };
}

interface Draft extends TypeDefinition {
  description: string | null;
  readonly directives: Applied[];
  readonly fields: Map<string, Field>;
  readonly inputFields: Map<string, InputValue>;
  readonly values: Map<string, Element>;
  readonly interfaces: Set<string>;
  readonly members: Set<string>;
}

function draftOf(name: string, kind: TypeKind): Draft {
  return {
    name,
    kind,
    description: null,
    directives: [],
    fields: new Map(),
    inputFields: new Map(),
    values: new Map(),
    interfaces: new Set(),
    members: new Set(),
  };
}

interface Names {
  readonly roots: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
}

function join(draft: Draft, node: TypeDefinitionNode | TypeExtensionNode, at: Names): void {
  draft.description = descriptionOf(node) ?? draft.description;
  draft.directives.push(...applied(node.directives, at.names));
  if ('interfaces' in node) for (const { name } of node.interfaces ?? []) draft.interfaces.add(name.value);
  if ('types' in node) for (const { name } of node.types ?? []) draft.members.add(name.value);
  if ('values' in node)
    for (const value of node.values ?? []) draft.values.set(value.name.value, element(value, at.names));
  if (!('fields' in node)) return;
  for (const field of node.fields ?? [])
    if (field.kind === Kind.INPUT_VALUE_DEFINITION) draft.inputFields.set(field.name.value, inputValue(field, at));
    else if (!(draft.name === 'Query' && isMachinery(field.name.value)))
      draft.fields.set(field.name.value, {
        ...element(field, at.names),
        type: renamed(field.type, at.roots),
        args: new Map((field.arguments ?? []).map((arg) => [arg.name.value, inputValue(arg, at)])),
      });
}

function descriptionOf(node: TypeDefinitionNode | TypeExtensionNode): string | null {
  const { description } = node as Partial<TypeDefinitionNode>;
  return description?.value ?? null;
}

function inputValue(node: InputValueDefinitionNode, at: Names): InputValue {
  const { type, defaultValue } = node;
  return {
    ...element(node, at.names),
    type: renamed(type, at.roots),
    defaultValue: defaultValue === undefined ? null : print(defaultValue),
  };
}

function element(
  node: FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode,
  names: ReadonlyMap<string, string>,
): Element {
  return { description: node.description?.value ?? null, directives: applied(node.directives, names) };
}

function applied(nodes: readonly ConstDirectiveNode[] = [], names: ReadonlyMap<string, string>): Applied[] {
  return nodes.map(({ name, arguments: given = [] }) => {
    const known = names.get(name.value) ?? name.value;
    const args = new Map(given.map((one) => [one.name.value, print(one.value)]));
    const list = [...args].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value}`);
    return { name: known, arguments: args, text: `@${known}${list.length === 0 ? '' : `(${list.join(', ')})`}` };
  });
}

function directiveDefinition(node: DirectiveDefinitionNode): DirectiveDefinition {
  const EXECUTABLE =
    /^(QUERY|MUTATION|SUBSCRIPTION|FIELD|FRAGMENT_DEFINITION|FRAGMENT_SPREAD|INLINE_FRAGMENT|VARIABLE_DEFINITION)$/;
  return { isExecutable: node.locations.some(({ value }) => EXECUTABLE.test(value)), text: print(node) };
}

/** Composing names the root types anew: what a subgraph calls them is its own affair. */
function rootNames(definitions: readonly DefinitionNode[]): Map<string, string> {
  const proper = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;
  return new Map(
    definitions.flatMap((node) =>
      node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
        ? (node.operationTypes ?? []).map(({ operation, type }) => [type.name.value, proper[operation]] as const)
        : [],
    ),
  );
}

const FEDERATION =
  'key requires provides external shareable override tag inaccessible interfaceObject composeDirective extends authenticated requiresScopes policy context fromContext cost listSize'.split(
    ' ',
  );

/** What the SDL calls federation's directives -> their names: `@link` imports them, renames them, or gives them a prefix. */
function directiveNames(definitions: readonly DefinitionNode[]): Map<string, string> {
  const names = new Map([...FEDERATION, 'link'].map((name) => [name, name]));
  for (const node of definitions) {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { arguments: given = [] } of node.directives ?? []) {
      const value = (name: string) => given.find((one) => one.name.value === name)?.value;
      const url = value('url');
      if (url?.kind !== Kind.STRING || !/\/federation\/v\d/.test(url.value)) continue;
      const prefix = value('as');
      for (const name of FEDERATION)
        names.set(`${prefix?.kind === Kind.STRING ? prefix.value : 'federation'}__${name}`, name);
      const imported = value('import');
      if (imported?.kind !== Kind.LIST) continue;
      for (const one of imported.values) {
        if (one.kind !== Kind.OBJECT) continue;
        const part = (key: string): string | null => {
          const found = one.fields.find(({ name }) => name.value === key)?.value;
          return found?.kind === Kind.STRING ? found.value.replace(/^@/, '') : null;
        };
        const [name, as] = [part('name'), part('as')];
        if (name !== null && as !== null) names.set(as, name);
      }
    }
  }
  return names;
}

function renamed(type: TypeNode, roots: ReadonlyMap<string, string>): TypeNode {
  if (roots.size === 0) return type;
  if (type.kind === Kind.NON_NULL_TYPE) return { ...type, type: renamed(type.type, roots) as typeof type.type };
  if (type.kind === Kind.LIST_TYPE) return { ...type, type: renamed(type.type, roots) };
  const proper = roots.get(type.name.value);
  return proper === undefined ? type : { ...type, name: { ...type.name, value: proper } };
}
