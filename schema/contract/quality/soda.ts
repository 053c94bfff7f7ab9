import type { Operator, QualityRule } from '../model.ts';
import { NONE, propertyMeant, type Reading, type RuleAt } from './meaning.ts';

type Settings = Readonly<Record<string, unknown>>;

/** A check taken apart: `missing_percent(name) < 5` with what stands below it. */
interface Check {
  readonly counts: string;
  readonly columns: readonly string[];
  readonly expectation: QualityRule['expectation'];
  readonly settings: Settings;
}

/** What a check counts, by the library's metric. Soda's nulls are missing, and what is missing is not invalid. */
const COUNTS: Readonly<Record<string, { readonly metric: QualityRule['metric']; readonly unit: QualityRule['unit'] }>> =
  {
    row_count: { metric: 'rowCount', unit: 'rows' },
    missing_count: { metric: 'missingValues', unit: 'rows' },
    missing_percent: { metric: 'missingValues', unit: 'percent' },
    invalid_count: { metric: 'invalidValues', unit: 'rows' },
    invalid_percent: { metric: 'invalidValues', unit: 'percent' },
    duplicate_count: { metric: 'duplicateValues', unit: 'rows' },
    duplicate_percent: { metric: 'duplicateValues', unit: 'percent' },
  };

/** What makes a value valid: the library's arguments, and what they may be. */
const VALID: Readonly<Record<string, readonly [names: readonly string[], isOne: (value: unknown) => boolean]>> = {
  'valid values': [['validValues'], Array.isArray],
  'valid regex': [['pattern'], (value) => typeof value === 'string'],
  'valid min': [['minimum'], Number.isFinite],
  'valid max': [['maximum'], Number.isFinite],
  'valid min length': [['minLength'], Number.isInteger],
  'valid max length': [['maxLength'], Number.isInteger],
  'valid length': [['minLength', 'maxLength'], Number.isInteger],
};

const SIGNS: Readonly<Record<string, Operator>> = {
  '=': 'mustBe',
  '!=': 'mustNotBe',
  '<>': 'mustNotBe',
  '<': 'mustBeLessThan',
  '<=': 'mustBeLessOrEqualTo',
  '>': 'mustBeGreaterThan',
  '>=': 'mustBeGreaterOrEqualTo',
};

/** How a check of Soda's data contracts compares. */
const COMPARISONS: Readonly<Record<string, Operator>> = {
  must_be: 'mustBe',
  must_not_be: 'mustNotBe',
  must_be_less_than: 'mustBeLessThan',
  must_be_less_than_or_equal_to: 'mustBeLessOrEqualTo',
  must_be_greater_than: 'mustBeGreaterThan',
  must_be_greater_than_or_equal_to: 'mustBeGreaterOrEqualTo',
  must_be_between: 'mustBeBetween',
  must_not_be_between: 'mustNotBeBetween',
};

const LINE = /^(\w+)\s*(?:\(([^()]*)\))?\s*(=|!=|<>|<=|>=|<|>|(?:not\s+)?between)\s*(.+)$/;
const NUMBER = '(-?\\d+(?:\\.\\d+)?)\\s*%?';

/** A check of Soda: a line of SodaCL with or without settings below it, or a block of its data contracts (`type: missing_count`). */
export function readCheck(implementation: unknown, at: RuleAt): Reading {
  const checks = checksIn(implementation);
  if (checks.length !== 1) return { why: `it holds ${checks.length} checks: write a rule for each` };
  const check = takeApart(checks[0]);
  const count = check !== null && Object.hasOwn(COUNTS, check.counts) ? COUNTS[check.counts] : undefined;
  if (check === null || count === undefined || check.expectation === null)
    return { why: `its check is none of ${Object.keys(COUNTS).join(', ')} with a comparison to a number` };
  const { metric, unit } = count;
  const among = 'rows';
  if (metric === 'rowCount')
    return (
      refuseOthers(check, []) ?? {
        meant: { metric, property: null, arguments: {}, unit, among, expectation: check.expectation },
      }
    );
  if (metric === 'duplicateValues') return duplicates(check, at);
  const property = check.columns.length > 1 ? { why: 'it names several columns' } : propertyMeant(check.columns[0], at);
  if (typeof property !== 'string') return property;
  const known = metric === 'missingValues' ? ['missing values'] : Object.keys(VALID);
  const args = metric === 'missingValues' ? missing(check) : valid(check);
  return (
    refuseOthers(check, known) ??
    (args === null
      ? { why: `what makes a value ${metric === 'missingValues' ? 'missing' : 'valid'} cannot be read` }
      : { meant: { metric, property, arguments: args, unit, among, expectation: check.expectation } })
  );
}

