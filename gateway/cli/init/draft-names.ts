import { sqlName, type SqlName } from '../../../schema/ids.ts';
import { fieldName, RESERVED_TYPES, typeName, words } from '../../../schema/contract/names.ts';

/** Names that no field or column can have: words of the filters and literals of GraphQL, system columns of Postgres. */
const TAKEN = 'and or not true false null ctid xmin xmax cmin cmax tableoid'.split(' ');
/** Postgres cuts names at 63 bytes; what is shorter stays itself, and leaves room for a number. */
const NAME_LIMIT = 56;
/** Letters of a table's name: the number of a dataset version follows it. */
const OBJECT_LIMIT = 44;

/** A property name for each column, in order: camelCase, different from one another also as columns, and never a reserved word. */
export function propertyNames(columns: readonly string[], taken: readonly string[] = []): string[] {
  const used = new Set<SqlName>([...TAKEN, ...taken].map(sqlName));
  return columns.map((column, index) => {
    const wanted = shortened(fieldName(column) ?? `column${index + 1}`, NAME_LIMIT);
    return unused(used.has(sqlName(wanted)) && TAKEN.includes(wanted) ? `${wanted}Value` : wanted, '', used);
  });
}

/** A name for each object, in order: snake case, different as tables and as types, and none of the catalog's or the mesh's types. */
export function objectNames(objects: readonly string[], domain: string, meshTypes: ReadonlySet<string>): string[] {
  const used = new Set<SqlName>();
  const types = new Set<string>([...RESERVED_TYPES, ...meshTypes]);
  return objects.map((object, index) => {
    const bare = shortened(words(object).join('_') || `object_${index + 1}`, OBJECT_LIMIT);
    const isFree = (name: string): boolean => {
      const type = typeName(name);
      return type !== null && !type.startsWith('_') && !types.has(type);
    };
    const owned = shortened(`${words(domain).join('_')}_${bare}`, OBJECT_LIMIT);
    let name = unused(isFree(bare) ? bare : owned, '_', used);
    for (let count = 2; !isFree(name); count++) name = `${owned}_of_${count}`;
    types.add(typeName(name) ?? name);
    return name;
  });
}

function unused(wanted: string, separator: string, used: Set<SqlName>): string {
  let name = wanted;
  for (let count = 2; used.has(sqlName(name)); count++) name = `${wanted}${separator}${count}`;
  used.add(sqlName(name));
  return name;
}

function shortened(name: string, limit: number): string {
  return name.length <= limit ? name : name.slice(0, limit).replace(/_+$/, '');
}
