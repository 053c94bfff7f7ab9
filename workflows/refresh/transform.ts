import type pg from 'pg';
import type { SchemaObject } from '../../schema/contract/model.ts';
import { folded } from '../../schema/contract/names.ts';
import { checkSelect } from '../../schema/contract/sql.ts';
import { columnType, createTable } from '../../schema/contract/tables.ts';
import { Refusal } from '../../schema/errors.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import { quoted } from '../../schema/ids.ts';
import { transaction } from '../../schema/ledger/connect.ts';
import { asDomain, embeddable, prepareDomainRole, sqlRefusal } from '../engines/postgres.ts';
import type { StageDetail } from './activities.ts';
import { createInputViews } from './input-views.ts';
import { outputSql, type OutputSql } from './output-sql.ts';
import type { PlannedOutput, RefreshPlan } from './plan.ts';
import { seal } from './seal.ts';
import type { RefreshDeps, StageWork } from './stage.ts';

/**
 * Makes the output tables by the product's SQL, as the domain's own role. Refuses with TRANSFORM_REFUSED what is not one SELECT
 * over declared inputs, TRANSFORM_MISMATCH where its columns are not the contract's, TRANSFORM_FAILED where Postgres says no,
 * and QUALITY_FAILED where a key is not one. Tables that were landed straight are left as they are.
 */
export async function transform(deps: RefreshDeps, { plan, client, connect, end }: StageWork): Promise<StageDetail> {
  const outputs = plan.outputs.filter(({ straight }) => !straight);
  if (outputs.length === 0) return transaction(client, (trx) => end(trx, {}));
  const role = await prepareDomainRole(deps, plan);
  const relations = await transaction(client, async () => {
    await client.query(`grant usage on schema ${quoted(plan.schema)} to ${quoted(role)}`);
    const views = await createInputViews(client, plan, role);
    for (const { object, table } of outputs) {
      await client.query(`drop table if exists ${quoted(plan.schema, table)}`);
      await client.query(createTable(object, { schema: plan.schema, table }));
      await client.query(`grant insert on ${quoted(plan.schema, table)} to ${quoted(role)}`);
    }
    return views;
  });
  const made = await asDomain(deps, { plan, connect, readOnly: false }, async (domain) => {
    const rows: Record<string, number> = {};
    for (const output of outputs)
      rows[outputs.length === 1 ? 'rowsMade' : `${output.object.name}.rowsMade`] = await fill(
        domain,
        plan,
        output,
        relations,
      );
    return rows;
  });
  return transaction(client, async (trx) => {
    await trx.query(`set local maintenance_work_mem = '256MB'`);
    for (const { object, table } of outputs) {
      await seal(deps, { client, plan }, { object, table });
      await client.query(`analyze ${quoted(plan.schema, table)}`);
    }
    return end(trx, made);
  });
}

async function fill(
  domain: pg.Client,
  plan: RefreshPlan,
  { object, table }: PlannedOutput,
  relations: readonly string[],
): Promise<number> {
  const source = outputSql(plan, object);
  const { allowed, findings } = await checkSelect({ sql: source.sql, file: source.file, relations });
  if (!allowed)
    throw new Refusal(
      'TRANSFORM_REFUSED',
      `${object.name}: ${findings.map((finding) => `${place(finding)}${finding.message}`).join(' ')}`,
      { findings },
    );
  const sql = embeddable(source.sql);
  const columns = await matchedColumns(domain, object, { ...source, sql });
  const targets = object.properties.map(({ column }) => quoted(column)).join(', ');
  const prefix = `insert into ${quoted(plan.schema, table)} (${targets}) select ${columns.join(', ')} from (\n`;
  const inserted = await domain.query(`${prefix}${sql}\n) as "output"`).catch((error: unknown) => {
    throw sqlRefusal(error, { sql, prefix, file: source.file, what: object.name });
  });
  return inserted.rowCount ?? 0;
}

/** The query's columns in the order of the contract's properties, matched without case and underscores. Refuses what does not match. */
async function matchedColumns(domain: pg.Client, object: SchemaObject, source: OutputSql): Promise<string[]> {
  const prefix = 'select * from (\n';
  const { fields } = await domain.query(`${prefix}${source.sql}\n) as "output" limit 0`).catch((error: unknown) => {
    throw sqlRefusal(error, { sql: source.sql, prefix, file: source.file, what: object.name });
  });
  const types = await assignableTypes(domain, fields, object);
  const faults: string[] = [];
  const columns = object.properties.map((property) => {
    const found = fields.filter(
      ({ name }) => folded(name) === folded(property.name) || folded(name) === folded(property.column),
    );
    const [field, twin] = found;
    if (field === undefined) faults.push(`${property.column} (${columnType(property)}) is missing`);
    else if (twin !== undefined) faults.push(`${property.column} is there twice`);
    else {
      const type = types.get(`${field.dataTypeID} ${columnType(property)}`);
      if (type?.assignable === false)
        faults.push(`${property.column} is ${type.found}, and ${columnType(property)} is expected`);
      return `"${field.name.replaceAll('"', '""')}"`;
    }
    return '';
  });
  const known = new Set(object.properties.flatMap(({ name, column }) => [folded(name), folded(column)]));
  for (const { name } of fields) if (!known.has(folded(name))) faults.push(`${name} is not in the contract`);
  if (faults.length === 0) return columns;
  const found = fields.map(({ name }) => name).join(', ');
  throw new Refusal(
    'TRANSFORM_MISMATCH',
    `${source.file ?? object.name} does not yield the columns of ${object.name}: ${faults.join('; ')}. Found: ${found}. Expected: ${object.properties.map(({ column }) => column).join(', ')}.`,
    {
      findings: faults.map((message) =>
        errorFinding('TRANSFORM_MISMATCH', message, { file: source.file, path: object.name }),
      ),
    },
  );
}

/** For each pair of types that meet: whether Postgres assigns the one to the other, and how it calls the one. */
async function assignableTypes(
  domain: pg.Client,
  fields: readonly pg.FieldDef[],
  object: SchemaObject,
): Promise<Map<string, { found: string; assignable: boolean }>> {
  const wanted = [...new Set(object.properties.map(columnType))];
  const { rows } = await domain.query<{ key: string; found: string; assignable: boolean }>(
    `select f.oid || ' ' || w.name as key, format_type(f.oid, null) as found,
            f.oid = w.oid or f.oid = 'unknown'::regtype or t.typcategory = 'S'
              or exists (select from pg_cast c where c.castsource = f.oid and c.casttarget = w.oid and c.castcontext in ('a', 'i'))
              as assignable
       from unnest($1::oid[]) as f (oid)
      cross join (select name, name::regtype::oid as oid from unnest($2::text[]) as n (name)) w
       join pg_type t on t.oid = w.oid`,
    [fields.map(({ dataTypeID }) => dataTypeID), wanted],
  );
  return new Map(rows.map(({ key, found, assignable }) => [key, { found, assignable }]));
}

function place({ file, line, column }: Finding): string {
  return file === null ? '' : line === null ? `${file}: ` : `${file}:${line}:${column ?? 1}: `;
}
