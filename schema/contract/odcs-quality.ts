import { z } from 'zod';
import { chosen, refused, strict } from './grammar.ts';
import { authoritativeDefinitions, customProperties, dimension, stableId, text, texts } from './odcs-parts.ts';

/** The comparisons of the standard; a rule has exactly one. */
export const OPERATORS = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
  'mustNotBeBetween',
] as const;

/** The metrics of the standard's library. */
export const METRICS = ['nullValues', 'missingValues', 'invalidValues', 'duplicateValues', 'rowCount'] as const;

const between = refused(
  z.tuple([z.number(), z.number()]),
  ([low, high]) => low < high,
  'QUALITY_BOUNDS',
  'The lower bound of a between must come first, and be below the upper one.',
);

const shape = {
  id: stableId.optional(),
  name: text.optional(),
  description: text.optional(),
  type: z.enum(['text', 'library', 'sql', 'custom']).optional(),
  metric: z.enum(METRICS).optional(),
  /** Deprecated name of `metric`. */
  rule: text.optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  query: text.optional(),
  engine: text.optional(),
  implementation: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  unit: text.optional(),
  dimension: dimension.optional(),
  method: text.optional(),
  severity: text.optional(),
  businessImpact: text.optional(),
  schedule: text.optional(),
  scheduler: text.optional(),
  tags: texts.optional(),
  authoritativeDefinitions,
  customProperties,
  mustBe: z.unknown().optional(),
  mustNotBe: z.unknown().optional(),
  mustBeGreaterThan: z.number().optional(),
  mustBeGreaterOrEqualTo: z.number().optional(),
  mustBeLessThan: z.number().optional(),
  mustBeLessOrEqualTo: z.number().optional(),
  mustBeBetween: between.optional(),
  mustNotBeBetween: between.optional(),
};

const any = strict(shape);
export type OdcsQuality = z.infer<typeof any>;

const oneOperator = (rule: OdcsQuality): boolean => OPERATORS.filter((name) => rule[name] !== undefined).length === 1;
const ONE = 'A rule has exactly one comparison: mustBe, mustBeLessThan, mustBeBetween, …';

const measured = refused(strict({ ...shape, metric: z.enum(METRICS) }), oneOperator, 'QUALITY_OPERATOR', ONE);
const sql = refused(strict({ ...shape, query: text }), oneOperator, 'QUALITY_OPERATOR', ONE);
const custom = strict({ ...shape, engine: text, implementation: z.union([text, z.record(z.string(), z.unknown())]) });

/** A quality rule by its type; one that has neither type nor metric is text, or the deprecated `rule`. */
export const quality: z.ZodType<OdcsQuality> = chosen((value) => {
  const { type, metric, rule } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (type === 'sql') return sql;
  if (type === 'custom') return custom;
  if (metric !== undefined || (type === 'library' && rule === undefined)) return measured;
  return any;
});
