import type { EnumMember, Property } from './model.ts';
import { memberName, upperFirst } from './names.ts';
import type { OdcsProperty } from './odcs.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import type { PropertyType } from './types.ts';

/**
 * The enum of a property: ODCS 3.2's `enum`, or before it a `customProperties` entry `enum` with a list. Only single strings
 * outside of a single key become GraphQL enums; elsewhere it is said that the values are not held to.
 */
export function readEnum(
  property: OdcsProperty,
  at: { type: PropertyType; owner: string; field: string; isKey: boolean; path: Path; report: Reporter },
): Property['enum'] {
  const earlier = custom(property, 'enum');
  const values =
    property.enum ?? (Array.isArray(earlier) ? earlier.map((value: unknown) => ({ value: value as string })) : null);
  if (values === null) return null;
  const path = property.enum === undefined ? [...at.path, 'customProperties'] : [...at.path, 'enum'];
  if (at.type.list || at.type.scalar !== 'String') {
    at.report.warning(
      'ENUM_IGNORED',
      path,
      `${property.name} is no single text, so its enum is documentation: add a quality rule (invalidValues) to hold to it.`,
    );
    return null;
  }
  if (at.isKey) {
    at.report.warning(
      'ENUM_IGNORED',
      path,
      `${property.name} is the key and an ID in the graph, so its enum is documentation: add a quality rule (invalidValues) to hold to it.`,
    );
    return null;
  }
  const members: EnumMember[] = [];
  const names = new Set<string>();
  const seen = new Set<string>();
  for (const [index, entry] of values.entries()) {
    const place = property.enum === undefined ? path : [...path, index];
    if (entry.value === null || typeof entry.value === 'object') {
      at.report.warning(
        'ENUM_VALUE',
        place,
        `${property.name} allows nothing by being optional, not by an enum value; this one is left out.`,
      );
      continue;
    }
    if (typeof entry.value !== 'string')
      at.report.warning(
        'ENUM_VALUE',
        place,
        `${property.name} is text, and the enum value ${entry.value} is not: write it in quotes.`,
      );
    const value = String(entry.value);
    if (seen.has(value)) {
      at.report.error(
        'ENUM_DUPLICATE',
        place,
        `The enum of ${property.name} has ${JSON.stringify(value)} twice; keep one.`,
      );
      continue;
    }
    seen.add(value);
    const chosen = custom(entry as { customProperties?: { property: string; value?: unknown }[] }, 'graphqlName');
    const wanted = typeof chosen === 'string' && /^[A-Za-z]\w*$/.test(chosen) ? chosen : memberName(value, index + 1);
    let name = wanted;
    for (let count = 2; names.has(name); count++) name = `${wanted}_${count}`;
    names.add(name);
    const described = entry as { description?: string; label?: string };
    members.push({ value, name, description: described.description ?? described.label ?? null });
  }
  return members.length === 0 ? null : { type: `${at.owner}${upperFirst(at.field)}`, members };
}
