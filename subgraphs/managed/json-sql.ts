const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

/** One entry of a JSON object: a response key, and SQL for its value as JSON text, NULL where it is null. */
export type Entry = readonly [key: string, value: string];

/** SQL for the text of a JSON object; never NULL. */
export function objectSql(entries: readonly Entry[]): string {
  if (entries.length === 0) return `'{}'`;
  const parts = entries.map(([key, value], index) => `'${index === 0 ? '{' : ','}${keySql(key)}:' || ${orNull(value)}`);
  return `${parts.join(' || ')} || '}'`;
}

/** SQL for the text of a JSON array of what `item` is in each row, ordered; rows where it is NULL are left out. */
export function arraySql(item: string, order: string): string {
  return `'[' || coalesce(string_agg(${item}, ',' order by ${order}), '') || ']'`;
}

/** SQL for a constant string as JSON text: a name of GraphQL's. */
export function nameSql(name: string): string {
  return `'${keySql(name)}'`;
}

function orNull(value: string): string {
  return /^'[^']*'$/.test(value) || value.startsWith('coalesce(') ? value : `coalesce(${value}, 'null')`;
}

/** Keys stand in the text, so they must be what GraphQL's grammar lets a name be. */
function keySql(name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of GraphQL`);
  return `"${name}"`;
}
