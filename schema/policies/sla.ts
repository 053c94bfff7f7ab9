import type { Product } from '../contract/model.ts';
import { contractsOf } from './elements.ts';
import { NO_PARAMETERS, policy, type PolicyFinding } from './policy.ts';

/** Each promise by the words of ODCS that make it. */
const FREQUENCY = ['frequency', 'refreshfrequency', 'fy'];
const LATENCY = ['latency', 'freshness', 'timeliness'];
const ANSWERS = ['availability', ...LATENCY];

/** The contract promises how often data comes, and how old it may be. */
export const sla = policy({
  id: 'SLA',
  reason: 'Without frequency and latency nobody can tell late data from data that is as it should be.',
  // Nothing is scheduled and nothing measured, which the catalog shows; the data is no worse.
  severity: 'warning',
  documentation: {
    passes:
      'slaProperties:\n  - { property: frequency, value: 1, unit: d }\n  - { property: latency, value: 2, unit: d }',
    fails: 'slaProperties:\n  - { property: availability, value: 99.5, unit: percent }',
    mend: 'Add `frequency` and `latency` (or `freshness`) to `slaProperties`. A product that reads other products only needs no frequency: it is refreshed when they are. A remote service or a registered table promises availability or latency.',
  },
  parameters: NO_PARAMETERS,
  judge: ({ product }): readonly PolicyFinding[] => {
    const promised = new Set(product.sla.promises.map(({ property }) => property.toLowerCase()));
    const missing = wanted(product).filter(({ words }) => !words.some((word) => promised.has(word)));
    const [first] = contractsOf(product);
    return missing.map(({ says }) => ({
      message: `the contract promises no ${says}: add it to slaProperties.`,
      file: first?.file ?? null,
      path: 'slaProperties',
    }));
  },
});

function wanted({ kind, inputs }: Product): { readonly says: string; readonly words: readonly string[] }[] {
  if (kind !== 'managed') return [{ says: 'availability or latency', words: ANSWERS }];
  const follows = inputs.length > 0 && inputs.every((input) => input.kind === 'product');
  const latency = { says: 'latency or freshness', words: LATENCY };
  return follows ? [latency] : [{ says: 'frequency', words: FREQUENCY }, latency];
}
