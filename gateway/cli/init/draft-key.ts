import { typeName, words } from '../../../schema/contract/names.ts';
import type { DescribedColumn, DescribedObject } from './described.ts';

/** The columns that tell an object's rows apart. `guess`: the evidence where the source does not declare them. */
export type DraftKey =
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly guess: string | null }
  /** No column does: the row's number in the file stands in. */
  | { readonly kind: 'rowNumber'; readonly because: string };

/** Fewer rows are different by chance. */
const FEW_ROWS = 20;

/** The key as declared, else the likeliest column of which all values differ, else the columns that were seen to do it together. */
export function draftKey(object: DescribedObject, hasRowNumbers: boolean): DraftKey {
  if (object.key?.evidence === null) return { kind: 'columns', columns: object.key.columns, guess: null };
  const [best] = keyCandidates(object);
  if (best !== undefined)
    return { kind: 'columns', columns: [best.name], guess: `${distinctOf(best)}${fewRows(object)}` };
  if (object.key !== null)
    return { kind: 'columns', columns: object.key.columns, guess: `${object.key.evidence}${fewRows(object)}` };
  if (hasRowNumbers) return { kind: 'rowNumber', because: noKey(object) };
  const [first] = [...object.columns.filter(isKeyType), ...object.columns];
  return {
    kind: 'columns',
    columns: first === undefined ? [] : [first.name],
    guess: `nothing says what tells rows apart, and a type needs a key: ${noKey(object)}`,
  };
}

/** Columns that could be the key by themselves, the likeliest first: no two rows were alike in them, and none was empty. */
export function keyCandidates(object: Pick<DescribedObject, 'name' | 'columns'>): DescribedColumn[] {
  return object.columns
    .map((column, index) => ({ column, score: likelihood(column, index, object.name) }))
    .filter(({ column, score }) => score > 0 && isDistinct(column))
    .sort((a, b) => b.score - a.score)
    .map(({ column }) => column);
}

/** True where every row has a value of the column, and no two the same. */
export function isDistinct({ seen }: DescribedColumn): boolean {
  return seen !== null && seen.rows > 0 && seen.nulls === 0 && seen.distinct === seen.rows;
}

/** True where values of the column's type can be a key: texts, whole numbers and days. */
export function isKeyType({ type }: DescribedColumn): boolean {
  return ['string', 'integer', 'date'].includes(type.logicalType);
}

/** `12,003 of 12,003 distinct` */
export function distinctOf({ seen }: DescribedColumn): string {
  return seen === null ? 'nobody counted' : `${counted(seen.distinct)} of ${counted(seen.rows)} distinct`;
}

/** True where a column's name says that it identifies something: `id`, `orderKey`, `sku`. */
export function isIdentifier(name: string): boolean {
  return IDENTIFIERS.has(words(name).at(-1) ?? '');
}

/** `12,003` */
export function counted(count: number): string {
  return count.toLocaleString('en-US');
}

const IDENTIFIERS = new Set(
  'id ids key uuid guid code number no nr sku isbn ean gtin iata icao iso slug hash'.split(' '),
);

/** Above 0: it may be a key. A measurement or a sentence is different from row to row, and still is none. */
function likelihood(column: DescribedColumn, index: number, object: string): number {
  if (!isKeyType(column)) return 0;
  const name = words(column.name).join('_');
  const owner = words(typeName(object) ?? object).join('_');
  if (name === 'id' || name === `${owner}_id`) return 100;
  if (isIdentifier(name) && name.startsWith(owner)) return 90;
  if (name.endsWith('_id') || name === 'uuid' || name === 'key') return 70;
  if (isIdentifier(name)) return 60;
  const texts = column.seen?.examples.filter((value) => typeof value === 'string') ?? [];
  if (texts.some((text) => text.length > 40)) return 0;
  if (index === 0) return 40;
  if (column.type.logicalType === 'date') return 10;
  return column.type.logicalType === 'string' && !texts.some((text) => /\s/.test(text)) ? 20 : 0;
}

function noKey({ columns, basis }: DescribedObject): string {
  const [best] = columns
    .filter((column) => isKeyType(column) && column.seen !== null)
    .sort((a, b) => (b.seen?.distinct ?? 0) - (a.seen?.distinct ?? 0));
  const nearest = best === undefined ? '' : ` (nearest: ${best.name}, about ${distinctOf(best)})`;
  return `no column, nor two together, tells rows apart in ${basis}${nearest}; set primaryKey on what does`;
}

function fewRows({ columns }: DescribedObject): string {
  const rows = columns[0]?.seen?.rows ?? 0;
  return rows < FEW_ROWS ? ', which says little' : '';
}
