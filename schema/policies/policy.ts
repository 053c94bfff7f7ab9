import { z } from 'zod';
import type { Change } from '../contract/changes/change.ts';
import type { Mesh, Product } from '../contract/model.ts';

/** What a policy's finding is: an error refuses the publish, a warning is shown and kept, `off` is not looked for. */
export const POLICY_SEVERITIES = ['error', 'warning', 'off'] as const;
export type PolicySeverity = (typeof POLICY_SEVERITIES)[number];

/** What a policy judges: a product that is about to be published, or is live, and all that it stands in. */
export interface PolicyContext {
  readonly product: Product;
  /** All products, linked, the judged one as it is proposed. */
  readonly mesh: Mesh;
  /** Its live revision; null where there is none, or where it is the judged one itself. */
  readonly before: Product | null;
  /** From `before` to `product`. */
  readonly changes: readonly Change[];
  /** The day on which it is judged: `2026-01-31`, UTC. */
  readonly today: string;
}

/** What a policy found; its code, severity, line and column are added by whoever asked. */
export interface PolicyFinding {
  /** One sentence: the thing, what was found, what was expected, what to do. */
  readonly message: string;
  /** Relative to the product's folder; null where no file is to blame. */
  readonly file: string | null;
  /** Where in a YAML document: `schema[0].properties[2]`. */
  readonly path?: string;
  /** From 1, where the file is no YAML. */
  readonly line?: number;
  readonly column?: number;
}

/** One rule of governance. */
export interface Policy {
  /** Stable, UPPER_SNAKE: the code of its findings. */
  readonly id: string;
  /** One sentence: whom it protects, and from what. */
  readonly reason: string;
  /** Where nobody configured another. */
  readonly severity: PolicySeverity;
  readonly documentation: PolicyDocumentation;
  /** What an organisation may set; answers the values that hold, defaults filled in, or what is wrong with those given. */
  readonly parameters: z.ZodType<Readonly<Record<string, unknown>>>;
  /** `parameters` as the schema above answered them. Pure; never throws of a product that could be read. */
  readonly judge: (context: PolicyContext, parameters: never) => readonly PolicyFinding[];
}

/** Examples are text: YAML, SDL or a sentence. */
export interface PolicyDocumentation {
  readonly passes: string;
  readonly fails: string;
  /** What its owner does about a finding. */
  readonly mend: string;
}

/** Of a policy that has nothing to set. */
export const NO_PARAMETERS = z.strictObject({}).prefault({});

/** A policy, its parameters' type held against what judges by them. */
export function policy<Parameters extends Readonly<Record<string, unknown>>>(
  given: Omit<Policy, 'parameters' | 'judge'> & {
    readonly parameters: z.ZodType<Parameters>;
    readonly judge: (context: PolicyContext, parameters: Parameters) => readonly PolicyFinding[];
  },
): Policy {
  return given;
}
