import { isDeepStrictEqual } from 'node:util';
import { fieldType, namedType } from '../graph-names.ts';
import type { Property, SemanticProperty, Value } from '../model.ts';
import { classificationChange } from './access-changes.ts';
import type { ChangeCode } from './change-codes.ts';
import { columnChanges } from './column-changes.ts';
import type { Aspect, Compared, Draft, Place } from './draft.ts';
import type { Owner } from './graph-share.ts';

interface At extends Place {
  readonly subject: string;
  readonly owners: readonly Owner[];
  readonly objects: readonly Owner[];
  readonly isDerived: boolean;
}

/** A property, measure or dimension as Weft reads it: its type, its name, what it means, and who may read it. */
export function valueChanges(was: Value, is: Value, at: At): Compared {
  const { subject, owners, isDerived } = at;
  const drafts: Draft[] = [];
  const explained: string[] = ['classification'];
  const say: Say = (code, message, more, ...keys) => {
    drafts.push({ code, message, subject, file: at.file, path: at.path, ...more });
    explained.push(...keys);
  };
  const about = (...aspects: Aspect[]): Pick<Draft, 'owners' | 'aspects'> => ({ owners, aspects });
  if (was.name !== is.name || (isDerived && was.field !== is.field))
    say('PROPERTY_RENAMED', `${was.name} (${was.field}) is ${subject} (${is.field}) now.`, about('shape'));
  if (isDerived) shapeChanges(was, is, { subject, say, about });
  const classified = classificationChange(was.classification, is.classification, subject);
  if (classified !== null) say(classified.code, classified.message, { meets: owners });
  if (was.description !== is.description)
    say(
      'DESCRIPTION_CHANGED',
      `${subject} is described otherwise.`,
      about('description'),
      'description',
      'businessName',
    );
  deprecationChange(was, is, { subject, say, about });
  if (isDerived && isColumn(was) && isColumn(is)) {
    const columns = columnChanges(was, is, at);
    drafts.push(...columns.drafts);
    explained.push(...columns.explained);
    materialChanges(was, is, at, say);
  } else if (isSemantic(was) && isSemantic(is) && was.expression !== is.expression)
    say('EXPRESSION_CHANGED', `${subject} is computed otherwise.`, { meets: owners }, 'transformLogic');
  // Of tags and enum members that the graph has, the graph tells.
  if (isDerived && !isDeepStrictEqual(was.tags, is.tags)) explained.push('tags');
  if (!isDeepStrictEqual(seenEnum(was), seenEnum(is))) explained.push('enum');
  return { drafts, explained };
}

type Say = (code: ChangeCode, message: string, more: Partial<Draft>, ...keys: readonly string[]) => void;

interface Telling {
  readonly subject: string;
  readonly say: Say;
  readonly about: (...aspects: Aspect[]) => Pick<Draft, 'owners' | 'aspects'>;
}

function shapeChanges(was: Value, is: Value, { subject, say, about }: Telling): void {
  const isOther = namedType(was) !== namedType(is) || was.list !== is.list;
  if (isOther && !(was.enum !== null && is.enum !== null && was.list === is.list)) {
    const message = `${subject} was ${fieldType(was)} and is ${fieldType(is)}.`;
    say('PROPERTY_TYPE_CHANGED', message, about('shape', 'value'), 'logicalType', 'physicalType', 'enum');
  }
  if (was.required === is.required) return;
  if (is.required) say('PROPERTY_REQUIRED', `${subject} is never missing any more.`, about('nullability'), 'required');
  else say('PROPERTY_OPTIONAL', `${subject} may be missing now.`, about('nullability'), 'required');
}

function deprecationChange(was: Value, is: Value, { subject, say, about }: Telling): void {
  if (was.deprecated === is.deprecated) return;
  const tell = (code: ChangeCode, message: string): void => say(code, message, about('deprecation'), 'deprecated');
  if (was.deprecated === null) tell('DEPRECATED', `${subject} is deprecated: ${is.deprecated ?? ''}`);
  else if (is.deprecated === null) tell('DEPRECATION_WITHDRAWN', `${subject} is not deprecated any more.`);
  else tell('DEPRECATION_REASON_CHANGED', `${subject} is deprecated for another reason: ${is.deprecated}`);
}

/** What rows are told apart by, and what they are made of. */
function materialChanges(was: Property, is: Property, { subject, owners, objects }: At, say: Say): void {
  if (was.unique !== is.unique) {
    const message = is.unique ? `${subject} tells rows apart.` : `${subject} tells rows apart no more.`;
    say(is.unique ? 'UNIQUE_ADDED' : 'UNIQUE_DROPPED', message, { owners: objects, aspects: ['key'] }, 'unique');
  }
  if (was.transformLogic !== is.transformLogic)
    say('TRANSFORM_CHANGED', `${subject} is made otherwise.`, { meets: owners }, 'transformLogic');
}

/** What clients see of an enum: names and descriptions of members, not the values behind them. */
function seenEnum(value: Value): unknown {
  return value.enum?.members.map(({ name, description }) => [name, description]);
}

function isColumn(value: Value): value is Property {
  return 'column' in value;
}

function isSemantic(value: Value): value is SemanticProperty {
  return 'expression' in value;
}