/** Soda counts values that are there more than once, the library rows beyond the first of each: alike where there may be none. */
function duplicates(check: Check, at: RuleAt): Reading {
  const { operator, operand } = check.expectation ?? {};
  const isNone =
    ((operator === 'mustBe' || operator === 'mustBeLessOrEqualTo') && operand === 0) ||
    (operator === 'mustBeLessThan' && operand === 1 && check.counts === 'duplicate_count');
  if (!isNone) return { why: `${check.counts} counts otherwise than Weft does, unless it must be 0` };
  const refused = refuseOthers(check, []);
  if (refused !== null) return refused;
  const columns = check.columns.length === 0 ? [undefined] : check.columns;
  const properties = columns.map((column) => propertyMeant(column, at));
  const strange = properties.find((property) => typeof property !== 'string');
  if (strange !== undefined && typeof strange !== 'string') return strange;
  const [first, ...others] = properties as string[];
  return {
    meant: {
      metric: 'duplicateValues',
      property: others.length === 0 ? first! : null,
      arguments: others.length === 0 ? {} : { properties },
      unit: 'rows',
      among: 'rows',
      expectation: NONE,
    },
  };
}

function missing({ settings }: Check): Settings | null {
  const listed = settings['missing values'] ?? [];
  return Array.isArray(listed) ? { missingValues: [null, ...(listed as unknown[])] } : null;
}

function valid({ settings }: Check): Settings | null {
  const args: [string, unknown][] = [];
  for (const [key, value] of Object.entries(settings)) {
    const [names, isOne] = VALID[key] ?? [[], () => true];
    if (!isOne(value)) return null;
    args.push(...names.map((name): [string, unknown] => [name, value]));
  }
  return args.length === 0 ? null : Object.fromEntries(args);
}

function refuseOthers({ counts, settings }: Check, known: readonly string[]): { readonly why: string } | null {
  const other = Object.keys(settings).find((key) => key !== 'name' && !known.includes(key));
  return other === undefined
    ? null
    : { why: `${counts} with "${other.slice(0, 40)}" has no counterpart in a count of rows` };
}

/** The checks of an implementation; those of `checks for things:` and `checks:` too. */
function checksIn(implementation: unknown): unknown[] {
  if (Array.isArray(implementation)) return implementation;
  if (typeof implementation !== 'object' || implementation === null) return [implementation];
  const [[key, value] = ['', null], ...others] = Object.entries(implementation);
  return others.length === 0 && /^checks\b/.test(key) ? checksIn(value) : [implementation];
}

function takeApart(check: unknown): Check | null {
  if (typeof check === 'string') return ofLine(check, {});
  if (typeof check !== 'object' || check === null) return null;
  const { type, column, columns, ...rest } = check as Settings;
  if (typeof type === 'string') return ofBlock(type, columns ?? (column === undefined ? [] : [column]), rest);
  const [[line, settings] = ['', null], ...others] = Object.entries(check);
  return others.length > 0 ? null : ofLine(line, (settings ?? {}) as Settings);
}

function ofLine(line: string, settings: Settings): Check | null {
  const [, counts, columns = '', sign, bound] = LINE.exec(line.trim()) ?? [];
  if (counts === undefined || sign === undefined || bound === undefined) return null;
  const named = columns
    .split(',')
    .map((column) => column.trim().replace(/^"(.*)"$/, '$1'))
    .filter((column) => column !== '');
  return { counts, columns: named, expectation: comparison(sign.replace(/\s+/g, ' '), bound), settings };
}

/** `between` has both its ends in it; with brackets it may not, and is not read. */
function comparison(sign: string, bound: string): QualityRule['expectation'] {
  const operator = SIGNS[sign];
  if (operator !== undefined) {
    const [, number] = new RegExp(`^${NUMBER}$`).exec(bound.trim()) ?? [];
    return number === undefined ? null : { operator, operand: Number(number) };
  }
  const [, low, high] = new RegExp(`^${NUMBER} and ${NUMBER}$`).exec(bound.trim()) ?? [];
  if (low === undefined || high === undefined) return null;
  return { operator: sign === 'between' ? 'mustBeBetween' : 'mustNotBeBetween', operand: [Number(low), Number(high)] };
}

function ofBlock(counts: string, columns: unknown, rest: Settings): Check | null {
  if (!Array.isArray(columns)) return null;
  const compared = Object.entries(rest).filter(([key]) => COMPARISONS[key] !== undefined);
  const [[key, operand] = ['', null], ...others] = compared;
  const operator = COMPARISONS[key];
  if (operator === undefined || others.length > 0) return null;
  const settings = Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) =>
      COMPARISONS[name] === undefined ? [[name.replaceAll('_', ' '), value]] : [],
    ),
  );
  const isBound = operator.endsWith('Between')
    ? Array.isArray(operand) && operand.length === 2 && operand.every(Number.isFinite)
    : Number.isFinite(operand);
  const expectation = isBound ? { operator, operand: operand as number | readonly [number, number] } : null;
  return { counts, columns: columns.map(String), expectation, settings };
}
