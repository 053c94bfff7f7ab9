import { isDeepStrictEqual } from 'node:util';
import type { SchemaObject } from '../model.ts';
import { type ObjectPart, objectParts, paired, type PropertyPart } from './contract-parts.ts';
import { differs, type Draft, restOf } from './draft.ts';
import { keyOwner, objectOwner } from './graph-share.ts';
import type { LinkedProduct } from './linked-product.ts';
import { propertyAdded, propertyChanges, propertyRemoved } from './property-changes.ts';
import { qualityChanges } from './quality-changes.ts';
import { relationshipChanges } from './relationship-changes.ts';

/** Every difference of the schema that the output contracts have: objects, properties, keys, relationships, quality. */
export function schemaChanges(was: LinkedProduct, is: LinkedProduct): Draft[] {
  const isDerived = is.product.kind !== 'remote';
  const objects = objectParts(is.product);
  const { both, gone, came } = paired(objectParts(was.product), objects);
  const pairs = both.map(([old, now]) => ({ old, now, properties: paired(old.properties, now.properties) }));
  const relationships = relationshipChanges(was.references, is.references, {
    product: is.product.id,
    objects,
    renamings: {
      object: (name) => pairs.find(({ old }) => old.name === name)?.now.name ?? name,
      property: (object, name) => {
        const renamed = pairs
          .find(({ now }) => now.name === object)
          ?.properties.both.find(([old]) => old.name === name);
        return renamed?.[1].name ?? name;
      },
    },
  });
  return [
    ...gone.map((part) => presence(part, isDerived ? 'OBJECT_REMOVED' : 'PROPERTY_UNDESCRIBED')),
    ...came.map((part) => presence(part, isDerived ? 'OBJECT_ADDED' : 'PROPERTY_DESCRIBED')),
    ...pairs.flatMap(({ old, now, properties }) =>
      objectChanges(old, now, {
        properties,
        relationships,
        isDerived,
        isRegistered: is.product.kind === 'registered',
        isRemade: was.product.transforms[old.name] !== is.product.transforms[now.name],
      }),
    ),
    ...relationships,
  ];
}

function presence(part: ObjectPart, code: Draft['code']): Draft {
  const { name: subject, read, file, path } = part;
  const isGone = code === 'OBJECT_REMOVED' || code === 'PROPERTY_UNDESCRIBED';
  const message = `${subject} (${read.type}) is ${isGone ? 'gone' : 'new'}.`;
  return { code, message, subject, file, path: isGone ? null : path, owners: [objectOwner(subject)], aspects: 'all' };
}

function objectChanges(
  was: ObjectPart,
  is: ObjectPart,
  at: {
    readonly properties: ReturnType<typeof paired<PropertyPart>>;
    readonly relationships: readonly Draft[];
    readonly isDerived: boolean;
    readonly isRegistered: boolean;
    /** Its `transform.sql` is another. */
    readonly isRemade: boolean;
  },
): Draft[] {
  const { name: subject, file, path } = is;
  const owners = [...new Set([objectOwner(was.name), objectOwner(subject)])];
  const drafts: Draft[] = [];
  const explained = ['name', 'properties'];
  const say = (draft: Pick<Draft, 'code' | 'message'> & Partial<Draft>): void => {
    drafts.push({ subject, file, path, owners, ...draft });
  };
  const isRenamed = was.name !== subject || (at.isDerived && was.read.type !== is.read.type);
  if (isRenamed) {
    say({
      code: 'OBJECT_RENAMED',
      message: `${was.name} (${was.read.type}) is ${subject} (${is.read.type}) now.`,
      aspects: ['shape'],
    });
    explained.push('customProperties');
  }
  if (was.read.description !== is.read.description) {
    say({ code: 'DESCRIPTION_CHANGED', message: `${subject} is described otherwise.`, aspects: ['description'] });
    explained.push('description', 'businessName');
  }
  if (at.isRegistered && differs(was.written, is.written, 'physicalName')) {
    say({ code: 'SOURCE_CHANGED', message: `The rows of ${subject} are those of another table.`, meets: owners });
    explained.push('physicalName');
  }
  if (at.isRemade)
    say({ code: 'TRANSFORM_CHANGED', message: `The rows of ${subject} are made otherwise.`, meets: owners });
  const isKeyTold = keyChange(was, is, at.properties.both, say);
  if (at.isDerived && !isDeepStrictEqual(was.read.tags, is.read.tags)) explained.push('tags');
  drafts.push(
    ...qualityChanges(was.written.quality, is.written.quality, {
      subject,
      object: subject,
      property: null,
      file,
      path,
    }),
  );
  explained.push('quality');
  const told = new Set([...at.relationships.map((draft) => draft.subject), ...(isKeyTold ? [subject] : [])]);
  if (differs(was.written, is.written, 'relationships') && [...told].some((one) => one.startsWith(`${subject}.`)))
    explained.push('relationships');
  const of = { object: subject, formerly: was.name, isDerived: at.isDerived, told };
  return [
    ...drafts,
    ...at.properties.gone.map((part) => propertyRemoved(part, of)),
    ...at.properties.came.map((part) => propertyAdded(part, of)),
    ...at.properties.both.flatMap(([old, now]) =>
      old.kind === now.kind ? propertyChanges(old, now, of) : [propertyRemoved(old, of), propertyAdded(now, of)],
    ),
    ...restOf(was.written, is.written, explained, { subject, file, path }),
  ];
}

/** Tells of the key; true where there is something to tell. Renamed properties are the same. */
function keyChange(
  was: ObjectPart,
  is: ObjectPart,
  properties: readonly (readonly [PropertyPart, PropertyPart])[],
  say: (draft: Pick<Draft, 'code' | 'message'> & Partial<Draft>) => void,
): boolean {
  const names = ({ key }: SchemaObject): string[] => key.map(({ name }) => name);
  const before = names(was.read).map((name) => properties.find(([old]) => old.name === name)?.[1].name ?? name);
  const after = names(is.read);
  if (isDeepStrictEqual(before, after)) return false;
  const message = `The key of ${is.name} was ${before.join(', ') || 'none'} and is ${after.join(', ') || 'none'}.`;
  // Rows are found by the same arguments, in whatever order.
  if (isDeepStrictEqual([...before].sort(), [...after].sort()))
    say({ code: 'DETAILS_CHANGED', message, aspects: ['key'] });
  else
    say({
      code: 'KEY_CHANGED',
      message,
      owners: [keyOwner(was.name), keyOwner(is.name), objectOwner(was.name), objectOwner(is.name)],
      aspects: ['shape', 'nullability', 'key'],
    });
  return true;
}
