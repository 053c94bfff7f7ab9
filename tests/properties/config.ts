import { z } from 'zod';

const schema = z.object({
  /** How many random operations: 5,000 by default, which take some two minutes. */
  WEFT_PROPERTY_CASES: z.coerce.number().int().positive().default(5_000),
  /** What the random data and operations come from; a failure says its own. */
  WEFT_PROPERTY_SEED: z.coerce
    .number()
    .int()
    .default(() => Math.floor(Math.random() * 2 ** 31)),
});

/** What the environment says of the property tests; refuses what is no number. */
export function propertyConfig(): { readonly cases: number; readonly seed: number } {
  const { WEFT_PROPERTY_CASES, WEFT_PROPERTY_SEED } = schema.parse(process.env);
  return { cases: WEFT_PROPERTY_CASES, seed: WEFT_PROPERTY_SEED };
}
