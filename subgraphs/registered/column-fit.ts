import type { Property } from '../../schema/contract/model.ts';
import { type Family, familyOf } from '../managed/values.ts';
import type { ColumnFacts } from './table-facts.ts';

/** How a column holds what its contract says. */
export type ColumnFit =
  /** As it is: its index serves. */
  | { readonly fit: 'same' }
  /** By a cast that loses nothing; an index on the column does not serve. `instead`: a physicalType by which it would. */
  | { readonly fit: 'cast'; readonly instead: string | null }
  | { readonly fit: 'none'; readonly because: string };

const SAME: ColumnFit = { fit: 'same' };

/** Types, by Postgres' names, that a family reads as they are, and those that it casts. */
const READ: Readonly<Record<Exclude<Family, 'json' | 'text'>, readonly [same: string, cast: string]>> = {
  integer: ['int2 int4 int8', ''],
  numeric: ['numeric', 'int2 int4 int8 money'],
  float: ['float8', 'float4 numeric int2 int4 int8'],
  boolean: ['bool', ''],
  date: ['date', ''],
  timestamp: ['timestamp', 'timestamptz'],
  timestamptz: ['timestamptz', 'timestamp'],
  time: ['time', ''],
  uuid: ['uuid', ''],
};

/** Physical types by which a column that is cast would be read as it is. */
const INSTEAD: Readonly<Record<string, string>> = {
  numeric: 'numeric',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  uuid: 'uuid',
};

/** Judges the column of a property: whether its values can be read as the contract's type, without loss. */
export function columnFit(property: Property, { type, shown, isArray }: ColumnFacts): ColumnFit {
  // Whatever there is has a form as JSON.
  if (property.scalar === 'JSON') return SAME;
  if (property.list !== isArray)
    return {
      fit: 'none',
      because: `it is ${shown}, ${isArray ? 'a list' : 'one value'}, and the contract says ${property.list ? 'a list' : 'one value'}`,
    };
  const family = familyOf(property);
  if (family === 'text') {
    // Every type of Postgres has a text.
    if (['text', 'varchar'].includes(type)) return SAME;
    return { fit: 'cast', instead: type === 'uuid' ? INSTEAD[type]! : null };
  }
  // Reads all that there is, but for what a JSON number or an Int cannot hold.
  if (family === 'json') return SAME;
  const [same, cast] = READ[family].map((names) => names.split(' ')) as [string[], string[]];
  if (property.scalar === 'Int' && type === 'int8')
    return { fit: 'none', because: `it is ${shown}, of which an Int holds a part: say physicalType: bigint` };
  // The contract's `real` is a Float of 32 bits.
  if (property.pgType === 'real')
    return type === 'float4' ? SAME : { fit: 'none', because: `it is ${shown}, and not real` };
  if (same.includes(type)) return SAME;
  if (cast.includes(type)) return { fit: 'cast', instead: INSTEAD[type] ?? null };
  return { fit: 'none', because: `it is ${shown}, which is not read as ${property.pgType}` };
}
