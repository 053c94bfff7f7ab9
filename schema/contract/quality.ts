import type { QualityRule } from './model.ts';
import { OPERATORS, type METRICS, type OdcsQuality } from './odcs-quality.ts';
import { readCustom } from './quality/custom.ts';
import type { RuleAt } from './quality/meaning.ts';

type Metric = (typeof METRICS)[number];

/** Names of 3.0's deprecated `rule`, and what they are today. */
const FORMER: Readonly<Record<string, Metric>> = {
  nullcheck: 'nullValues',
  nullvalues: 'nullValues',
  nullcount: 'nullValues',
  missingvalues: 'missingValues',
  validvalues: 'invalidValues',
  invalidvalues: 'invalidValues',
  invalidcount: 'invalidValues',
  duplicatecount: 'duplicateValues',
  duplicatevalues: 'duplicateValues',
  uniquecheck: 'duplicateValues',
  rowcount: 'rowCount',
};

/** Words of the free text `severity` that only record a failure; every other word, and none, is an error. */
const MILD = new Set(['warning', 'warn', 'info', 'information', 'notice', 'low', 'minor', 'medium']);

/** One rule in Weft's form; `id` is made unique by `uniqueRules`. `named` finds the property that another tool's rule means by a column. */
export function readRule(
  rule: OdcsQuality,
  at: { object: string; property: string | null; named?: RuleAt['named'] },
): QualityRule {
  const metric = rule.metric ?? (rule.rule === undefined ? null : (FORMER[rule.rule.toLowerCase()] ?? null));
  const type = rule.type ?? (metric === null ? (rule.query === undefined ? 'text' : 'sql') : 'library');
  const expectation = expectationOf(rule);
  // A rule of nulls is about a property; of rows, about the object, wherever it stands.
  const property = metric === 'rowCount' ? null : at.property;
  const custom =
    type === 'custom' ? readCustom(rule.engine ?? '', rule.implementation, { named: (name) => name, ...at }) : null;
  const executable = (type === 'library' && metric !== null) || (type === 'sql' && rule.query !== undefined);
  return {
    id: rule.id ?? rule.name ?? [at.object, property, metric ?? type].filter((part) => part !== null).join('.'),
    object: at.object,
    property,
    type,
    metric: type === 'library' ? metric : null,
    arguments: rule.arguments ?? {},
    query: rule.query ?? null,
    unit: rule.unit?.toLowerCase() === 'percent' || rule.unit === '%' ? 'percent' : 'rows',
    among: 'rows',
    expectation: executable ? expectation : null,
    severity: MILD.has(rule.severity?.trim().toLowerCase() ?? '') ? 'warning' : 'error',
    dimension: rule.dimension ?? null,
    description: rule.description ?? null,
    unchecked: custom !== null && 'why' in custom ? custom.why : null,
    ...(custom !== null && 'meant' in custom ? custom.meant : {}),
  };
}

/** Rules whose ids differ: the second of a name gets `.2`. */
export function uniqueRules(rules: readonly QualityRule[], taken: Set<string>): QualityRule[] {
  return rules.map((rule) => {
    let id = rule.id;
    for (let count = 2; taken.has(id); count++) id = `${rule.id}.${count}`;
    taken.add(id);
    return { ...rule, id };
  });
}

/** Why a rule cannot be carried out although it looks as if it should; null where all is well. */
export function ruleDoubt(rule: OdcsQuality, read: QualityRule): string | null {
  if (read.unchecked !== null) return `The rule ${read.id} is listed and not checked: ${read.unchecked}.`;
  if (read.type === 'text' || read.type === 'custom') return null;
  if (read.expectation === null)
    return `The rule ${read.id} names no comparison or no known metric; it is listed and not checked.`;
  if (read.type === 'sql') return null;
  if (
    read.property === null &&
    (read.metric === 'nullValues' || read.metric === 'missingValues' || read.metric === 'invalidValues')
  )
    return `The rule ${read.id} (${read.metric}) belongs to a property; here it is listed and not checked.`;
  if (read.property === null && read.metric === 'duplicateValues' && !Array.isArray(read.arguments['properties']))
    return `The rule ${read.id} needs arguments.properties: the list of properties that must differ together.`;
  if (
    read.metric === 'invalidValues' &&
    !['validValues', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'format'].some(
      (name) => name in read.arguments,
    )
  )
    return `The rule ${read.id} needs arguments.validValues or arguments.pattern.`;
  if (rule.unit !== undefined && !['rows', 'percent', '%'].includes(rule.unit.toLowerCase()))
    return `The rule ${read.id} counts in ${rule.unit.slice(0, 40)}; known are rows and percent. It counts rows.`;
  return null;
}

function expectationOf(rule: OdcsQuality): QualityRule['expectation'] {
  const operator = OPERATORS.find((name) => rule[name] !== undefined);
  if (operator === undefined) return null;
  const operand = rule[operator];
  if (typeof operand === 'number' || typeof operand === 'string') return { operator, operand };
  if (typeof operand === 'boolean') return { operator, operand: String(operand) };
  if (Array.isArray(operand)) return { operator, operand: operand as [number, number] };
  return null;
}
