import type { QualityRule } from '../model.ts';
import { type Meant, NONE, propertyMeant, type Reading, type RuleAt, within } from './meaning.ts';

type Kwargs = Readonly<Record<string, unknown>>;

/** An expectation about one column: what counts against it, by the library's metric. */
interface ColumnExpectation {
  readonly metric: 'nullValues' | 'invalidValues' | 'duplicateValues';
  /** The arguments of the metric; null where the kwargs are none. */
  readonly arguments: (kwargs: Kwargs) => Kwargs | null;
  readonly kwargs: readonly string[];
  /** What `mostly` is a share of, as GX counts; null where only all or nothing is the same. */
  readonly mostly: QualityRule['among'] | null;
}

const RANGE = ['min_value', 'max_value'] as const;

/** Those that count as a metric of the library does: GX leaves nulls out, but where it looks for them. */
const COLUMN: Readonly<Record<string, ColumnExpectation>> = {
  expect_column_values_to_not_be_null: {
    metric: 'nullValues',
    arguments: () => ({}),
    kwargs: [],
    mostly: 'rows',
  },
  // GX counts every row of a value that is there twice, the library those beyond the first.
  expect_column_values_to_be_unique: { metric: 'duplicateValues', arguments: () => ({}), kwargs: [], mostly: null },
  expect_column_values_to_be_between: {
    metric: 'invalidValues',
    arguments: ({ min_value: minimum, max_value: maximum }) => given({ minimum, maximum }, isBound),
    kwargs: RANGE,
    mostly: 'values',
  },
  expect_column_values_to_be_in_set: {
    metric: 'invalidValues',
    arguments: ({ value_set: validValues }) => given({ validValues }, Array.isArray),
    kwargs: ['value_set'],
    mostly: 'values',
  },
  expect_column_values_to_match_regex: {
    metric: 'invalidValues',
    arguments: ({ regex: pattern }) => given({ pattern }, (value) => typeof value === 'string'),
    kwargs: ['regex'],
    mostly: 'values',
  },
  expect_column_value_lengths_to_be_between: {
    metric: 'invalidValues',
    arguments: ({ min_value: minLength, max_value: maxLength }) => given({ minLength, maxLength }, Number.isInteger),
    kwargs: RANGE,
    mostly: 'values',
  },
  expect_column_value_lengths_to_equal: {
    metric: 'invalidValues',
    arguments: ({ value }) => given({ minLength: value, maxLength: value }, Number.isInteger),
    kwargs: ['value'],
    mostly: 'values',
  },
};

/** Kwargs that change nothing of what is expected. */
const ASIDE = new Set(['result_format', 'meta', 'catch_exceptions', 'notes', 'description', 'severity', 'batch_id']);

/** An expectation of Great Expectations: `{ type, kwargs }`, or `expectation_type` as it was called until 1.0. */
export function readExpectation(implementation: unknown, at: RuleAt): Reading {
  const { type, expectation_type: former, kwargs: any } = (implementation ?? {}) as Kwargs;
  const name = type ?? former;
  if (typeof name !== 'string') return { why: 'its implementation has no type' };
  const kwargs = (any ?? {}) as Kwargs;
  const refuseOthers = (known: readonly string[]): { readonly why: string } | null => {
    const other = Object.entries(kwargs).find(
      ([key, value]) => !known.includes(key) && !ASIDE.has(key) && value !== null && value !== false,
    );
    return other === undefined
      ? null
      : { why: `${name} with ${other[0].slice(0, 40)} has no counterpart in a count of rows` };
  };
  switch (name) {
    case 'expect_table_row_count_to_be_between':
      return refuseOthers(RANGE) ?? rowCount(name, within(kwargs['min_value'], kwargs['max_value']));
    case 'expect_table_row_count_to_equal':
      return refuseOthers(['value']) ?? rowCount(name, within(kwargs['value'], kwargs['value']));
    case 'expect_compound_columns_to_be_unique':
      return refuseOthers(['column_list', 'ignore_row_if']) ?? compoundUnique(kwargs, at);
    default: {
      const expectation = Object.hasOwn(COLUMN, name) ? COLUMN[name] : undefined;
      if (expectation === undefined) return { why: `${name.slice(0, 80)} has no counterpart in a count of rows` };
      return refuseOthers(['column', 'mostly', ...expectation.kwargs]) ?? ofColumn(name, expectation, kwargs, at);
    }
  }
}

function ofColumn(name: string, expectation: ColumnExpectation, kwargs: Kwargs, at: RuleAt): Reading {
  const property = propertyMeant(kwargs['column'], at);
  if (typeof property !== 'string') return property;
  const args = expectation.arguments(kwargs);
  if (args === null) return { why: `${name} needs ${expectation.kwargs.join(' or ')}` };
  const { metric } = expectation;
  const mostly = kwargs['mostly'] ?? 1;
  if (typeof mostly !== 'number' || mostly < 0 || mostly > 1) return { why: 'mostly is no share from 0 to 1' };
  if (mostly === 1)
    return { meant: { metric, property, arguments: args, unit: 'rows', among: 'rows', expectation: NONE } };
  if (expectation.mostly === null)
    return { why: `${name} counts a share of rows otherwise than Weft does: leave mostly out` };
  // Percents of which 0.95 leaves 5, and not a little more.
  const operand = Number(((1 - mostly) * 100).toFixed(9));
  const few = { operator: 'mustBeLessOrEqualTo', operand } as const;
  return { meant: { metric, property, arguments: args, unit: 'percent', among: expectation.mostly, expectation: few } };
}

function rowCount(name: string, expectation: Meant['expectation']): Reading {
  if (expectation === null) return { why: `${name} needs numbers` };
  return { meant: { metric: 'rowCount', property: null, arguments: {}, unit: 'rows', among: 'rows', expectation } };
}

/** Rows of which a column is null are none of the library's; GX leaves out, unless it is told otherwise, those alone that have only nulls. */
function compoundUnique({ column_list: columns, ignore_row_if: ignored }: Kwargs, { named }: RuleAt): Reading {
  if (ignored !== 'any_value_is_missing')
    return { why: 'rows with nulls are counted, unless ignore_row_if is any_value_is_missing' };
  const properties = Array.isArray(columns) ? columns.map((column) => named(String(column))) : [];
  if (properties.length === 0 || properties.includes(null)) return { why: 'column_list is no list of properties' };
  const args = { properties };
  return {
    meant: {
      metric: 'duplicateValues',
      property: null,
      arguments: args,
      unit: 'rows',
      among: 'rows',
      expectation: NONE,
    },
  };
}

/** What is given of several arguments; null where there is none, or one of another kind. */
function given(args: Kwargs, isOne: (value: unknown) => boolean): Kwargs | null {
  const named = Object.entries(args).filter(([, value]) => value !== undefined && value !== null);
  return named.length > 0 && named.every(([, value]) => isOne(value)) ? Object.fromEntries(named) : null;
}

function isBound(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
