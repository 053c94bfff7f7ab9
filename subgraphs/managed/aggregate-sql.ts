import type { SemanticProperty } from '../../schema/contract/model.ts';
import { conditionSql, correlationSql, whereSql } from './condition-sql.ts';
import { expressionSql } from './expression-sql.ts';
import { failedSql } from './failed-measures.ts';
import type { Aggregate, AggregateField, Measure } from './fetch.ts';
import { arraySql, nameSql, objectSql, type Entry, type JsonSql } from './json-sql.ts';
import { rowScope, type RowScope, type Scope } from './scope.ts';
import type { Draft } from './statement.ts';
import { tableSql } from './table.ts';
import { truncatedSql } from './truncated-sql.ts';
import { extremeJson, familyOf, propertyJson, scalarJson, type Family } from './values.ts';

/**
 * SQL for the JSON array of an aggregate: one object a group, each measure computed once. Groups come in the order asked
 * for, then by their keys, so that no order is left to chance; without `groupBy` there is one row, of an empty table too.
 * Under a row (`parent`) it is correlated: of those that refer to it.
 */
export function aggregateSql(draft: Draft, aggregate: Aggregate, parent: Scope | null): JsonSql {
  const row = rowScope(draft);
  const [grouped, numbered] = [draft.alias(), draft.alias()];
  const columns = new Map<string, string>();
  const column = (expression: string): string => {
    const known = columns.get(expression) ?? `"#${columns.size}"`;
    columns.set(expression, known);
    return known;
  };
  const groupings = aggregate.groupBy.map(({ property, unit }) => ({
    property,
    expression: unit === null ? row.column(property) : truncatedSql(row.column(property), familyOf(property), unit),
  }));
  const keys = new Map(groupings.map(({ property, expression }) => [property.name, column(expression)]));
  const terms = [
    ...aggregate.order.map((term) => {
      const place =
        term.by === 'measure' ? column(measureOf(draft, row, term.measure).expression) : keys.get(term.property.name)!;
      return `${place}${term.direction === 'DESC' ? ' desc' : ''} nulls last`;
    }),
    ...[...keys.values()].map((key) => `${key} nulls last`),
  ];
  const saying = { strict: draft.strict, nullable: true };
  const contractMeasure = (measure: SemanticProperty): JsonSql => {
    draft.answers(measure);
    const failure = draft.failed.get(measure);
    if (failure !== undefined) return failedSql(failure);
    return propertyJson(`${grouped}.${column(expressionSql(draft, measure, row.column))}`, measure, saying);
  };
  const field = (part: AggregateField): JsonSql => {
    switch (part.kind) {
      case 'typename':
        return nameSql(part.type);
      case 'object':
        return objectSql(part.fields.map((item): Entry => [item.key, field(item)]));
      case 'groupKey': {
        const key = keys.get(part.property.name);
        return key === undefined
          ? { sql: `'null'`, sound: true }
          : propertyJson(`${grouped}.${key}`, part.property, saying);
      }
      case 'measure': {
        if (part.measure.over === 'expression') return contractMeasure(part.measure.measure);
        const { expression, family } = measureOf(draft, row, part.measure);
        const { over } = part.measure;
        if (over === 'min' || over === 'max')
          return extremeJson(`${grouped}.${column(expression)}`, part.measure.property, saying);
        const cast = part.scalar === 'Float' ? '::double precision' : '';
        return scalarJson(
          `${grouped}.${column(expression)}${cast}`,
          cast === '' ? family : 'float',
          part.scalar,
          saying,
        );
      }
    }
  };
  const group = objectSql(aggregate.fields.map((part): Entry => [part.key, field(part)]));
  const where = whereSql([
    ...correlationSql(aggregate.parent, row, parent),
    aggregate.where === null ? null : conditionSql(draft, row, aggregate.where),
  ]);
  const selected = [...columns].map(([expression, name]) => `${expression} as ${name}`);
  const groups =
    `select ${selected.length === 0 ? 'count(*)' : selected.join(', ')} from ${tableSql(draft, aggregate.table)} as ${row.alias}${where}` +
    (keys.size === 0 ? '' : ` group by ${groupings.map(({ expression }) => expression).join(', ')}`) +
    (terms.length === 0 ? '' : ` order by ${terms.join(', ')}`) +
    ` limit ${draft.bind({ of: aggregate.first, pgType: 'bigint' })}`;
  // `offset 0` keeps the item from being computed once for every time that it is named.
  const items = `select ${group.sql} as "#item", row_number() over () as "#n" from (${groups}) as ${grouped} offset 0`;
  const list = arraySql({ sql: `${numbered}."#item"`, sound: group.sound }, `${numbered}."#n"`);
  return { sql: `(select ${list.sql} from (${items}) as ${numbered})`, sound: list.sound };
}

function measureOf(draft: Draft, row: RowScope, measure: Measure): { expression: string; family: Family } {
  if (measure.over === 'rows') return { expression: 'count(*)', family: 'integer' };
  if (measure.over === 'expression')
    return { expression: expressionSql(draft, measure.measure, row.column), family: familyOf(measure.measure) };
  const column = row.column(measure.property);
  const family = familyOf(measure.property);
  // Sums of float4 are float4: too coarse beyond a few thousand rows.
  const value = family === 'float' ? `${column}::double precision` : column;
  switch (measure.over) {
    case 'countDistinct':
      return { expression: `count(distinct ${column})`, family: 'integer' };
    case 'sum':
      // The sum of bigint is numeric, without a fraction.
      return { expression: `sum(${value})`, family };
    case 'avg':
      return { expression: `avg(${value})`, family: family === 'float' ? 'float' : 'numeric' };
    case 'min':
    case 'max':
      // Postgres has no least uuid; their texts sort as they do.
      return { expression: `${measure.over}(${family === 'uuid' ? `${column}::text` : column})`, family };
  }
}
