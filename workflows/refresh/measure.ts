import pg from 'pg';
import { countedWhere } from '../../schema/contract/count-query.ts';
import type { QualityRule, SchemaObject } from '../../schema/contract/model.ts';
import { checkSelect, fillPlaceholders } from '../../schema/contract/sql.ts';
import { quoted, type SqlName } from '../../schema/ids.ts';
import type { QualityResult } from '../../schema/ledger/quality.ts';
import { embeddable, sqlRefusal } from '../engines/postgres.ts';
import { type Counter, counterOf, enumCounter, queryCounter } from './metrics.ts';
import type { RefreshPlan } from './plan.ts';
import { samplesOf } from './samples.ts';
import { expectationText, isAsExpected } from './verdict.ts';

/** What came of an object's rules, and how many rows it has. */
export interface Measurement {
  readonly rows: number;
  readonly results: readonly QualityResult[];
}

/**
 * Measures an object's rules, as the domain's role: one scan for all counts, those of `sql` rules among them; other `sql` rules each by
 * itself. `relations` are what these may read.
 */
export async function measure(
  domain: pg.Client,
  plan: RefreshPlan,
  object: SchemaObject,
  relations: readonly SqlName[],
): Promise<Measurement> {
  const view = quoted(plan.schema, object.table);
  const enums = object.properties.flatMap(
    (property) => enumCounter(property, `${object.name}.${property.name}.enum`) ?? [],
  );
  const queries = await readQueries(plan, object, relations);
  const counters = [
    ...object.quality.flatMap((rule) => counterOf(rule, object) ?? queries.get(rule.id)?.counter ?? []),
    ...enums,
  ];
  const { rows, counts } = await countAll(domain, view, counters);

  const results: QualityResult[] = [];
  for (const rule of object.quality) {
    const { expectation } = rule;
    const query = queries.get(rule.id);
    if (expectation === null || !(query !== undefined || counts.has(rule.id))) {
      results.push(result(rule, 'skipped', rule.unchecked && `not checked: ${rule.unchecked}`, null));
      continue;
    }
    const count = counts.get(rule.id);
    const measured = count === undefined ? await valueOf(domain, query!) : inUnit(count, rule, rows);
    const passed = !(measured instanceof Unmeasurable) && isAsExpected(measured, expectation);
    const found = result(rule, passed ? 'passed' : 'failed', text(measured), expectationText(expectation, rule.unit));
    const counter = counters.find((one) => one.rule === rule.id);
    const isSampled = !passed && counter !== undefined && !(measured instanceof Unmeasurable);
    results.push(isSampled ? { ...found, samples: await samplesOf(domain, view, object, counter) } : found);
  }
  for (const counter of enums) {
    const { rule } = counter;
    const strangers = counts.get(rule);
    if (strangers === 0) continue;
    const property = rule.slice(object.name.length + 1, -'.enum'.length);
    results.push({
      rule,
      object: object.name,
      property,
      severity: 'error',
      outcome: 'failed',
      measured: text(strangers ?? null),
      expected: '= 0',
      description: 'values that are no member of the enum',
      samples: await samplesOf(domain, view, object, counter),
    });
  }
  return { rows, results };
}

/** Why a rule has no value: a failure of the rule, with the reason as what was measured. */
class Unmeasurable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

type Measured = number | string | null | Unmeasurable;

/** All counts of an object in one scan; where one of them cannot be had (a pattern that is none), each in its own. */
async function countAll(
  domain: pg.Client,
  view: string,
  counters: readonly Counter[],
): Promise<{ rows: number; counts: Map<string, number | Unmeasurable> }> {
  try {
    return await countTogether(domain, view, counters);
  } catch (error) {
    if (!(sqlRefusal(error, NOWHERE) instanceof Error) || sqlRefusal(error, NOWHERE) === error || counters.length === 0)
      throw error;
  }
  const counts = new Map<string, number | Unmeasurable>();
  const { rows } = await countTogether(domain, view, []);
  for (const counter of counters)
    try {
      counts.set(counter.rule, (await countTogether(domain, view, [counter])).counts.get(counter.rule)!);
    } catch (error) {
      counts.set(counter.rule, unmeasurable(error));
    }
  return { rows, counts };
}

