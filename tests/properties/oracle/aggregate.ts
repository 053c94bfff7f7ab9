import type { Value, SchemaObject } from '../../../schema/contract/model.ts';
import { decimal, decimalText, divide, sumDecimals } from './decimal.ts';
import type { Related } from './meanings.ts';
import { onlyEntry, readSize } from './paging.ts';
import { propertyNamed, type Row } from './rows.ts';
import { semanticText } from './semantics.ts';
import { truncated } from './truncated.ts';
import { comparable, compare, identity, kindOf, refused, toGraph, type Comparable } from './values.ts';
import { readWhere, type Matches } from './where.ts';

type Input = Readonly<Record<string, unknown>>;

interface GroupBy {
  readonly property: string;
  readonly truncate?: string | null;
}

const DAYS = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY'];
const TIMES = ['HOUR', 'MINUTE', 'SECOND'];
const UNITS: Readonly<Record<string, readonly string[]>> = { Date: DAYS, Time: TIMES, DateTime: [...DAYS, ...TIMES] };

/** A property, or the first moments of its unit. */
interface Grouping {
  readonly property: Value;
  readonly unit: string | null;
}

/** Rows that are alike in what they are grouped by. */
export interface Group {
  readonly rows: readonly Row[];
  readonly groupBy: readonly Grouping[];
}

export type Part = 'key' | 'countDistinct' | 'sum' | 'avg' | 'min' | 'max';

interface Term {
  readonly value: (group: Group) => Comparable | null;
  readonly descending: boolean;
}

export interface AggregateQuery {
  readonly matches: Matches;
  readonly groupBy: readonly Grouping[];
  readonly terms: readonly Term[];
  readonly first: number;
}

/** An aggregate's arguments; refused where they make no sense. */
export function readAggregate(world: Related, object: SchemaObject, args: Input): AggregateQuery {
  const groupBy = readGroupBy(object, (args['groupBy'] ?? []) as readonly GroupBy[]);
  const terms = ((args['orderBy'] ?? []) as readonly Input[]).map((item) => readTerm(object, groupBy, item));
  return {
    matches: readWhere(world, object, args['where']),
    groupBy,
    terms,
    first: readSize(args['first'], world.bounds),
  };
}

