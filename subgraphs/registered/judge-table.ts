import type { Product, Property, SchemaObject } from '../../schema/contract/model.ts';
import type { Finding } from '../../schema/findings.ts';
import { columnFit } from './column-fit.ts';
import type { ColumnFacts, ServerFacts, TableFacts } from './table-facts.ts';

type Said = Pick<Finding, 'code' | 'severity' | 'message'>;
type SaidOf = Said & { readonly property: string | null };

// Before 14 a numeric could not be compared with infinity. It is past its end of life.
const OLDEST = 140_000;
/** Columns that are named where one is missing. */
const NAMED_MAX = 20;

/** What is wrong with the database itself, or the role. */
export function judgeServer({ server }: Product, { version, readsLedger }: ServerFacts): Said[] {
  const found: Said[] = [];
  if (version < OLDEST)
    found.push(
      error('SERVER_VERSION', `The server ${server!.name} is a Postgres of before 14, of which Weft reads none.`),
    );
  if (readsLedger)
    found.push(
      error(
        'ROLE_OF_LEDGER',
        `The role of the server ${server!.name} may read Weft's own memory: give the tables a role that reads them alone.`,
      ),
    );
  return found;
}

/** What is wrong with an object's table, of which `property` names the column's property; warnings are of what cannot be told, or costs. */
export function judgeTable(object: SchemaObject, facts: TableFacts): SaidOf[] {
  const { name, registeredTable } = object;
  const place = `${registeredTable!.schema}.${registeredTable!.table}`;
  if (!facts.mayUseSchema || facts.kind === null)
    return [
      {
        ...error(
          'TABLE_MISSING',
          `${name} would be ${place}, and the server has no table or view of that name that its role may see.`,
        ),
        property: null,
      },
    ];
  const columns = new Map<string, ColumnFacts>(facts.columns.map((column) => [column.name, column]));
  const found = object.properties.flatMap((property): SaidOf[] => {
    const column = columns.get(property.column);
    const said =
      column === undefined ? [missing(place, property, facts)] : judgeColumn(object, property, column, facts);
    return said.map((one) => ({ ...one, property: property.name }));
  });
  const wide: Said[] = [...judgeKeys(object, facts, place)];
  if (facts.mayWrite)
    wide.push(warning('ROLE_CAN_WRITE', `The role may write ${place}: reading needs no more than select.`));
  return [...found, ...wide.map((said) => ({ ...said, property: null }))];
}

function missing(place: string, { name, column }: Property, { columns }: TableFacts): Said {
  const names = columns.slice(0, NAMED_MAX).map((one) => one.name);
  const rest = columns.length > NAMED_MAX ? ' …' : '';
  return error(
    'COLUMN_MISSING',
    `${name} would be the column ${column}, which ${place} does not have: set physicalName to one of ${names.join(', ')}${rest}.`,
  );
}

function judgeColumn(object: SchemaObject, property: Property, column: ColumnFacts, { kind }: TableFacts): Said[] {
  const { name } = property;
  const found: Said[] = [];
  if (!column.mayRead)
    found.push(error('COLUMN_FORBIDDEN', `${name} is the column ${column.name}, which the role may not read.`));
  const fit = columnFit(property, column);
  if (fit.fit === 'none')
    found.push(error('COLUMN_TYPE', `${name} cannot be read from the column ${column.name}: ${fit.because}.`));
  else if (fit.fit === 'cast' && column.isIndexed)
    found.push(
      warning(
        'INDEX_UNUSED',
        `${name} is ${column.shown}, and is read as ${property.pgType}: right, but filters on it find no use for its index${fit.instead === null ? '' : `; say physicalType: ${fit.instead}`}.`,
      ),
    );
  const isKey = object.key.includes(property);
  if (property.required && !column.notNull && isStored(kind))
    found.push(
      isKey
        ? error('KEY_NULLABLE', `${name} is of the key, and the column ${column.name} may be null.`)
        : warning(
            'REQUIRED_NULLABLE',
            `${name} is required, and the column ${column.name} may be null: such a row is an error where it is asked for.`,
          ),
    );
  return found;
}

/** Whether the key, and what else is unique, is so by an index; where none can be, that it is promised alone. */
function judgeKeys({ name, key, properties }: SchemaObject, { kind, keys }: TableFacts, place: string): Said[] {
  const isUnique = (columns: readonly Property[]): boolean => {
    const names = new Set<string>(columns.map(({ column }) => column));
    return keys.some((unique) => unique.every((column) => names.has(column)));
  };
  const named = key.map(({ column }) => column).join(', ');
  const found: Said[] = [];
  if (!isUnique(key))
    found.push(
      isStored(kind)
        ? error(
            'KEY_NOT_UNIQUE',
            `${place} has no unique index on the key of ${name} (${named}): rows could not be told apart.`,
          )
        : warning(
            'KEY_UNKNOWN',
            `Whether ${named} is unique and never null in ${place} cannot be told; that it is, is the contract's promise.`,
          ),
    );
  for (const property of properties)
    if (property.unique && !(key.length === 1 && key[0] === property) && !isUnique([property]))
      found.push(
        warning('UNIQUE_UNKNOWN', `${property.name} is said to be unique, and ${place} has no unique index on it.`),
      );
  return found;
}

/** A table, whose constraints can be told; of views, materialized ones and foreign tables they cannot, or not all. */
function isStored(kind: TableFacts['kind']): boolean {
  return kind === 'r' || kind === 'p';
}

function error(code: string, message: string): Said {
  return { code, severity: 'error', message };
}

function warning(code: string, message: string): Said {
  return { code, severity: 'warning', message };
}
