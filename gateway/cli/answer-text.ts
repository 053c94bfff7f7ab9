import { plural, table, details } from './table.ts';

type Json = Readonly<Record<string, unknown>>;

/** A GraphQL answer for people: lists and connections as tables, other values as `name  value` lines. */
export function answerText(data: Json): string {
  const fields = Object.entries(data);
  return fields
    .map(([name, value]) =>
      fields.length > 1 && isTabular(value) ? `${name}\n${fieldText(name, value)}` : fieldText(name, value),
    )
    .join('\n\n');
}

function fieldText(name: string, value: unknown): string {
  const rows = rowsOf(value);
  if (rows === null) return details(isObject(value) ? flat(value) : [[name, cell(value)]]);
  const flatRows = rows.map((row) => new Map(isObject(row) ? flat(row) : [[name, cell(row)]]));
  const headings = [...new Set(flatRows.flatMap((row) => [...row.keys()]))];
  // What a connection says besides its rows: totalCount, pageInfo.
  const { nodes: _nodes, edges: _edges, ...rest } = isObject(value) ? value : {};
  const shown =
    rows.length === 0
      ? 'No rows.'
      : table(
          headings,
          flatRows.map((row) => headings.map((one) => row.get(one) ?? '')),
        );
  return Object.keys(rest).length === 0 ? shown : `${shown}\n\n${details(flat(rest))}`;
}

/** The rows of a list, or of a connection by its nodes or edges; null where the value is neither. */
function rowsOf(value: unknown): readonly unknown[] | null {
  if (isList(value)) return value;
  if (!isObject(value)) return null;
  const { nodes, edges } = value;
  if (isList(nodes)) return nodes;
  if (!isList(edges)) return null;
  return edges.map((edge) => (isObject(edge) && isObject(edge['node']) ? edge['node'] : edge));
}

/** An object's values by their path, `origin.name`; lists in it are counted, connections by what they hold. */
function flat(object: Json, prefix = ''): [string, string][] {
  return Object.entries(object).flatMap(([name, value]): [string, string][] => {
    const path = `${prefix}${name}`;
    const rows = rowsOf(value);
    if (!isObject(value) || rows !== null) {
      if (!isObject(value) || rows === null) return [[path, cell(value)]];
      const { nodes: _nodes, edges: _edges, ...rest } = value;
      return [[path, listCell(rows)], ...flat(rest, `${path}.`)];
    }
    return flat(value, `${path}.`);
  });
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return listCell(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Objects of one field each are read by it: `JFK, LGA`. */
function listCell(rows: readonly unknown[]): string {
  const values = rows.map((row) => {
    if (!isObject(row)) return cell(row);
    const own = Object.values(row);
    return own.length === 1 && !isObject(own[0]) && !Array.isArray(own[0]) ? cell(own[0]) : null;
  });
  return values.every((value) => value !== null) ? values.join(', ') : plural(rows.length, 'row');
}

function isTabular(value: unknown): boolean {
  return rowsOf(value) !== null || isObject(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
