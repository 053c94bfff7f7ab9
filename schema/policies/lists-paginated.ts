import { Kind, type FieldDefinitionNode, type TypeNode } from 'graphql';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';
import { hasDirective, sdlDefinitions } from '../contract/sdl-definitions.ts';

/** Arguments by which a list is bounded, as they are usually called. */
const BOUNDS = new Set(['first', 'last', 'limit', 'take', 'pagesize', 'size', 'count', 'ids', 'keys']);

/** Lists of a service are asked for page by page. */
export const listsPaginated = policy({
  id: 'LIST_PAGINATED',
  reason: 'A list without a bound is small on the day that it is written, and one query fetches millions later.',
  // The gateway cuts answers that are too large, so that others are not hurt.
  severity: 'warning',
  documentation: {
    passes: 'nearestAirports(first: Int! = 5): [NearbyAirport!]',
    fails: 'nearestAirports: [NearbyAirport!]',
    mend: 'Give the field an argument that bounds it (first, last, limit), answer a connection, or say by @listSize(assumedSize:) how long it is at most.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] => {
    const definitions = sdlDefinitions(product);
    // Lists of values (tags of a thing) are part of it; lists of things grow.
    const things = new Set(
      definitions.filter(({ node }) => /^(Object|Interface|Union)/.test(node.kind)).map(({ name }) => name),
    );
    return definitions.flatMap(({ name, node, members }): PolicyFinding[] => {
      if (node.kind.startsWith('Input') || /(Connection|Page)$/.test(name)) return [];
      return members
        .filter((member) => member.node.kind === Kind.FIELD_DEFINITION && isUnbounded(member.node, things))
        .map((member) => ({
          message: `${name}.${member.name} is a list without a bound: give it an argument such as first.`,
          ...member.at,
        }));
    });
  },
});

function isUnbounded(field: FieldDefinitionNode, things: ReadonlySet<string>): boolean {
  const listed = listedType(field.type);
  if (listed === null || !things.has(listed)) return false;
  if (hasDirective(field, 'external') || hasDirective(field, 'listSize')) return false;
  return !field.arguments?.some(({ name }) => BOUNDS.has(name.value.toLowerCase()));
}

/** What a list is of; null where the type is no list. */
function listedType(type: TypeNode, inList = false): string | null {
  if (type.kind === Kind.NAMED_TYPE) return inList ? type.name.value : null;
  return listedType(type.type, inList || type.kind === Kind.LIST_TYPE);
}
