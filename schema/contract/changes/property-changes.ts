import { fieldType } from '../graph-names.ts';
import { constraintChanges } from './constraint-changes.ts';
import type { PropertyPart } from './contract-parts.ts';
import { differs, type Draft, restOf } from './draft.ts';
import { objectOwner, valueOwner } from './graph-share.ts';
import { qualityChanges } from './quality-changes.ts';
import { valueChanges } from './value-changes.ts';

/** Whose property it is. */
export interface OfObject {
  readonly object: string;
  /** The object's name before. */
  readonly formerly: string;
  readonly isDerived: boolean;
  /** Subjects of changes that were told already: of relationships, and of the key by the object's name. */
  readonly told: ReadonlySet<string>;
}

const ADDED = { column: 'PROPERTY_ADDED', measure: 'MEASURE_ADDED', dimension: 'DIMENSION_ADDED' } as const;
const REMOVED = { column: 'PROPERTY_REMOVED', measure: 'MEASURE_REMOVED', dimension: 'DIMENSION_REMOVED' } as const;

/** A property, measure or dimension that is new. In a remote product the SDL tells what is new in the graph. */
export function propertyAdded(
  part: PropertyPart,
  { object, isDerived }: Pick<OfObject, 'object' | 'isDerived'>,
): Draft {
  const subject = `${object}.${part.name}`;
  return {
    code: isDerived ? ADDED[part.kind] : 'PROPERTY_DESCRIBED',
    message: `${subject} is new${part.read === null ? '' : `: ${fieldType(part.read)}`}.`,
    subject,
    file: part.file,
    path: part.path,
    owners: [valueOwner(object, part.name)],
    aspects: 'all',
  };
}

/** One that is gone. */
export function propertyRemoved(part: PropertyPart, { object, formerly, isDerived }: OfObject): Draft {
  const subject = `${object}.${part.name}`;
  return {
    code: isDerived ? REMOVED[part.kind] : 'PROPERTY_UNDESCRIBED',
    message: `${subject} is gone${part.read === null ? '' : `; it was ${fieldType(part.read)}`}.`,
    subject,
    file: part.file,
    path: null,
    owners: [valueOwner(formerly, part.name)],
    aspects: 'all',
  };
}

/** Every difference of one that both have, under one name or renamed. */
export function propertyChanges(was: PropertyPart, is: PropertyPart, at: OfObject): Draft[] {
  const { object, isDerived } = at;
  const subject = `${object}.${is.name}`;
  const place = { subject, file: is.file, path: is.path };
  const owners = [...new Set([valueOwner(at.formerly, was.name), valueOwner(object, is.name)])];
  const objects = [...new Set([objectOwner(at.formerly), objectOwner(object)])];
  const read =
    was.read === null || is.read === null
      ? { drafts: [], explained: [] }
      : valueChanges(was.read, is.read, { ...place, owners, objects, isDerived });
  const structure: Draft = {
    ...place,
    code: 'STRUCTURE_CHANGED',
    message: `The inside of ${subject} is another.`,
    meets: owners,
  };
  const drafts: Draft[] = [
    ...read.drafts,
    ...constraintChanges(was.written.logicalTypeOptions, is.written.logicalTypeOptions, subject).map((draft) => ({
      ...place,
      ...draft,
      meets: owners,
    })),
    ...qualityChanges(was.written.quality, is.written.quality, { ...place, object, property: is.name }).map(
      (draft) => ({
        ...draft,
        meets: owners,
      }),
    ),
    ...(INSIDE.some((key) => differs(was.written, is.written, key)) ? [structure] : []),
  ];
  const explained = [
    ...['name', 'semanticType', 'logicalTypeOptions', 'quality', ...INSIDE, ...read.explained],
    ...(at.told.has(subject) ? ['relationships'] : []),
    ...(at.told.has(object) ? ['primaryKey', 'primaryKeyPosition'] : []),
  ];
  return [...drafts, ...restOf(was.written, is.written, explained, place)];
}

const INSIDE = ['items', 'properties', 'map'];
