import { Kind } from 'graphql';
import { z } from 'zod';
import { objectsOf, propertiesOf } from './elements.ts';
import { policy, type PolicyFinding } from './policy.ts';
import { sdlDefinitions } from '../contract/sdl-definitions.ts';

const CASES = {
  snake_case: /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/,
  camelCase: /^[a-z][a-zA-Z0-9]*$/,
} as const;
type Case = keyof typeof CASES;

const parameters = z
  .strictObject({
    objects: z.enum(['snake_case', 'camelCase']).default('snake_case'),
    /** `either`: the one or the other, and not both in one object. */
    properties: z.enum(['snake_case', 'camelCase', 'either']).default('either'),
  })
  .prefault({});

/** Names are written as names of their kind are. */
export const naming = policy({
  id: 'NAMING',
  reason: 'People guess names, and code is made from them: one way of writing serves all who join products.',
  // A name is no fault of the data, and to change one breaks consumers: it must be said before the first publish, and not enforced after.
  severity: 'warning',
  documentation: {
    passes: 'name: bird_strikes\nproperties:\n  - name: airportIata\n  - name: wildlifeSize',
    fails: 'name: BirdStrikes\nproperties:\n  - name: airportIata\n  - name: wildlife_size',
    mend: 'Rename before the first publish. After it, a new name breaks consumers: keep the old one as a deprecated property beside it.',
  },
  parameters,
  judge: ({ product }, { objects, properties }): readonly PolicyFinding[] => {
    const contractNames = [
      ...objectsOf(product)
        .filter(({ object }) => !CASES[objects].test(object.name))
        .map(({ object, file, path }) => ({
          message: `the schema object ${object.name} is not named in ${objects}.`,
          file,
          path: `${path}.name`,
        })),
      ...propertyNames(product, properties),
    ];
    return product.kind === 'remote' ? [...contractNames, ...sdlNames(product)] : contractNames;
  },
});

type Judged = Parameters<typeof propertiesOf>[0];

function propertyNames(product: Judged, wanted: Case | 'either'): PolicyFinding[] {
  const styles = new Map<unknown, Case>();
  return propertiesOf(product).flatMap(({ object, property, name, file, path }): PolicyFinding[] => {
    const fits = (Object.keys(CASES) as Case[]).filter((one) => CASES[one].test(property.name));
    const at = { file, path: `${path}.name` };
    if (wanted !== 'either')
      return fits.includes(wanted) ? [] : [{ message: `the property ${name} is not named in ${wanted}.`, ...at }];
    if (fits.length === 0)
      return [{ message: `the property ${name} is named neither in camelCase nor in snake_case.`, ...at }];
    const [style, both] = fits;
    // One word is of both.
    if (style === undefined || both !== undefined) return [];
    const first = styles.get(object) ?? style;
    styles.set(object, first);
    return first === style
      ? []
      : [{ message: `the property ${name} is named in ${style}, others of ${object.name} in ${first}.`, ...at }];
  });
}

const PASCAL = /^[A-Z][A-Za-z0-9]*$/;
const UPPER = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

function sdlNames(product: Judged): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  for (const definition of sdlDefinitions(product)) {
    if (!definition.isOwn) continue;
    const { name, at } = definition;
    if (!PASCAL.test(name)) found.push({ message: `the type ${name} is not named in PascalCase.`, ...at });
    for (const member of definition.members) {
      const isValue = member.node.kind === Kind.ENUM_VALUE_DEFINITION;
      // An underscore leads what is not for everybody.
      const fits = isValue ? UPPER.test(member.name.replace(/^_/, '')) : CASES.camelCase.test(member.name);
      if (!fits)
        found.push({
          message: `${isValue ? 'the enum value' : 'the field'} ${name}.${member.name} is not named in ${isValue ? 'UPPER_CASE' : 'camelCase'}.`,
          ...member.at,
        });
    }
  }
  return found;
}