/** The groups of an object's rows: in the order asked for, then by what they are grouped by. */
export function groupsOf(rows: readonly Row[], { matches, groupBy, terms, first }: AggregateQuery): Group[] {
  const groups = new Map<string, Row[]>();
  if (groupBy.length === 0) groups.set('[]', []);
  for (const row of rows.filter(matches)) {
    const key = JSON.stringify(groupBy.map((grouping) => keyOf(row, grouping)));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const byKey = groupBy.map((grouping): Term => ({ value: (group) => lead(group, grouping), descending: false }));
  const order = [...terms, ...byKey];
  const found = [...groups.values()].map((items): Group => ({ rows: items, groupBy }));
  return found.sort((a, b) => compareGroups(order, a, b)).slice(0, first);
}

/** What a field of a group is, as the graph has it. */
export function measured(group: Group, part: Part, property: Value): unknown {
  if (part === 'key') {
    const grouping = group.groupBy.find((one) => one.property === property);
    return grouping === undefined || group.rows[0] === undefined
      ? null
      : toGraph(property, keyText(group.rows[0], grouping));
  }
  const text = measureText(group, part, property);
  if (text === null) return null;
  if (part === 'countDistinct') return text;
  if (part === 'min' || part === 'max') return toGraph(property, text);
  const scalar = kindOf(property.pgType) === 'float' || (part === 'avg' && kindOf(property.pgType) === 'integer');
  return scalar ? toGraph({ ...property, scalar: 'Float' }, text) : text;
}

function readGroupBy(object: SchemaObject, items: readonly GroupBy[]): Grouping[] {
  const found: Grouping[] = [];
  for (const { property: name, truncate: unit = null } of items) {
    const property = propertyNamed(object, name);
    if (unit !== null && !(UNITS[property.scalar] ?? []).includes(unit)) throw refused('has no such unit');
    const known = found.find((one) => one.property === property);
    if (known === undefined) found.push({ property, unit });
    else if (known.unit !== unit) throw refused('is grouped by twice');
  }
  return found;
}

function readTerm(object: SchemaObject, groupBy: readonly Grouping[], item: Input): Term {
  const [name, value] = onlyEntry(item);
  if (name === 'count') return { value: ({ rows }) => exact(String(rows.length)), descending: value === 'DESC' };
  const measure = object.measures.find((candidate) => candidate.field === name);
  if (measure !== undefined)
    return {
      descending: value === 'DESC',
      value: ({ rows }) => {
        const text = semanticText(measure, rows);
        return text === null ? null : comparable(measure, text);
      },
    };
  const [field, direction] = onlyEntry(value as Input);
  const property = propertyNamed(object, field);
  const descending = direction === 'DESC';
  const part = name as Part;
  if (part === 'key') {
    const grouping = groupBy.find((one) => one.property === property);
    if (grouping === undefined) throw refused('is not grouped by');
    return { value: (group) => lead(group, grouping), descending };
  }
  return {
    descending,
    value: (group) => {
      const text = measureText(group, part, property);
      if (text === null) return null;
      const isOwn = part === 'min' || part === 'max' || kindOf(property.pgType) === 'float';
      return part !== 'countDistinct' && isOwn ? comparable(property, text) : exact(text);
    },
  };
}

/** As Postgres writes it. */
function measureText(group: Group, part: Exclude<Part, 'key'>, property: Value): string | null {
  const texts = group.rows.flatMap((row) => {
    const value = row.get(property.name);
    return typeof value === 'string' ? [value] : [];
  });
  const values = texts.map((text) => comparable(property, text));
  if (part === 'countDistinct') return String(new Set(values.map(identity)).size);
  if (texts.length === 0) return null;
  if (part === 'min' || part === 'max') {
    const sign = part === 'min' ? -1 : 1;
    return texts.reduce((best, text) =>
      compare(comparable(property, text), comparable(property, best)) * sign > 0 ? text : best,
    );
  }
  const beyond = beyondNumbers(values);
  if (beyond !== null) return beyond;
  if (kindOf(property.pgType) === 'float') {
    const sum = texts.reduce((total, text) => total + Number(text), 0);
    return String(part === 'sum' ? sum : sum / texts.length);
  }
  const sum = sumDecimals(texts.map(decimal));
  return decimalText(part === 'sum' ? sum : divide(sum, BigInt(texts.length)));
}

/** The sum where NaN or an infinity is in it. */
function beyondNumbers(values: readonly Comparable[]): string | null {
  const ranks = new Set(values.map(({ rank }) => rank));
  if (ranks.has(2) || (ranks.has(1) && ranks.has(-1))) return 'NaN';
  return ranks.has(1) ? 'Infinity' : ranks.has(-1) ? '-Infinity' : null;
}

function exact(text: string): Comparable {
  const beyond: Readonly<Record<string, Comparable['rank']>> = { NaN: 2, Infinity: 1, '-Infinity': -1 };
  const rank = beyond[text] ?? 0;
  return { rank, value: rank === 0 ? decimal(text) : '' };
}

function keyText(row: Row, { property, unit }: Grouping): string | null {
  const stored = row.get(property.name) ?? null;
  if (typeof stored !== 'string') return null;
  return unit === null ? stored : truncated(unit, stored);
}

function keyOf(row: Row, grouping: Grouping): string | null {
  const text = keyText(row, grouping);
  return text === null ? null : identity(comparable(grouping.property, text));
}

function lead({ rows }: Group, grouping: Grouping): Comparable | null {
  const text = rows[0] === undefined ? null : keyText(rows[0], grouping);
  return text === null ? null : comparable(grouping.property, text);
}

function compareGroups(order: readonly Term[], a: Group, b: Group): number {
  for (const { value, descending } of order) {
    const [left, right] = [value(a), value(b)];
    if (left === null && right === null) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    const sign = compare(left, right);
    if (sign !== 0) return descending ? -sign : sign;
  }
  return 0;
}
