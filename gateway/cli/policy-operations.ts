import { z } from 'zod';
import { lower, PAGE, pageShape } from './answer-shapes.ts';

const policyShape = z.object({
  id: z.string(),
  codes: z.array(z.string()),
  reason: z.string(),
  severity: lower,
  defaultSeverity: lower,
  origin: lower,
  configurable: z.boolean(),
  documentation: z.object({ passes: z.string(), fails: z.string(), mend: z.string() }),
  parameters: z.unknown(),
});
/** A policy as it holds in one place. */
export type ShownPolicy = z.infer<typeof policyShape>;

const exceptionShape = z.object({
  id: z.string(),
  policy: z.string(),
  product: z.string(),
  reason: z.string(),
  grantedBy: z.string(),
  grantedAt: z.string(),
  until: z.string(),
  revokedBy: z.string().nullable(),
  revokedAt: z.string().nullable(),
  inForce: z.boolean(),
});
/** An exception from a policy. */
export type ShownException = z.infer<typeof exceptionShape>;

const EXCEPTION = 'id policy product reason grantedBy grantedAt until revokedBy revokedAt inForce';

/** What the command line asks of governance. */
export const POLICY_OPERATIONS = {
  policies: {
    text: `query Policies($domain: ID, $product: ID) {
  policies(domain: $domain, product: $product) {
    id codes reason severity defaultSeverity origin configurable parameters
    documentation { passes fails mend }
  }
}`,
    answer: z.object({ policies: z.array(policyShape) }),
  },
  exceptions: {
    text: `query Exceptions($product: ID, $policy: ID, $ended: Boolean!, $first: Int!, $after: String) {
  policyExceptions(product: $product, policy: $policy, ended: $ended, first: $first, after: $after) {
    nodes { ${EXCEPTION} }
    ${PAGE}
  }
}`,
    answer: z.object({ policyExceptions: z.object({ nodes: z.array(exceptionShape), pageInfo: pageShape }) }),
  },
  exempt: {
    text: `mutation Exempt($policy: ID!, $product: ID!, $reason: String!, $until: DateTime!) {
  granted: grantPolicyException(policy: $policy, product: $product, reason: $reason, until: $until) { ${EXCEPTION} }
}`,
    answer: z.object({ granted: exceptionShape }),
  },
  revokeException: {
    text: `mutation Revoke($id: ID!) { revoked: revokePolicyException(id: $id) { ${EXCEPTION} } }`,
    answer: z.object({ revoked: exceptionShape }),
  },
} as const;
