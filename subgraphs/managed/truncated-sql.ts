import type { DateUnit } from '../../schema/contract/graph-names.ts';
import type { Family } from './values.ts';

/**
 * SQL for the first moment of the unit that a moment lies in, at the same type, in UTC (the session's time zone). What the graph
 * cannot say (years beyond 0001 to 9999, infinities, 24:00) stays as it is: near their ends Postgres' types have no first moments.
 */
export function truncatedSql(column: string, family: Family, unit: DateUnit): string {
  const truncated = (value: string): string => `date_trunc('${unit.toLowerCase()}', ${value})`;
  switch (family) {
    case 'date':
      // By way of timestamp, which has no time zone.
      return `case when ${column} between '0001-01-01' and '9999-12-31' then ${truncated(`${column}::timestamp`)}::date else ${column} end`;
    case 'timestamp':
    case 'timestamptz':
      return `case when ${column} >= '0001-01-01' and ${column} < '10000-01-01' then ${truncated(column)} else ${column} end`;
    case 'time':
      return `case when ${column} < '24:00' then ${truncated(`${column}::interval`)}::time else ${column} end`;
    default:
      throw new Error(`Values of ${family} have no units`);
  }
}
