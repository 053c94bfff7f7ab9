import { Kind } from 'graphql';
import type { Product } from '../contract/model.ts';
import { objectsOf, propertiesOf } from './elements.ts';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { hasDirective, sdlDefinitions } from '../contract/sdl-definitions.ts';

/** The product, its objects and their properties say what they are. */
export const descriptions = policy({
  id: 'DESCRIPTION',
  reason: 'What is not described is asked about, or guessed wrong; descriptions are also those of the graph.',
  // Data without words can be used, and a first contract is often made from the data alone.
  severity: 'warning',
  documentation: {
    passes: '- name: delay\n  description: Minutes late on arrival; negative when early.',
    fails: '- name: delay\n  logicalType: integer',
    mend: 'Write `description.purpose` of the product, `description` (or `businessName`) of each schema object and property, and descriptions in the SDL.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product, mesh }): readonly PolicyFinding[] => [
    ...(isWritten(product.description.purpose)
      ? []
      : [
          {
            message: 'the product does not say what it is for: write description.purpose.',
            file: product.file,
            path: 'description',
          },
        ]),
    ...objectsOf(product)
      .filter(({ object }) => !isWritten(object.description ?? object.businessName))
      .map(({ object, file, path }) => ({
        message: `the schema object ${object.name} has no description.`,
        file,
        path,
      })),
    ...propertiesOf(product)
      .filter(({ property }) => !isWritten(property.description ?? property.businessName))
      .map(({ name, file, path }) => ({ message: `the property ${name} has no description.`, file, path })),
    ...sdlFindings(product, foreignTypes(product, [...mesh.products.values()])),
  ],
});

/** graphql-js has the key of a description where there is none. */
function isDescribed({
  description,
}: {
  readonly kind: string;
  readonly description?: { readonly value: string } | undefined;
}): boolean {
  return isWritten(description?.value);
}

function isWritten(text: string | null | undefined): boolean {
  return text != null && text.trim() !== '';
}

/** Types of products that are no services: what a service adds to them is described where it adds it, and the types at home. */
function foreignTypes(product: Product, products: readonly Product[]): ReadonlySet<string> {
  if (product.kind !== 'remote') return new Set();
  return new Set(
    products.filter(({ kind }) => kind !== 'remote').flatMap(({ objects }) => objects.map(({ type }) => type)),
  );
}

function sdlFindings(product: Product, foreign: ReadonlySet<string>): PolicyFinding[] {
  return sdlDefinitions(product).flatMap(({ name, node, at, members, isOwn }): PolicyFinding[] => {
    const described = isDescribed(node);
    const keys = new Set(keyFields(node));
    return [
      ...(isOwn && !foreign.has(name) && node.kind !== Kind.SCALAR_TYPE_DEFINITION && !described
        ? [{ message: `the type ${name} has no description in the SDL.`, ...at }]
        : []),
      ...members
        // An enum's values speak for themselves more often than not.
        .filter((member) => member.node.kind === Kind.FIELD_DEFINITION && !isDescribed(member.node))
        .filter((member) => !hasDirective(member.node, 'external') && !keys.has(member.name))
        .map((member) => ({
          message: `the field ${name}.${member.name} has no description in the SDL.`,
          ...member.at,
        })),
    ];
  });
}

/** Fields of any of its keys: the contract describes them. */
function keyFields({ directives = [] }: ReturnType<typeof sdlDefinitions>[number]['node']): string[] {
  return directives.flatMap(({ arguments: given = [] }) =>
    given.flatMap(({ name, value }) =>
      name.value === 'fields' && value.kind === Kind.STRING ? value.value.split(/[^\w]+/) : [],
    ),
  );
}
