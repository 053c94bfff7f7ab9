import { loadModule, parseSync } from 'libpg-query';

/** The columns that an SQL expression names, without what qualifies them; none where it cannot be read. */
export async function expressionColumns(sql: string): Promise<ReadonlySet<string>> {
  await loadModule();
  const columns = new Set<string>();
  const todo: unknown[] = [];
  try {
    todo.push(parseSync(`select (\n${sql}\n)`));
  } catch {
    // What is wrong with it was said when it was checked.
    return columns;
  }
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'ColumnRef') {
        const last = (value as { fields?: { String?: { sval?: string } }[] }).fields?.at(-1)?.String?.sval;
        if (last !== undefined) columns.add(last);
      } else todo.push(value);
    }
  }
  return columns;
}
