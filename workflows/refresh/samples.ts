import type pg from 'pg';
import { isOpen } from '../../schema/contract/classified.ts';
import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { quoted } from '../../schema/ids.ts';
import type { QualitySample } from '../../schema/ledger/quality.ts';
import type { Counter } from './metrics.ts';

/** Enough to find the others by. */
const SAMPLES = 5;
/** Longest part of a value that is kept. */
const VALUE_LETTERS = 60;
/** What stands for a value that is not for everybody. */
const HIDDEN = '•••';

/** Some of the rows that a rule counts: their keys, and the properties that it is about. Values of what is classified are hidden. */
export async function samplesOf(
  db: pg.Client,
  view: string,
  object: SchemaObject,
  { rows: isBroken, about }: Pick<Counter, 'rows' | 'about'>,
): Promise<readonly QualitySample[]> {
  if (isBroken === null) return [];
  const values: unknown[] = [];
  const shown = [...new Set([...object.key, ...about])];
  const { rows } = await db.query<QualitySample>(
    `select ${shown.map((property) => `${shownSql(property)} as "${property.name.replaceAll('"', '""')}"`).join(', ')}
       from ${view} where ${isBroken((value) => `$${values.push(value)}`, view)} limit ${SAMPLES}`,
    values,
  );
  return rows;
}

function shownSql(property: Property): string {
  const column = quoted(property.column);
  return isOpen(property)
    ? `left(${column}::text, ${VALUE_LETTERS})`
    : `case when ${column} is not null then '${HIDDEN}' end`;
}
