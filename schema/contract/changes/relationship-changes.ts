import type { ProductId } from '../../ids.ts';
import type { Reference } from '../model.ts';
import type { ObjectPart, PropertyPart } from './contract-parts.ts';
import type { Draft } from './draft.ts';
import { referenceOwner } from './graph-share.ts';

/** What was renamed, from its former name to its name: objects, and of each object (as it is now) its properties. */
export interface Renamings {
  readonly object: (formerly: string) => string;
  readonly property: (object: string, formerly: string) => string;
}

/** Relationships of a product's own, by what they hold: where each leads, and what its fields are called. */
export function relationshipChanges(
  was: readonly Reference[],
  is: readonly Reference[],
  at: { product: ProductId; renamings: Renamings; objects: ReadonlyMap<string, ObjectPart> },
): Draft[] {
  const own = (references: readonly Reference[]) => references.filter(({ fromProduct }) => fromProduct === at.product);
  const before = bySubject(own(was), (reference) => subjectOf(reference, at.renamings));
  const after = bySubject(own(is), (reference) => subjectOf(reference));
  const drafts: Draft[] = [];
  const say = (code: Draft['code'], message: string, key: string, references: readonly Reference[]): void => {
    const [subject = ''] = key.split(' ');
    const owners = [...new Set(references.map(referenceOwner))];
    drafts.push({ code, message, subject, ...placeOf(subject, at.objects), owners, aspects: 'all' });
  };
  for (const [key, old] of before)
    if (!after.has(key))
      say('RELATIONSHIP_REMOVED', `${old.from.type}.${old.field} is gone: it led to ${target(old)}.`, key, [old]);
  for (const [key, now] of after) {
    const old = before.get(key);
    if (old === undefined)
      say('RELATIONSHIP_ADDED', `${now.from.type}.${now.field} is new: it leads to ${target(now)}.`, key, [now]);
    else if (target(old) !== target(now))
      say(
        'RELATIONSHIP_RETARGETED',
        `${now.from.type}.${now.field} led to ${target(old)} and leads to ${target(now)}.`,
        key,
        [old, now],
      );
    else if (fields(old) !== fields(now))
      say('RELATIONSHIP_RENAMED', `${fields(old)} are ${fields(now)} now.`, key, [old, now]);
  }
  return drafts;
}

const SAME: Renamings = { object: (name) => name, property: (_object, name) => name };

/** `flights.originIata`; `orders.line+part` where several properties make it. */
function subjectOf({ from, columns }: Reference, { object, property }: Renamings = SAME): string {
  const name = object(from.name);
  return `${name}.${columns.map((pair) => property(name, pair.from.name)).join('+')}`;
}

/** The same properties may lead to several targets: these are told apart by their order. */
function bySubject(
  references: readonly Reference[],
  subject: (reference: Reference) => string,
): Map<string, Reference> {
  const found = new Map<string, Reference>();
  for (const reference of references) {
    const name = subject(reference);
    let key = name;
    for (let count = 2; found.has(key); count++) key = `${name} ${count}`;
    found.set(key, reference);
  }
  return found;
}

function target({ toProduct, to }: Reference): string {
  return `${toProduct} (${to.name})`;
}

function fields({ field, reverseField, reverseAggregateField, to }: Reference): string {
  return `${field}, ${to.type}.${reverseField} and ${to.type}.${reverseAggregateField}`;
}

function placeOf(
  subject: string,
  objects: ReadonlyMap<string, ObjectPart>,
): { file: string | null; path: string | null } {
  for (const object of objects.values()) {
    if (!subject.startsWith(`${object.name}.`)) continue;
    const property: PropertyPart | undefined = object.properties.get(subject.slice(object.name.length + 1));
    return { file: object.file, path: property?.path ?? object.path };
  }
  return { file: null, path: null };
}
