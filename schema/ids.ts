/** Branded ids: a RunId is no ProductId, and no SQL name is built from a raw string. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A domain (bounded context): kebab case, `network`. */
export type DomainId = Branded<'DomainId'>;
/** A data product: `domain/product`, both in kebab case, `network/airports`. */
export type ProductId = Branded<'ProductId'>;
/** A run of a product's refresh: a UUID, as OpenLineage's `runId` must be. */
export type RunId = Branded<'RunId'>;
/** A backfill, and a slice of one: UUIDs. */
export type BackfillId = Branded<'BackfillId'>;
export type SliceId = Branded<'SliceId'>;
/** A name in Postgres: at most 63 bytes, safe to stand in double quotes; in snake case where Weft gave it. */
export type SqlName = Branded<'SqlName'>;

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Schemas of Postgres and of the platform that no domain may be named for. */
const RESERVED_DOMAINS = new Set(['weft', 'public', 'information-schema', 'catalog']);

/** Longest domain or product name: leaves room for version and run suffixes in Postgres' 63 bytes. */
const NAME_LIMIT = 40;

/** Null where `text` is no domain id: kebab case, at most 40 letters, not reserved, not `pg-…`. */
export function domainId(text: string): DomainId | null {
  if (!KEBAB.test(text) || text.length > NAME_LIMIT) return null;
  if (RESERVED_DOMAINS.has(text) || text.startsWith('pg-')) return null;
  return text as DomainId;
}

/** Null where `text` is not `domain/product`. */
export function productId(text: string): ProductId | null {
  const [domain, product, ...rest] = text.split('/');
  if (domain === undefined || product === undefined || rest.length > 0) return null;
  if (domainId(domain) === null || !KEBAB.test(product) || product.length > NAME_LIMIT) return null;
  return text as ProductId;
}

/** The domain that owns a product. */
export function domainOf(id: ProductId): DomainId {
  return id.slice(0, id.indexOf('/')) as DomainId;
}

/** Null where `text` is no UUID. */
export function runId(text: string): RunId | null {
  return UUID.test(text) ? (text.toLowerCase() as RunId) : null;
}

/** Null where `text` is no UUID. */
export function backfillId(text: string): BackfillId | null {
  return UUID.test(text) ? (text.toLowerCase() as BackfillId) : null;
}

/** `flightDate`, `Flight Date`, `flight-date` -> `flight_date`: a Postgres name, cut at 63 bytes. */
export function sqlName(text: string): SqlName {
  const snake = text
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  const safe = /^[a-z_]/.test(snake) ? snake : `_${snake}`;
  return safe.slice(0, 63) as SqlName;
}

/**
 * A name that something in a database has already, letter for letter: null where it cannot stand in double quotes as it is, is longer
 * than 63 bytes, or begins with `#`, as names do that statements make up.
 */
export function existingName(text: string): SqlName | null {
  return text !== '' && !/["\0]|^#/.test(text) && new TextEncoder().encode(text).length <= 63
    ? (text as SqlName)
    : null;
}

/** `flights`, `42` -> `flights__42`: a name of the platform's own, since `sqlName` makes none with two underscores. `end` is never cut. */
export function ownName(base: SqlName, end: string): SqlName {
  return `${base.slice(0, 63 - 2 - end.length)}__${end}` as SqlName;
}

/** A name in double quotes, as it stands in a statement. */
export function quoted(...path: readonly SqlName[]): string {
  return path.map((name) => `"${name}"`).join('.');
}
