import { Supergraph } from '@apollo/federation-internals';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import { loadableSupergraph } from '../serving/loadable-supergraph.ts';
import type { VariantRules } from './read-variants.ts';
import { type VariantRule, variantSupergraph } from './variant-supergraph.ts';

/** Variants that would no longer be graphs: `after` a publish, and not `before` it (null before the first). */
export async function variantFindings(
  rules: VariantRules,
  { after, before }: { readonly after: string; readonly before: () => Promise<string | null> },
): Promise<Finding[]> {
  const broken = Object.entries(rules).flatMap(([name, rule]) => {
    const fault = faultOf(after, rule);
    return fault === null ? [] : [{ name, rule, fault }];
  });
  if (broken.length === 0) return [];
  const was = await before();
  return broken
    .filter(({ rule }) => was === null || faultOf(was, rule) === null)
    .map(({ name, fault }) =>
      errorFinding(
        'VARIANT_BROKEN',
        `The variant ${name} of the graph would not hold together: ${fault} Tag what it needs, or exclude what needs it.`,
      ),
    );
}

/** What is wrong with a variant of a supergraph: hidden is what is shown elsewhere (`@inaccessible`, rules of its specification). */
function faultOf(supergraphSdl: string, rule: VariantRule): string | null {
  try {
    Supergraph.build(loadableSupergraph(variantSupergraph(supergraphSdl, rule))).apiSchema();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 1_000) : 'it does not load.';
  }
}
