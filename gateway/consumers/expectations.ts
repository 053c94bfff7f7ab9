import { readExpectation } from '../../schema/expectation.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import { judgeExpectation } from '../../schema/judge-expectation.ts';
import type { RegisteredOperation } from '../../schema/ledger/subscriptions.ts';
import type { Actor } from '../actor.ts';
import { operationContext } from '../execute/operation-context.ts';
import type { Graph } from '../serving/graph.ts';

/** For all operations of a subscription: as long as a request may take. */
const ASKED_MS = 30_000;
/** In letters of JSON. */
const VARIABLES_MAX = 100_000;

/** What an operation is asked with, and what its answer must be like. */
export type Expected = Pick<RegisteredOperation, 'variables' | 'expects'>;

/** Both as a consumer sent them. */
export interface SentExpectation {
  readonly variables?: unknown;
  readonly expects?: unknown;
}

/** Reads what was sent with an operation; findings of what is wrong with it. */
export function readExpected(
  name: string,
  { variables = null, expects = null }: SentExpectation,
): Expected | { readonly findings: readonly Finding[] } {
  const refused = (message: string, path: string): Finding =>
    errorFinding('OPERATION_INVALID', `${name}: ${message}`, { file: name, path });
  if (variables !== null && (typeof variables !== 'object' || Array.isArray(variables)))
    return { findings: [refused('Its variables are no object of values by name.', 'variables')] };
  if (JSON.stringify(variables).length > VARIABLES_MAX)
    return { findings: [refused(`Its variables have more than ${VARIABLES_MAX} letters.`, 'variables')] };
  const given = variables as Expected['variables'];
  if (expects === null) return { variables: given, expects: null };
  const read = readExpectation(expects);
  if ('expects' in read) return { variables: given, expects: read.expects };
  return {
    findings: read.faults.map(({ message, path }) =>
      refused(
        `What is expected of it does not read: ${message}`,
        ['expects', path].filter((part) => part !== '').join('.'),
      ),
    ),
  };
}

/**
 * Asks those that expect something, of the live data: errors of what is not as expected now, since no run could be blamed for it;
 * warnings of those that cannot be asked of staged data, as they do not lie in managed products alone. Refuses where the data
 * cannot be asked for now.
 */
export async function findUnexpected(
  graph: Graph,
  operations: readonly RegisteredOperation[],
  actor: Actor,
): Promise<Finding[]> {
  const serving = graph.current();
  const signal = AbortSignal.timeout(ASKED_MS);
  const findings: Finding[] = [];
  for (const { name, text, variables, expects } of operations) {
    const told = (message: string): Finding =>
      errorFinding('OPERATION_INVALID', `${name}: ${message}`, { file: name, path: 'expects' });
    if (expects === null) {
      if (variables !== null)
        findings.push(warning(told('It has variables, and nothing is expected of its answer: it is only validated.')));
      continue;
    }
    // Only what is not of managed products alone, or not all for this consumer, has another path.
    const found = graph.operations().find(text, null, actor);
    if (found.kind !== 'compiled' || found.path !== 'managed' || serving.whole === null) {
      const why = 'it asks for more than managed products have, or for what not everyone may see';
      findings.push(
        warning(told(`It cannot be asked of data that is about to go live, as ${why}: it is only validated.`)),
      );
      continue;
    }
    const { reading } = operationContext({ actor, serving, trace: null }, signal);
    const verdict = await judgeExpectation(serving.whole, { text, variables, expects }, reading);
    if (verdict.kind === 'unjudged') throw verdict.because;
    if (verdict.kind === 'unmet')
      findings.push(told(`Its answer is not as expected now already: ${verdict.reasons.join('; ')}.`));
  }
  return findings;
}

function warning(finding: Finding): Finding {
  return { ...finding, severity: 'warning' };
}
