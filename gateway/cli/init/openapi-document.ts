import { parse } from 'yaml';

/** A part of an OpenAPI document, as it was parsed: nothing of it is known to be as the specification says. */
export type Part = Readonly<Record<string, unknown>>;

/** Aliases of an honest document; a bomb multiplies them. */
const ALIASES = 100;
/** References to references; honest documents have a handful. */
const HOPS = 20;

/** An OpenAPI (3.x) or Swagger (2.0) document, of JSON or YAML text; null where the text is no such document. */
export function openapiDocument(text: string): Part | null {
  if (!/["']?(openapi|swagger)["']?\s*:/.test(text.slice(0, 100_000))) return null;
  try {
    const document: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: ALIASES });
    const root = part(document);
    return root !== null &&
      (typeof root['openapi'] === 'string' || root['swagger'] === '2.0') &&
      part(root['paths']) !== null
      ? root
      : null;
  } catch {
    return null;
  }
}

/** A mapping; null where it is anything else. */
export function part(value: unknown): Part | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : null;
}

/** What a part is, with `$ref` followed within the document, and `allOf` taken together; empty where it leads nowhere or around. */
export function resolved(root: Part, value: unknown, hops = HOPS): Part {
  const given = part(value);
  if (given === null || hops === 0) return {};
  const reference = given['$ref'];
  if (typeof reference === 'string')
    return reference.startsWith('#/') ? resolved(root, at(root, reference), hops - 1) : {};
  const all = given['allOf'];
  if (!Array.isArray(all)) return given;
  const parts: readonly Part[] = [...all.map((one) => resolved(root, one, hops - 1)), { ...given, allOf: undefined }];
  return {
    ...Object.fromEntries(parts.flatMap((one) => Object.entries(one))),
    properties: Object.fromEntries(parts.flatMap((one) => Object.entries(part(one['properties']) ?? {}))),
    required: parts.flatMap((one) => (Array.isArray(one['required']) ? (one['required'] as unknown[]) : [])),
  };
}

function at(root: Part, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, step) => {
      const own = part(value);
      return own !== null && Object.hasOwn(own, step) ? own[step] : undefined;
    }, root);
}
