import { type ConstDirectiveNode, Kind, print, type TypeDefinitionNode, type TypeExtensionNode, visit } from 'graphql';
import { claimedTypes, furtherKeys } from '../contract/graph-names.ts';
import type { Mesh, Product, SchemaObject } from '../contract/model.ts';
import { RESERVED_TYPES } from '../contract/names.ts';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { isNamed, type SdlDefinition, sdlDefinitions } from '../contract/sdl-definitions.ts';

/** A service leaves other domains' types as they are; it extends them by their keys. */
export const typeRedefined = policy({
  id: 'TYPE_REDEFINED',
  reason:
    'A type is what its domain says it is: composition merges what others write of it, and consumers get what nobody owns.',
  // An enum or input that another domain bends changes what their consumers may send and get, at once.
  severity: 'error',
  documentation: {
    passes: 'type Airport @key(fields: "iata") { iata: ID! timeZone: String }',
    fails:
      'type Airport @key(fields: "name") { name: String! } # the key of another domain\'s type is iata\nenum FlightPunctuality { LATE } # is another domain\'s, and has more values there',
    mend: "Extend another domain's type by a key that it has, and add fields of your own; name your own types otherwise. Fields are taken over (@override) only with an exception that the owner's domain agreed to.",
  },
  parameters: NO_PARAMETERS,
  judge: ({ product, mesh }): readonly PolicyFinding[] => {
    if (product.remote === null) return [];
    const others = foreignTypes(product, mesh);
    const services = new Map<string, Product>(
      [...mesh.products.values()].filter(({ kind }) => kind === 'remote').map((one) => [one.id, one]),
    );
    return sdlDefinitions(product).flatMap((definition) => [
      ...overrides(definition, product, services),
      ...redefinitions(definition, others),
    ]);
  },
});

/** A type that another domain has, and what of it is known. */
interface Foreign {
  readonly owner: string;
  /** Managed or registered: the object whose type it is. */
  readonly object?: SchemaObject;
  /** Remote: as its SDL writes it. */
  readonly node?: TypeDefinitionNode | TypeExtensionNode;
}

function foreignTypes(product: Product, mesh: Mesh): ReadonlyMap<string, Foreign> {
  const types = new Map<string, Foreign>([...RESERVED_TYPES].map((name) => [name, { owner: 'the platform' }]));
  const others = [...mesh.products.values()].filter(({ domain }) => domain !== product.domain);
  for (const other of others)
    for (const { name, node, isOwn } of sdlDefinitions(other))
      if (isOwn && !types.has(name)) types.set(name, { owner: other.id, node });
  // The name of a product that is no service comes before any service's.
  for (const { id, kind, objects } of others)
    if (kind !== 'remote')
      for (const object of objects)
        for (const name of claimedTypes(object))
          types.set(name, { owner: id, ...(name === object.type && { object }) });
  return types;
}

function redefinitions({ name, node, at }: SdlDefinition, others: ReadonlyMap<string, Foreign>): PolicyFinding[] {
  const foreign = others.get(name);
  if (foreign === undefined || node.kind === Kind.SCALAR_TYPE_DEFINITION) return [];
  if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION)
    // Fields that two services resolve are refused by composition, unless both say @shareable.
    return foreignKeys(node.directives ?? [], foreign).map((key) => ({
      message: `${name} is a type of ${foreign.owner}, which has no key "${key}": extend it by a key that it has.`,
      ...at,
    }));
  // Interfaces are extended by keys too (@interfaceObject is an object), and what is written alike is shared, not bent.
  if (foreign.node !== undefined && shape(foreign.node) === shape(node)) return [];
  return [
    {
      message: `${name} is a type of ${foreign.owner}, and would be another one: give yours a name of its own.`,
      ...at,
    },
  ];
}

/** Keys that the owner does not have. */
function foreignKeys(directives: readonly ConstDirectiveNode[], { object, node }: Foreign): string[] {
  const written = keysOf(directives);
  if (object !== undefined) {
    const own = new Set([
      folded(object.key.map(({ field }) => field)),
      ...furtherKeys(object).map(({ field }) => field),
    ]);
    return written.filter((key) => !own.has(key));
  }
  if (node === undefined) return [];
  const own = new Set(keysOf(node.directives ?? []));
  // What has no key is shared by value, which composition judges.
  return own.size === 0 ? [] : written.filter((key) => !own.has(key));
}

function keysOf(directives: readonly ConstDirectiveNode[]): string[] {
  return directives
    .filter((directive) => isNamed(directive, 'key'))
    .flatMap(({ arguments: given = [] }) =>
      given.flatMap(({ name, value }) =>
        name.value === 'fields' && value.kind === Kind.STRING ? [folded(value.value.split(/[\s,]+/))] : [],
      ),
    );
}

/** The order of a key's fields means nothing. */
function folded(fields: readonly string[]): string {
  return fields
    .filter((field) => field !== '')
    .sort()
    .join(' ');
}

function overrides(
  { name, members }: SdlDefinition,
  product: Product,
  services: ReadonlyMap<string, Product>,
): PolicyFinding[] {
  return members.flatMap((member): PolicyFinding[] => {
    const directive = member.node.directives?.find((one) => isNamed(one, 'override'));
    const from = directive?.arguments?.find((argument) => argument.name.value === 'from')?.value;
    const owner = from?.kind === Kind.STRING ? services.get(from.value) : undefined;
    if (owner === undefined || owner.domain === product.domain) return [];
    return [
      { message: `${name}.${member.name} is taken over from ${owner.id}, a service of another domain.`, ...member.at },
    ];
  });
}

/** The definition without words and in one order, so that equal ones are equal text. */
function shape(node: TypeDefinitionNode | TypeExtensionNode): string {
  const bare = visit(node, {
    StringValue: (value, key) => (key === 'description' ? null : value),
    Directive: () => null,
    enter: (one) => {
      if ('fields' in one && Array.isArray(one.fields)) return { ...one, fields: sorted(one.fields) };
      if ('values' in one && Array.isArray(one.values) && one.kind === Kind.ENUM_TYPE_DEFINITION)
        return { ...one, values: sorted(one.values) };
      return undefined;
    },
  }) as TypeDefinitionNode;
  return print(bare);
}

function sorted<Named extends { readonly name: { readonly value: string } }>(nodes: readonly Named[]): Named[] {
  return [...nodes].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
}