async function countTogether(
  domain: pg.Client,
  view: string,
  counters: readonly Counter[],
): Promise<{ rows: number; counts: Map<string, number> }> {
  const values: unknown[] = [];
  const value = (item: unknown): string => `$${values.push(item)}`;
  const columns = counters.map((counter, index) => `${counter.sql(value)} as c${index}`);
  const { rows } = await domain.query<Record<string, string>>(
    `select count(*) as total${columns.map((sql) => `, ${sql}`).join('')} from ${view}`,
    values,
  );
  const [row] = rows;
  return {
    rows: Number(row!['total']),
    counts: new Map(counters.map(({ rule }, index) => [rule, Number(row![`c${index}`])])),
  };
}

/** The query of an `sql` rule: `counter` where it is a count of the object's own rows. */
interface RuleQuery {
  readonly sql: string;
  readonly counter: Counter | null;
  /** Why it may not be asked; null where it may. */
  readonly refused: string | null;
}

/** By rule. */
async function readQueries(
  plan: RefreshPlan,
  object: SchemaObject,
  relations: readonly SqlName[],
): Promise<ReadonlyMap<string, RuleQuery>> {
  const queries = new Map<string, RuleQuery>();
  for (const rule of object.quality) {
    if (rule.type !== 'sql' || rule.query === null) continue;
    const column = object.properties.find(({ name }) => name === rule.property)?.column ?? null;
    const sql = fillPlaceholders(rule.query, { object: object.table, property: column });
    const file = plan.product.files[object.contractId] ?? null;
    const { allowed, findings } = await checkSelect({ sql, file, relations });
    const where = allowed ? await countedWhere(sql, object.table) : null;
    queries.set(rule.id, {
      sql,
      counter: where === null ? null : queryCounter(rule.id, where),
      refused: allowed ? null : findings.map(({ message }) => message).join(' '),
    });
  }
  return queries;
}

/** The first column of the first row. */
async function valueOf(domain: pg.Client, { sql, refused }: RuleQuery): Promise<Measured> {
  if (refused !== null) return new Unmeasurable(refused);
  try {
    const { rows } = await domain.query<(number | string | boolean | Date | null)[]>({
      text: `select * from (\n${embeddable(sql)}\n) as "measured" limit 1`,
      rowMode: 'array',
    });
    const [value] = rows[0] ?? [];
    if (value === null || value === undefined) return null;
    return typeof value === 'number' ? value : String(value);
  } catch (error) {
    return unmeasurable(error);
  }
}

const NOWHERE = { sql: '', prefix: '', file: null, what: 'rule' } as const;

/** What is wrong with the rule itself; a fault of the server is thrown on. */
function unmeasurable(error: unknown): Unmeasurable {
  if (sqlRefusal(error, NOWHERE) === error || !(error instanceof pg.DatabaseError)) throw error;
  return new Unmeasurable(error.message);
}

function inUnit(count: number | Unmeasurable, { unit, metric, among }: QualityRule, rows: number): Measured {
  const isAsCounted = unit === 'rows' || metric === 'rowCount' || metric === null || among === 'values';
  if (count instanceof Unmeasurable || isAsCounted) return count;
  return rows === 0 ? 0 : (count * 100) / rows;
}

function text(measured: Measured): string | null {
  if (measured instanceof Unmeasurable) return `no value: ${measured.reason}`;
  if (typeof measured === 'number' && !Number.isInteger(measured)) return String(Number(measured.toPrecision(6)));
  return measured === null ? null : String(measured);
}

function result(
  rule: QualityRule,
  outcome: QualityResult['outcome'],
  measured: string | null,
  expected: string | null,
): QualityResult {
  const { id, object, property, severity, description } = rule;
  return { rule: id, object, property, severity, outcome, measured, expected, description, samples: [] };
}
