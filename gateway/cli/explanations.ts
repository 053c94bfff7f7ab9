import type { Finding } from '../../schema/findings.ts';
import { policiesHere, shownPolicies } from './shown-policies.ts';
import type { ShownPolicy } from './policy-operations.ts';
import type { Terminal } from './terminal.ts';

/** The policies and rules that the findings come from, once each, in the order of the findings; what needs no words has none. */
export async function explanationsOf(
  terminal: Terminal,
  findings: readonly Finding[],
  byServer: boolean,
): Promise<ShownPolicy[]> {
  if (findings.length === 0) return [];
  const known = await (byServer ? shownPolicies(terminal, {}) : policiesHere(terminal, {}));
  const found = findings.flatMap(({ code }) => known.find(({ codes }) => codes.includes(code)) ?? []);
  return [...new Set(found)];
}
