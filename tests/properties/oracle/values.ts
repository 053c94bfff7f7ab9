import { GraphQLError } from 'graphql';
import type { Value } from '../../../schema/contract/model.ts';
import { compareDecimals, decimal, type Decimal } from './decimal.ts';

/** A value as Postgres writes it; of a list its items. */
export type Stored = string | null | readonly (string | null)[];

/** A value in the order of its type: what is below, within or above all numbers, then the number or text. */
export interface Comparable {
  /** -1: minus infinity; 1: infinity; 2: NaN, which Postgres has above all numbers. */
  readonly rank: -1 | 0 | 1 | 2;
  readonly value: Decimal | number | string;
}

/** The refusal of an argument: its code is what clients rely on. */
export function refused(what: string): GraphQLError {
  return new GraphQLError(what, { extensions: { code: 'BAD_INPUT' } });
}

const RANKS: Readonly<Record<string, Comparable['rank']>> = {
  '-infinity': -1,
  '-Infinity': -1,
  infinity: 1,
  Infinity: 1,
  NaN: 2,
};

/** What a value that Postgres wrote is compared by. */
export function comparable({ pgType }: Pick<Value, 'pgType'>, text: string): Comparable {
  const kind = kindOf(pgType);
  const rank = kind === 'text' || kind === 'uuid' ? 0 : (RANKS[text] ?? 0);
  if (rank !== 0) return { rank, value: '' };
  switch (kind) {
    case 'integer':
    case 'numeric':
      return { rank, value: decimal(text) };
    case 'float':
      return { rank, value: Number(text) };
    case 'date':
      return { rank, value: moment(`${text.replace(' BC', '')} 00:00:00${text.endsWith(' BC') ? ' BC' : ''}`) };
    case 'timestamptz':
      return { rank, value: moment(text) };
    default:
      return { rank, value: text };
  }
}

/** Negative, zero or positive, as for sorting; text by code points. */
export function compare(a: Comparable, b: Comparable): number {
  if (a.rank !== b.rank || a.rank !== 0) return a.rank - b.rank;
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value;
  if (typeof a.value === 'object' && typeof b.value === 'object') return compareDecimals(a.value, b.value);
  if (typeof a.value === 'string' && typeof b.value === 'string')
    return Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
  throw new Error('Values of two types are not compared');
}

/** The same text for what is equal. */
export function identity({ rank, value }: Comparable): string {
  if (rank !== 0) return `#${rank}`;
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  if (typeof value === 'string') return value;
  let { digits, scale } = value;
  for (; scale > 0 && digits % 10n === 0n; scale -= 1) digits /= 10n;
  return `${digits}e-${scale}`;
}

/** The text, where Postgres can hold it: no NUL, no half of a pair. */
export function heldText(text: string): string {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) throw refused('is no text');
  return text;
}

/** A value as the graph has it -> as Postgres would write one that is equal; refused where the column can hold none such. */
export function fromGraph(property: Value, value: unknown): string {
  if (property.enum !== null) return property.enum.members.find(({ name }) => name === value)!.value;
  const text = String(value);
  switch (kindOf(property.pgType)) {
    case 'integer':
      if (!/^-?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text))
        throw refused('is no integer');
      return BigInt(text).toString();
    case 'text':
      return heldText(text);
    case 'uuid':
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw refused('is no uuid');
      return text.toLowerCase();
    case 'time':
      return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    case 'timestamptz': {
      const [, day, time, zone = ''] = /^(.{10})[Tt](.*?)([Zz]|[+-]..:..)$/.exec(text) ?? [];
      return `${day} ${time}${/z/i.test(zone) ? '+00' : zone}`;
    }
    default:
      return text;
  }
}

/** A value that Postgres wrote -> as the graph has it. What the graph cannot say stays as it stands, for graphql-js to refuse. */
export function toGraph(property: Value, stored: Stored): unknown {
  if (stored === null) return null;
  if (typeof stored !== 'string') return stored.map((item) => (item === null ? null : one(property, item)));
  return one(property, stored);
}

function one(property: Value, text: string): unknown {
  if (property.enum !== null) return property.enum.members.find(({ value }) => value === text)?.name ?? [text];
  switch (property.scalar) {
    case 'Int':
    case 'Float':
      return text in RANKS ? text : Number(text);
    case 'Boolean':
      return text === 'true';
    case 'JSON':
      return JSON.parse(text);
    case 'DateTime': {
      const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text);
      if (parts === null) return text;
      const fraction = (parts[3] ?? '').padEnd(6, '0');
      return `${parts[1]}T${parts[2]}.${fraction.endsWith('000') ? fraction.slice(0, 3) : fraction}Z`;
    }
    default:
      return text;
  }
}

type Kind = 'integer' | 'numeric' | 'float' | 'boolean' | 'date' | 'timestamptz' | 'time' | 'uuid' | 'text' | 'json';

/** The types that contracts make, by the kind of their values. */
export function kindOf(pgType: string): Kind {
  const base = pgType.replace(/\(.*/, '');
  const kinds: Readonly<Record<string, Kind>> = { bigint: 'integer', 'double precision': 'float', jsonb: 'json' };
  return kinds[base] ?? (base as Kind);
}

/** Microseconds since 1970 of `2001-12-31 23:59:59.5+01:30`, maybe ` BC`. */
function moment(text: string): Decimal {
  const parts = /^(\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([+-]\d\d)(?::?(\d\d))?)?( BC)?$/.exec(text);
  if (parts === null) throw new Error(`${text} is no moment`);
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [
    0,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(parts[10] === undefined ? year : 1 - year, month - 1, day);
  const offset = (Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0) * (parts[8]?.startsWith('-') ? -1 : 1)) * 60;
  const seconds = BigInt(date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset);
  return { digits: seconds * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0')), scale: 6 };
}
