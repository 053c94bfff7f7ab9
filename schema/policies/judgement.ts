import type { Product } from '../contract/model.ts';
import type { Finding } from '../findings.ts';
import type { PolicyException } from './exception.ts';
import type { Policy, PolicyContext, PolicyFinding } from './policy.ts';
import type { Rule } from './rules.ts';

/** What came of judging a product by one rule. */
export type Judgement =
  | { readonly rule: Rule; readonly found: readonly PolicyFinding[] }
  /** It threw, or took too long: who knows what it would have found. */
  | { readonly rule: Rule; readonly fault: string };

/** Judges by those rules of the platform that are not off; the organisation's own are run apart. */
export function judge(rules: readonly Rule[], context: PolicyContext): Judgement[] {
  return rules.flatMap((rule) => {
    const { policy, severity, parameters } = rule;
    if (severity === 'off' || !('judge' in policy)) return [];
    return [{ rule, found: policy.judge(context, parameters as Parameters<Policy['judge']>[1]) }];
  });
}

// More of a kind is one thing to mend, and a report that nobody reads.
const SHOWN_MAX = 20;
const MESSAGE_MAX = 1_000;

/**
 * Judgements as findings of the product, with their places: the policy's id is the code. Where an exception holds, its errors are
 * warnings that name it. Of more than 20 of a policy, the last says how many there are.
 */
export function policyFindings(
  judgements: readonly Judgement[],
  product: Product,
  exceptions: readonly PolicyException[],
): Finding[] {
  return judgements.flatMap((judgement): Finding[] => {
    const { policy, severity } = judgement.rule;
    const exception = exceptions.find((one) => one.policy === policy.id && one.product === product.id);
    const exempt = severity === 'error' && exception !== undefined;
    const words = exempt
      ? ` Exempted until ${exception.until.toISOString().slice(0, 16)}Z by ${exception.grantedBy}: ${exception.reason} (exception ${exception.id})`
      : '';
    const found = 'fault' in judgement ? [faultOf(policy.id, judgement.fault)] : judgement.found;
    return found.slice(0, SHOWN_MAX).map((one, index) => {
      const { file, path, line, column } = one;
      const place = file !== null && path !== undefined ? product.locate(file, path) : null;
      const rest = found.length - SHOWN_MAX;
      const more = index === SHOWN_MAX - 1 && rest > 0 ? ` And ${rest} more of the same.` : '';
      return {
        code: policy.id,
        severity: severity === 'error' && !exempt ? 'error' : 'warning',
        message: `${product.id}: ${one.message.slice(0, MESSAGE_MAX)}${more}${words}`,
        product: product.id,
        file,
        line: line ?? place?.line ?? null,
        column: column ?? place?.column ?? null,
        path: path ?? null,
      };
    });
  });
}

function faultOf(id: string, fault: string): PolicyFinding {
  return {
    message: `the policy ${id} could not be judged: ${fault}. Mend the policy, set it to off, or grant an exception.`,
    file: null,
  };
}
