import mysql, { type FieldPacket } from 'mysql2';
import type { SourceObject, SourceProperty } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import type { SourceColumn } from './source.ts';

// Node sees no names in the package's CommonJS for what it defines by a getter.
const { Types } = mysql;

export interface MysqlColumn extends SourceColumn {
  /** False where the contract does not know it: then it is not read. */
  readonly isRead: boolean;
  /** SQL: what is asked for. */
  readonly value: string;
  /** The text of a value, of its bytes as the server sends them. */
  readonly text: (bytes: Buffer) => string | null;
}

/** The number of the character set that is none. */
const BINARY = 63;

/** What the columns of a relation are, as the server describes the answer to a query for none of its rows. */
export function mysqlColumns(fields: readonly FieldPacket[], object: SourceObject): MysqlColumn[] {
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Refusal('SOURCE_DRIFTED', `${object.name} would have two columns named ${JSON.stringify(twice)}.`);
  return fields.map((field): MysqlColumn => {
    const { name } = field;
    const wanted = object.properties.find(({ sourceColumn }) => sourceColumn === name);
    const { says, type } = declaredOf(field, wanted);
    return {
      name,
      type: wanted?.list === true ? 'JSON' : 'VARCHAR',
      declared: { says, type },
      isRead: wanted !== undefined,
      value: valueOf(field),
      text: textOf(field, type, wanted),
    };
  });
}

/** A name as it stands in a statement. */
export function backticked(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The server would write a float with six digits; as a double it has all that it is. */
function valueOf({ name, columnType }: FieldPacket): string {
  const column = `source.${backticked(name)}`;
  return columnType === Types.FLOAT ? `${column} + 0e0` : column;
}

/** What it is, and DuckDB's type of the same family. */
function declaredOf(
  { columnType, columnLength, characterSet, type: code }: FieldPacket,
  wanted: SourceProperty | undefined,
): { says: string; type: string } {
  const kind = columnType ?? code ?? Types.VAR_STRING;
  const says = (Types as unknown as Readonly<Record<number, string>>)[kind]?.toLowerCase() ?? 'unknown';
  // What people declare as boolean is one digit, or one bit.
  if (columnLength === 1 && (kind === Types.TINY || kind === Types.BIT) && wanted?.pgType === 'boolean')
    return { says: 'boolean', type: 'BOOLEAN' };
  const type = Object.hasOwn(DUCKDB, kind) ? DUCKDB[kind]! : 'VARCHAR';
  return { says: type === 'VARCHAR' && characterSet === BINARY ? 'binary' : says, type };
}

const DUCKDB: Readonly<Record<number, string>> = {
  [Types.TINY]: 'SMALLINT',
  [Types.SHORT]: 'INTEGER',
  [Types.INT24]: 'INTEGER',
  [Types.LONG]: 'BIGINT',
  // Unsigned, it has 64 bits.
  [Types.LONGLONG]: 'HUGEINT',
  [Types.BIT]: 'HUGEINT',
  [Types.YEAR]: 'INTEGER',
  [Types.DECIMAL]: 'DECIMAL',
  [Types.NEWDECIMAL]: 'DECIMAL',
  [Types.FLOAT]: 'FLOAT',
  [Types.DOUBLE]: 'DOUBLE',
  [Types.DATE]: 'DATE',
  [Types.NEWDATE]: 'DATE',
  [Types.DATETIME]: 'TIMESTAMP',
  [Types.TIMESTAMP]: 'TIMESTAMP WITH TIME ZONE',
  [Types.TIME]: 'TIME',
  [Types.JSON]: 'JSON',
};

function textOf(
  { columnType, characterSet }: FieldPacket,
  type: string,
  wanted: SourceProperty | undefined,
): MysqlColumn['text'] {
  if (columnType === Types.BIT) return (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`).toString();
  if (type === 'VARCHAR' && characterSet === BINARY) return (bytes) => `\\x${bytes.toString('hex')}`;
  // A day that is none is how some say that there is none.
  const isDay = /^(DATE|TIMESTAMP)/.test(type) && /^(date|timestamp)/.test(wanted?.pgType ?? '');
  return (bytes) => {
    const text = bytes.toString('utf8');
    return isDay && text.startsWith('0000-00-00') ? null : text;
  };
}
