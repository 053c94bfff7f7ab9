import type { Change } from './change.ts';
import type { ChangeCode } from './change-codes.ts';
import type { Aspect, Draft, Place } from './draft.ts';
import type { GraphShare, Owner } from './graph-share.ts';
import { change } from './weighed.ts';

interface Shares {
  readonly was: GraphShare;
  readonly is: GraphShare;
  readonly isDerived: boolean;
  /** Where an owner stands in the documents; null of what is gone, or another product's. */
  readonly placeOf: (owner: Owner) => (Place & { readonly subject: string }) | null;
}

/**
 * The changes of a contract, each with all that the graph loses or gains by it; and what of the graph none of them is the reason of. What
 * is another product's in the graph is left out.
 */
export function explained(drafts: readonly Draft[], graph: readonly Change[], shares: Shares): Change[] {
  const byOwner = new Map<Owner, Draft[]>();
  for (const draft of drafts)
    for (const owner of draft.owners ?? []) byOwner.set(owner, [...(byOwner.get(owner) ?? []), draft]);
  const coordinates = new Map<Draft, Set<string>>(drafts.map((draft) => [draft, new Set(metBy(draft, shares))]));
  const alone = new Map<string, Change>();

  for (const difference of graph)
    for (const { owner, met } of differencesOf(difference, shares)) {
      const aspect = aspectOf(difference, owner);
      const draft = owner === null ? undefined : reasonOf(owner, aspect, { byOwner, shares });
      if (draft !== undefined) for (const one of met) coordinates.get(draft)?.add(one);
      else if (owner !== null || !shares.isDerived) join(alone, { difference, met, owner, shares });
    }
  const told = drafts.map((draft) => weighed(draft, [...(coordinates.get(draft) ?? [])]));
  return [...told, ...alone.values()].map((one) => ({ ...one, coordinates: [...one.coordinates].sort() }));
}

/** A whole type is told apart by its members, which may be of several owners; all else is of one. */
function differencesOf(
  { code, subject, coordinates }: Change,
  { was, is, isDerived }: Shares,
): { owner: Owner | null; met: readonly string[] }[] {
  const ownerOf = (coordinate: string): Owner | null => is.ownerOf(coordinate) ?? was.ownerOf(coordinate);
  if (!isDerived || (code !== 'TYPE_ADDED' && code !== 'TYPE_REMOVED'))
    return [
      {
        owner: isGone(code) ? was.ownerOf(subject) : ownerOf(subject),
        met: coordinates,
      },
    ];
  const side = code === 'TYPE_ADDED' ? is : was;
  return coordinates.map((coordinate) => ({ owner: side.ownerOf(coordinate), met: [coordinate] }));
}

function isGone(code: string): boolean {
  return code.endsWith('_REMOVED');
}

const ASPECTS: Readonly<Partial<Record<string, Aspect>>> = {
  DESCRIPTION_CHANGED: 'description',
  DEPRECATED: 'deprecation',
  DEPRECATION_REASON_CHANGED: 'deprecation',
  DEPRECATION_WITHDRAWN: 'deprecation',
  TAG_ADDED: 'tag',
  TAG_REMOVED: 'tag',
  ENTITY_KEY_ADDED: 'key',
  ENTITY_KEY_REMOVED: 'key',
};

function aspectOf({ code, subject }: Change, owner: Owner | null): Aspect {
  const known = ASPECTS[code];
  if (known !== undefined) return known;
  if (/_(NON_NULL|NULLABLE|REQUIRED|OPTIONAL)$/.test(code) && !code.includes('ADDED')) return 'nullability';
  // A member of the enum of an object's property names is the property; one of a property's own enum is a value of it.
  if (code.startsWith('ENUM_VALUE_'))
    return owner?.startsWith('value ') === true && !/Property\./.test(subject) ? 'value' : 'shape';
  return /^(TYPE|FIELD|ARGUMENT|INPUT_FIELD)_/.test(code) ? 'shape' : 'other';
}

/** The change of the contract by which an owner's part of the graph is another in that aspect: its own, else one above it. */
function reasonOf(
  owner: Owner,
  aspect: Aspect,
  { byOwner, shares }: { byOwner: ReadonlyMap<Owner, readonly Draft[]>; shares: Shares },
): Draft | undefined {
  const owners = [owner, ...shares.was.above(owner), ...shares.is.above(owner)];
  for (const one of owners) {
    const found = byOwner.get(one)?.find(({ aspects = [] }) => aspects === 'all' || aspects.includes(aspect));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Alike differences of one part of a contract are one change: a tag more on a property is a tag more wherever it stands. */
function join(
  alone: Map<string, Change>,
  at: { difference: Change; met: readonly string[]; owner: Owner | null; shares: Shares },
): void {
  const { difference, met, owner, shares } = at;
  const { code, subject, message } = difference;
  const place = shares.isDerived && owner !== null ? shares.placeOf(owner) : null;
  const what = code.startsWith('ENUM_VALUE_') ? subject : message.replace(subject, '');
  const key = `${place?.subject ?? subject} ${code} ${what}`;
  const known = alone.get(key)?.coordinates ?? [];
  alone.set(key, {
    ...difference,
    file: shares.isDerived ? null : 'schema.graphql',
    ...(place === null ? {} : { ...place, message: message.replace(subject, place.subject) }),
    coordinates: [...new Set([...known, ...met])],
  });
}

function metBy({ meets = [] }: Draft, { was, is }: Shares): string[] {
  return meets.flatMap((owner) => [...was.coordinatesOf(owner), ...is.coordinatesOf(owner)]);
}

function weighed(draft: Draft, coordinates: readonly string[]): Change {
  const code: ChangeCode = draft.code;
  return change(code, { ...draft, coordinates });
}
