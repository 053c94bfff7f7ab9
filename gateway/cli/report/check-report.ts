import type { Change } from '../../../schema/contract/changes/change.ts';
import type { Finding } from '../../../schema/findings.ts';
import type { ShownPolicy } from '../policy-operations.ts';

/** What a check came to; `check --json` prints it, with `counts`, and this shape only grows. */
export interface CheckReport {
  readonly passed: boolean;
  /** By the contracts alone, or also by the server, which knows all that is live. */
  readonly checkedBy: readonly ('offline' | 'server')[];
  readonly products: readonly string[];
  /** Sorted by place; files as seen from where the command ran. */
  readonly findings: readonly Finding[];
  /** What would differ from what is live; empty where only contracts were looked at. */
  readonly changes: readonly Change[];
  /** Of what was found, where that was asked for. */
  readonly explanations?: readonly ShownPolicy[];
}

/** How many findings of each severity, and changes of each weight, a report has. */
export function countsOf({ findings, changes }: CheckReport): Readonly<Record<string, number>> {
  const of = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const weighing = (weight: Change['weight']): number => changes.filter((change) => change.weight === weight).length;
  return {
    errors: of('error'),
    warnings: of('warning'),
    hints: of('hint'),
    breaking: weighing('breaking'),
    risky: weighing('risky'),
    safe: weighing('safe'),
  };
}

const WEIGHTS = ['breaking', 'risky', 'safe'] as const satisfies readonly Change['weight'][];
const BUMPS = ['none', 'patch', 'minor', 'major'] as const satisfies readonly Change['bump'][];

/** Changes with the heaviest first; those of one weight in their order. */
export function heaviestFirst(changes: readonly Change[]): Change[] {
  return [...changes].sort((a, b) => WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight));
}

/** The version that all changes together ask for, at least. */
export function neededBump(changes: readonly Change[]): Change['bump'] {
  return BUMPS[Math.max(0, ...changes.map(({ bump }) => BUMPS.indexOf(bump)))] ?? 'none';
}
