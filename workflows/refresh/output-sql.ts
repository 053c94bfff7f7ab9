import type { Property, SchemaObject } from '../../schema/contract/model.ts';
import { columnsSeen, originOf } from '../../schema/contract/renaming.ts';
import { columnType } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { quoted, type SqlName, sqlName } from '../../schema/ids.ts';
import type { RefreshPlan } from './plan.ts';

/** The SELECT that an output object is made by, and the file that it stands in; null where Weft wrote it from the contract. */
export interface OutputSql {
  readonly sql: string;
  readonly file: string | null;
}

/** The object's `transform.sql`, else its properties' `transformLogic` over the one input. */
export function outputSql(plan: RefreshPlan, object: SchemaObject): OutputSql {
  const sql = plan.product.transforms[object.name];
  if (sql !== undefined) return { sql, file: fileOf(plan, sql) };
  const input = onlyInput(plan, object);
  const columns = object.properties.map(
    (property) => `${valueOf(property, input, plan)} as ${quoted(property.column)}`,
  );
  return { sql: `select ${columns.join(',\n  ')}\nfrom ${quoted(input.view)}`, file: null };
}

interface Input {
  readonly view: SqlName;
  readonly name: string;
  readonly properties: readonly Property[];
}

function valueOf(property: Property, input: Input, { product: { engine } }: RefreshPlan): string {
  const origin = originOf(property, input);
  if (origin.kind === 'expression') return `(${origin.sql}\n)`;
  if (origin.kind === 'unknown')
    throw new Refusal(
      'TRANSFORM_MISMATCH',
      `${property.name} comes from ${origin.name}, which ${input.name} does not have.`,
    );
  const column = quoted(origin.input.column);
  // Other engines give what they yield its type by themselves.
  return engine !== 'postgres' || columnType(origin.input) === columnType(property)
    ? column
    : `${column}::${columnType(property)}`;
}

function onlyInput(plan: RefreshPlan, object: SchemaObject): Input {
  const inputs: Input[] = [
    ...plan.landings.map(({ object }) => ({ name: object.name, view: object.view, properties: columnsSeen(object) })),
    ...plan.inputs.flatMap(({ objects }) =>
      objects.map(({ name, properties }) => ({ name, properties, view: sqlName(name) })),
    ),
  ];
  const [input] = inputs.length === 1 ? inputs : inputs.filter(({ name }) => name === object.name);
  if (input === undefined)
    throw new Refusal(
      'TRANSFORM_MISMATCH',
      `${object.name} has no transform.sql, and ${inputs.length === 0 ? 'no input' : `more than one input (${inputs.map(({ name }) => name).join(', ')})`} to be a renaming of.`,
    );
  return input;
}

function fileOf(plan: RefreshPlan, sql: string): string {
  return plan.revision.files.find(({ path, text }) => path.endsWith('.sql') && text === sql)?.path ?? 'transform.sql';
}
