import pg from 'pg';
import type { SourceObject, SourceProperty } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import type { SourceColumn } from './source.ts';

export interface PostgresColumn extends SourceColumn {
  readonly declared: { readonly says: string; readonly type: string };
  /** False where the contract does not know it: then it is not read. */
  readonly isRead: boolean;
  /** SQL: its value as text that DuckDB's casts read exactly. */
  readonly value: string;
}

interface ColumnType {
  /** `numeric(12,2)`, `text[]`; of a domain, the type that it is over. */
  readonly says: string;
  /** The same without its bounds. */
  readonly name: string;
  /** pg_type's: `A` is an array. */
  readonly category: string;
  readonly isComposite: boolean;
}

/** The columns of a relation, by asking for none of its rows: rights and views are tried too. */
export async function lookAt(client: pg.Client, relation: string, object: SourceObject): Promise<PostgresColumn[]> {
  const { fields } = await client.query(`select * from ${relation} as source limit 0`);
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Refusal('SOURCE_DRIFTED', `${object.name} would have two columns named ${JSON.stringify(twice)}.`);
  const { rows } = await client.query<ColumnType>(
    `select format_type(field.type, field.modifier) as says, format_type(field.type, null) as name,
            typcategory as category, typtype = 'c' as "isComposite"
       from unnest($1::oid[], $2::int[]) with ordinality as field (type, modifier, at)
       join pg_catalog.pg_type on pg_type.oid = field.type
      order by at`,
    [fields.map(({ dataTypeID }) => dataTypeID), fields.map(({ dataTypeModifier }) => dataTypeModifier)],
  );
  return names.map((name, index) => {
    const type = rows[index]!;
    const wanted = object.properties.find(({ sourceColumn }) => sourceColumn === name);
    return {
      name,
      type: wanted?.list === true ? 'JSON' : 'VARCHAR',
      declared: { says: type.says, type: duckdbType(type) },
      isRead: wanted !== undefined,
      value: wanted === undefined ? '' : valueOf(`source.${pg.escapeIdentifier(name)}`, type, wanted),
    };
  });
}

/** DuckDB's type of the same family, by which a column is held against its contract. */
function duckdbType({ name, category, isComposite }: ColumnType): string {
  if (category === 'A') return 'VARCHAR[]';
  if (isComposite || /(^|\.)hstore$/.test(name)) return 'JSON';
  return Object.hasOwn(DUCKDB, name) ? DUCKDB[name]! : 'VARCHAR';
}

const DUCKDB: Readonly<Record<string, string>> = {
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  numeric: 'DECIMAL',
  money: 'DECIMAL',
  real: 'FLOAT',
  'double precision': 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  'timestamp without time zone': 'TIMESTAMP',
  'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
  'time without time zone': 'TIME',
  uuid: 'UUID',
  json: 'JSON',
  jsonb: 'JSON',
};

/** Types whose text is JSON already, or is taken for it. */
const AS_JSON = new Set(['VARCHAR', 'JSON', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE', 'BOOLEAN']);

function valueOf(column: string, type: ColumnType, wanted: SourceProperty): string {
  const found = duckdbType(type);
  // Each item as its text: as a number of JSON it would not be exact.
  if (wanted.list) return found === 'JSON' ? `${column}::text` : `to_json(${column}::text[])`;
  if (type.name === 'money') return `${column}::numeric`;
  const isDocument = type.name === 'json' || type.name === 'jsonb';
  if (wanted.pgType === 'jsonb' && !isDocument && (found === 'JSON' || !AS_JSON.has(found)))
    return `to_json(${column})`;
  // COPY would write the padding of char(n).
  return type.name === 'character' ? `${column}::text` : column;
}
