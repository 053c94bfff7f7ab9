const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** SQL for a JSON text. Where it is `sound` it is never NULL; else NULL says that there is something the graph cannot say. */
export interface JsonSql {
  readonly sql: string;
  readonly sound: boolean;
  /** What the SQL concatenates, where it does: its literals can then be one with those beside it. */
  readonly operands?: readonly string[];
}

/** One entry of a JSON object, under its response key. */
export type Entry = readonly [key: string, value: JsonSql];

/** A JSON object; NULL where one of its values is. */
export function objectSql(entries: readonly Entry[]): JsonSql {
  if (entries.length === 0) return { sql: `'{}'`, sound: true };
  const operands = entries.flatMap(([key, value], index) => [
    `'${index === 0 ? '{' : ','}${keySql(key)}:'`,
    ...(value.operands ?? [value.sql]),
  ]);
  return { ...concatenated([...operands, `'}'`]), sound: entries.every(([, { sound }]) => sound) };
}

const LITERAL = /^'(?:[^']|'')*'$/;

/** The operands as one text, neighbouring literals as one: each concatenation costs Postgres a copy. */
export function concatenated(operands: readonly string[]): { sql: string; operands: readonly string[] } {
  const merged: string[] = [];
  for (const operand of operands) {
    const before = merged.at(-1);
    if (before !== undefined && LITERAL.test(before) && LITERAL.test(operand))
      merged[merged.length - 1] = `${before.slice(0, -1)}${operand.slice(1)}`;
    else merged.push(operand);
  }
  return { sql: merged.join(' || '), operands: merged };
}

/**
 * A JSON array of what `item` is in each row, ordered. Rows `beyond` are left out; where the item is NULL in another one, there is
 * no array.
 */
export function arraySql(
  item: JsonSql,
  order: string,
  { within }: { within: string | null } = { within: null },
): JsonSql {
  const list = `'[' || coalesce(string_agg(${item.sql}, ',' order by ${order}), '') || ']'`;
  if (item.sound) return { sql: list, sound: true };
  const rows = within === null ? 'count(*)' : `count(*) filter (where ${within})`;
  return { sql: `case when ${rows} = count(${item.sql}) then ${list} end`, sound: false };
}

/** A constant string as JSON: a name of GraphQL's. */
export function nameSql(name: string): JsonSql {
  return { sql: `'${keySql(name)}'`, sound: true };
}

/** Keys stand in the text, so they must be what GraphQL's grammar lets a name be. */
function keySql(name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of GraphQL`);
  return `"${name}"`;
}
