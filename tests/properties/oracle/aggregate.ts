import type { Property, SchemaObject } from '../../../schema/contract/model.ts';
import { decimal, decimalText, divide, sumDecimals } from './decimal.ts';
import { onlyEntry, readSize, type PageSizes } from './paging.ts';
import { propertyNamed, valueOf, type Row } from './rows.ts';
import { comparable, compare, identity, kindOf, refused, toGraph, type Comparable } from './values.ts';
import { readWhere, type Matches } from './where.ts';

type Input = Readonly<Record<string, unknown>>;

/** Rows that are alike in what they are grouped by. */
export interface Group {
  readonly rows: readonly Row[];
  readonly groupBy: readonly Property[];
}

export type Part = 'key' | 'countDistinct' | 'sum' | 'avg' | 'min' | 'max';

interface Term {
  readonly value: (group: Group) => Comparable | null;
  readonly descending: boolean;
}

export interface AggregateQuery {
  readonly matches: Matches;
  readonly groupBy: readonly Property[];
  readonly terms: readonly Term[];
  readonly first: number;
}

/** An aggregate's arguments; refused where they make no sense. */
export function readAggregate(object: SchemaObject, args: Input, sizes: PageSizes): AggregateQuery {
  const named = ((args['groupBy'] ?? []) as readonly { property: string }[]).map(({ property }) => property);
  const groupBy = [...new Set(named)].map((name) => propertyNamed(object, name));
  const terms = ((args['orderBy'] ?? []) as readonly Input[]).map((item) => readTerm(object, groupBy, item));
  return { matches: readWhere(object, args['where']), groupBy, terms, first: readSize(args['first'], sizes) };
}

/** The groups of an object's rows: in the order asked for, then by what they are grouped by. */
export function groupsOf(rows: readonly Row[], { matches, groupBy, terms, first }: AggregateQuery): Group[] {
  const groups = new Map<string, Row[]>();
  if (groupBy.length === 0) groups.set('[]', []);
  for (const row of rows.filter(matches)) {
    const key = JSON.stringify(groupBy.map((property) => keyOf(row, property)));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const byKey = groupBy.map((property): Term => ({ value: (group) => lead(group, property), descending: false }));
  const order = [...terms, ...byKey];
  const found = [...groups.values()].map((items): Group => ({ rows: items, groupBy }));
  return found.sort((a, b) => compareGroups(order, a, b)).slice(0, first);
}

/** What a field of a group is, as the graph has it. */
export function measured(group: Group, part: Part, property: Property): unknown {
  if (part === 'key')
    return group.groupBy.includes(property) ? toGraph(property, group.rows[0]?.get(property.name) ?? null) : null;
  const text = measureText(group, part, property);
  if (text === null) return null;
  if (part === 'countDistinct') return text;
  if (part === 'min' || part === 'max') return toGraph(property, text);
  const scalar = kindOf(property.pgType) === 'float' || (part === 'avg' && kindOf(property.pgType) === 'integer');
  return scalar ? toGraph({ ...property, scalar: 'Float' }, text) : text;
}

function readTerm(object: SchemaObject, groupBy: readonly Property[], item: Input): Term {
  const [name, value] = onlyEntry(item);
  if (name === 'count') return { value: ({ rows }) => exact(String(rows.length)), descending: value === 'DESC' };
  const [field, direction] = onlyEntry(value as Input);
  const property = propertyNamed(object, field);
  const descending = direction === 'DESC';
  const part = name as Part;
  if (part === 'key') {
    if (!groupBy.includes(property)) throw refused('is not grouped by');
    return { value: (group) => lead(group, property), descending };
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
function measureText(group: Group, part: Exclude<Part, 'key'>, property: Property): string | null {
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

function keyOf(row: Row, property: Property): string | null {
  const value = valueOf(row, property);
  return value === null ? null : identity(value);
}

function lead({ rows }: Group, property: Property): Comparable | null {
  return rows[0] === undefined ? null : valueOf(rows[0], property);
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
