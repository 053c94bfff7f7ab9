import { isDeepStrictEqual } from 'node:util';
import type { QualityRule } from '../model.ts';
import type { OdcsQuality } from '../odcs-quality.ts';
import { readRule, uniqueRules } from '../quality.ts';
import type { ChangeCode } from './change-codes.ts';
import type { Draft, Place } from './draft.ts';

interface Of extends Place {
  readonly subject: string;
  readonly object: string;
  readonly property: string | null;
}

interface Rule {
  readonly written: OdcsQuality;
  readonly read: QualityRule;
  readonly index: number;
}

/** The quality rules of a property or an object, by their ids: what each allows, and how strictly. */
export function qualityChanges(was: readonly OdcsQuality[] = [], is: readonly OdcsQuality[] = [], of: Of): Draft[] {
  const [before, after] = [rulesOf(was, of), rulesOf(is, of)];
  const drafts: Draft[] = [];
  const say = (code: ChangeCode, message: string, rule: Rule | null): void => {
    const path = rule === null || of.path === null ? null : `${of.path}.quality[${rule.index}]`;
    drafts.push({ code, message, subject: of.subject, file: of.file, path });
  };
  for (const [id, { read }] of before)
    if (!after.has(id)) say('QUALITY_REMOVED', `${of.subject} is not held to ${said(read)} any more.`, null);
  for (const [id, rule] of after) {
    const old = before.get(id);
    if (old === undefined) say('QUALITY_ADDED', `${of.subject} is held to ${said(rule.read)} now.`, rule);
    else if (!isDeepStrictEqual(old.written, rule.written)) {
      const code = shift(old.read, rule.read);
      say(code, `${of.subject} was held to ${said(old.read)} and is to ${said(rule.read)}.`, rule);
    }
  }
  return drafts;
}

function rulesOf(rules: readonly OdcsQuality[], { object, property }: Of): Map<string, Rule> {
  const read = uniqueRules(
    rules.map((rule) => readRule(rule, { object, property: property === null ? null : '' })),
    new Set(),
  );
  return new Map(
    read.flatMap((one, index) => {
      const written = rules[index];
      return written === undefined ? [] : [[one.id, { written, read: one, index }] as const];
    }),
  );
}

function said({ metric, type, expectation, severity, query, description }: QualityRule): string {
  const what = metric ?? (query === null ? (description ?? type) : 'its query');
  const bound = expectation === null ? '' : ` ${expectation.operator} ${JSON.stringify(expectation.operand)}`;
  return `${what.slice(0, 100)}${bound} (${severity})`;
}

/** Tightened where it refuses more; loosened where less; changed where it measures something else, or in part both. */
function shift(was: QualityRule, is: QualityRule): ChangeCode {
  const same = (rule: QualityRule): unknown => [rule.type, rule.metric, rule.arguments, rule.query, rule.unit];
  if (!isDeepStrictEqual(same(was), same(is))) return 'QUALITY_CHANGED';
  const shifts = [severityShift(was, is), expectationShift(was.expectation, is.expectation)].filter((one) => one !== 0);
  if (shifts.length === 0)
    return isDeepStrictEqual(was.expectation, is.expectation) ? 'DETAILS_CHANGED' : 'QUALITY_CHANGED';
  if (shifts.some((one) => one !== shifts[0])) return 'QUALITY_CHANGED';
  return shifts[0] === 1 ? 'QUALITY_TIGHTENED' : 'QUALITY_LOOSENED';
}

type Shift = -1 | 0 | 1;

function severityShift(was: QualityRule, is: QualityRule): Shift {
  if (was.severity === is.severity) return 0;
  return is.severity === 'error' ? 1 : -1;
}

/** 1 where what is allowed now was allowed before and not the reverse, -1 the other way, 0 where it is the same or neither. */
function expectationShift(was: QualityRule['expectation'], is: QualityRule['expectation']): Shift {
  const [old, now] = [allowed(was), allowed(is)];
  if (old === null || now === null) return 0;
  const isWithin = now.from >= old.from && now.to <= old.to;
  const holds = now.from <= old.from && now.to >= old.to;
  if (isWithin === holds) return 0;
  return isWithin ? 1 : -1;
}

/** The numbers that an expectation allows; null where they are no range. An open end is just beside the closed one. */
function allowed(expectation: QualityRule['expectation']): { from: number; to: number } | null {
  if (expectation === null) return null;
  const { operator, operand } = expectation;
  if (typeof operand === 'object') return operator === 'mustBeBetween' ? { from: operand[0], to: operand[1] } : null;
  if (typeof operand === 'string') return null;
  const beside = Math.abs(operand) * Number.EPSILON + Number.MIN_VALUE;
  switch (operator) {
    case 'mustBe':
      return { from: operand, to: operand };
    case 'mustBeGreaterThan':
      return { from: operand + beside, to: Infinity };
    case 'mustBeGreaterOrEqualTo':
      return { from: operand, to: Infinity };
    case 'mustBeLessThan':
      return { from: -Infinity, to: operand - beside };
    case 'mustBeLessOrEqualTo':
      return { from: -Infinity, to: operand };
    default:
      return null;
  }
}
