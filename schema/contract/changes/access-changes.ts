import type { OdcsContract } from '../odcs.ts';
import { isDeepStrictEqual } from 'node:util';
import type { ChangeCode } from './change-codes.ts';
import type { Draft, Place } from './draft.ts';

/** Words of `classification` from the most open to the most closed; what has none is open. */
const LEVELS: readonly (readonly string[])[] = [
  ['public', 'open', 'unclassified'],
  ['internal', 'private'],
  ['confidential', 'sensitive', 'pii'],
  ['restricted', 'secret', 'highly confidential', 'highly restricted', 'top secret'],
];

type Found = Pick<Draft, 'code' | 'message' | 'subject'>;

/** Whether fewer or more may read it; null where it is classified as it was. */
export function classificationChange(was: string | null, is: string | null, subject: string): Found | null {
  if (was === is) return null;
  const message = `${subject} was classified ${was ?? 'in no way'} and is ${is ?? 'in no way'}.`;
  const [old, now] = [levelOf(was), levelOf(is)];
  if (old === now && old !== null) return { code: 'DETAILS_CHANGED', message, subject };
  if (old === null || now === null) return { code: 'CLASSIFICATION_CHANGED', message, subject };
  return { code: now > old ? 'CLASSIFICATION_TIGHTENED' : 'CLASSIFICATION_LOOSENED', message, subject };
}

function levelOf(classification: string | null): number | null {
  if (classification === null) return 0;
  const word = classification
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
  const level = LEVELS.findIndex((words) => words.includes(word));
  return level === -1 ? null : level;
}

/** Who gets access and who decides it, role by role. */
export function roleChanges(
  was: OdcsContract['roles'] = [],
  is: OdcsContract['roles'] = [],
  file: string | null,
): Draft[] {
  const drafts: Draft[] = [];
  const say = (code: ChangeCode, role: string, message: string, index: number | null): void => {
    const path = index === null ? null : `roles[${index}]`;
    drafts.push({ code, message, subject: `roles.${role}`, file, path });
  };
  const before = new Map(was.map((role) => [role.role, role]));
  const after = new Set(is.map(({ role }) => role));
  for (const { role } of was) if (!after.has(role)) say('ROLE_REMOVED', role, `The role ${role} is gone.`, null);
  for (const [index, role] of is.entries()) {
    const old = before.get(role.role);
    if (old === undefined) say('ROLE_ADDED', role.role, `The role ${role.role} is new.`, index);
    else {
      if (old.access !== role.access)
        say(
          'ROLE_CHANGED',
          role.role,
          `The role ${role.role} gave ${old.access ?? 'no access'} and gives ${role.access ?? 'none'}.`,
          index,
        );
      const approvers = [old.firstLevelApprovers, old.secondLevelApprovers];
      if (!isDeepStrictEqual(approvers, [role.firstLevelApprovers, role.secondLevelApprovers]))
        say('APPROVERS_CHANGED', role.role, `Others approve access by the role ${role.role}.`, index);
      if (!isDeepStrictEqual(bare(old), bare(role)))
        say('DETAILS_CHANGED', role.role, `The role ${role.role} is described otherwise.`, index);
    }
  }
  return drafts;
}

function bare({
  access: _a,
  firstLevelApprovers: _f,
  secondLevelApprovers: _s,
  ...rest
}: NonNullable<OdcsContract['roles']>[number]) {
  return rest;
}

/** What it costs. */
export function priceChanges(was: OdcsContract['price'], is: OdcsContract['price'], at: Place): Draft[] {
  if (isDeepStrictEqual(was, is)) return [];
  const said = (price: OdcsContract['price']): string =>
    price?.priceAmount === undefined
      ? 'nothing'
      : [price.priceAmount, price.priceCurrency, price.priceUnit && `a ${price.priceUnit}`].filter(Boolean).join(' ');
  const message = `The price was ${said(was)} and is ${said(is)}.`;
  const [old, now] = [was?.priceAmount ?? 0, is?.priceAmount ?? 0];
  const isOther =
    old !== 0 && now !== 0 && (was?.priceCurrency !== is?.priceCurrency || was?.priceUnit !== is?.priceUnit);
  const code = isOther ? 'PRICE_CHANGED' : now > old ? 'PRICE_RAISED' : now < old ? 'PRICE_LOWERED' : 'DETAILS_CHANGED';
  return [{ code, message, subject: 'price', ...at }];
}
