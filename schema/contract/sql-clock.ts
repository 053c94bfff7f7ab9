import { loadModule, parseSync } from 'libpg-query';
import { namePath, type SqlNode } from './sql-walk.ts';

/** What any engine answers from the clock when it is called so: with no argument, but for `age`. */
const CLOCKS: ReadonlySet<string> = new Set(
  `now statement_timestamp transaction_timestamp clock_timestamp today current_date current_timestamp localtimestamp
  unix_timestamp`.split(/\s+/),
);
/** Texts that are moments where they are read as one. */
const MOMENT = /^\s*(now|today|tomorrow|yesterday)\b/i;

/**
 * True where a SELECT may answer otherwise tomorrow though all that it reads is the same: it asks for the time. What cannot be read may.
 * Of what `checkSelect` allows nothing else answers otherwise each time.
 */
export async function asksTheClock(sql: string): Promise<boolean> {
  await loadModule();
  try {
    return hasClock(parseSync(sql).stmts);
  } catch {
    return true;
  }
}

function hasClock(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasClock);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([tag, inner]) => isClock(tag, inner as SqlNode) || hasClock(inner));
}

function isClock(tag: string, node: SqlNode): boolean {
  switch (tag) {
    // CURRENT_DATE and its like; CURRENT_USER and its like are refused.
    case 'SQLValueFunction':
      return true;
    case 'FuncCall': {
      const name = namePath(node['funcname']).at(-1) ?? '';
      // With one argument it is the age today.
      return CLOCKS.has(name) || (name === 'age' && (node['args'] as unknown[] | undefined)?.length === 1);
    }
    case 'A_Const':
      return MOMENT.test((node['sval'] as { sval?: string } | undefined)?.sval ?? '');
    default:
      return false;
  }
}
