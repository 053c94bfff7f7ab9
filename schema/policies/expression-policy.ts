import { Environment } from '@marcbachmann/cel-js';
import { z } from 'zod';
import { contractsOf, objectsOf, propertiesOf } from './elements.ts';
import { NO_PARAMETERS, POLICY_SEVERITIES, type PolicyContext, type PolicyFinding } from './policy.ts';

const sentence = z.string().trim().min(1);

/** A policy as an organisation writes it in CEL: `expression` is true of what passes. */
export const expressionText = z
  .strictObject({
    id: z.string().regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, 'must be in UPPER_SNAKE'),
    reason: sentence,
    severity: z.enum(POLICY_SEVERITIES).default('warning'),
    documentation: z.strictObject({ passes: sentence, fails: sentence, mend: sentence }),
    /** What it is asked of, one by one. */
    each: z.enum(['product', 'contract', 'object', 'property']).default('product'),
    expression: sentence,
    /** What is said of what does not pass. */
    message: sentence,
  })
  .transform((text) => ({ ...text, parameters: NO_PARAMETERS }));

/** What judges by an expression. */
export type ExpressionText = Pick<z.infer<typeof expressionText>, 'each' | 'expression' | 'message'>;

/** The documents as they were written: names are those of ODPS and ODCS. What `each` does not bring is null. */
const VARIABLES = ['product', 'contracts', 'contract', 'object', 'property', 'before'] as const;

const environment = VARIABLES.reduce<Environment>(
  (known, name) => known.registerVariable(name, 'dyn'),
  new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false }),
)
  .registerVariable('id', 'string')
  .registerVariable('domain', 'string')
  .registerVariable('today', 'string');

/** Why it can be no policy: it does not parse, or its value is neither true nor false. Null where it can. */
export function expressionFault({ expression }: Pick<ExpressionText, 'expression'>): string | null {
  const { valid, type, error } = environment.check(expression);
  if (!valid) return firstLine(error?.message ?? 'it does not parse');
  return ['bool', 'dyn'].includes(type ?? 'dyn') ? null : `its value is of type ${type}, and must be true or false.`;
}

/** What the expression does not pass. Throws where it has no value, or one that is neither true nor false. */
export function judgeByExpression(
  { each, expression, message }: ExpressionText,
  context: PolicyContext,
): PolicyFinding[] {
  const { product, before, today } = context;
  const contracts = contractsOf(product).map(({ contract }) => contract);
  const whole = {
    product: product.documents.product,
    contracts,
    before: before?.documents.product ?? null,
    id: product.id,
    domain: product.domain,
    today,
  };
  const none = { contract: null, object: null, property: null };
  const elements = {
    product: () => [{ values: none, at: { file: product.file }, name: null }],
    contract: () =>
      contractsOf(product).map(({ contract, file }) => ({
        values: { ...none, contract },
        at: { file },
        name: contract.id,
      })),
    object: () =>
      objectsOf(product).map(({ contract, object, file, path }) => ({
        values: { ...none, contract, object },
        at: { file, path },
        name: object.name,
      })),
    property: () =>
      propertiesOf(product).map(({ contract, object, property, file, path, name }) => ({
        values: { contract, object, property },
        at: { file, path },
        name,
      })),
  };
  const evaluate = environment.parse(expression);
  return elements[each]().flatMap(({ values, at, name }): PolicyFinding[] => {
    const value: unknown = valueOf(() => evaluate({ ...whole, ...values }), name);
    if (value === true) return [];
    if (value !== false) throw new Error(`its value is ${typeof value}${of(name)}, and must be true or false`);
    return [{ message: name === null ? message : `${name}: ${message}`, ...at }];
  });
}

function valueOf(evaluate: () => unknown, name: string | null): unknown {
  try {
    return evaluate();
  } catch (cause) {
    // Where the place in the expression is drawn beneath, the first line says it all.
    const why = firstLine(cause instanceof Error ? cause.message : String(cause));
    const hint = why.startsWith('No such key') ? ' (ask by has(…) for what may be missing)' : '';
    throw new Error(`${why}${of(name)}${hint}`, { cause });
  }
}

function of(name: string | null): string {
  return name === null ? '' : ` of ${name}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
