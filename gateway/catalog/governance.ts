import { randomUUID } from 'node:crypto';
import type { Mesh } from '../../schema/contract/model.ts';
import { Refusal } from '../../schema/errors.ts';
import { domainId, type ProductId, runId } from '../../schema/ids.ts';
import {
  exceptionHistory,
  exceptionsInForce,
  grantException,
  revokeException,
} from '../../schema/ledger/policy-exceptions.ts';
import type { Configuration } from '../../schema/policies/configuration.ts';
import { ENFORCED, type Enforced } from '../../schema/policies/enforced.ts';
import type { PolicyException } from '../../schema/policies/exception.ts';
import { type Judgement, policyFindings } from '../../schema/policies/judgement.ts';
import { type Place, type Rule, rulesFor } from '../../schema/policies/rules.ts';
import { requireAdmin } from '../actor.ts';
import { dayOf, type Governance, standing } from '../policies/open-policies.ts';
import type { CatalogContext, CatalogDeps } from './context.ts';
import type { Standing } from './loaders.ts';
import { connection, type PageArgs, pageAsk } from './page.ts';
import { requireProductId } from './products.ts';

interface PlaceArgs {
  readonly domain?: string | null;
  readonly product?: string | null;
}

/** What products are judged by, and who is excepted. */
export const governanceQueries = {
  policies: async (_source: unknown, args: PlaceArgs, { policies }: CatalogContext) =>
    listed(await policies.current(), placeOf(args)),

  policy: async (
    _source: unknown,
    { id, ...args }: PlaceArgs & { readonly id: string },
    { policies }: CatalogContext,
  ) => {
    const all = listed(await policies.current(), placeOf(args));
    return all.find((one) => one.id === id || one.codes.includes(id)) ?? null;
  },

  policyExceptions: async (
    _source: unknown,
    args: PageArgs & {
      readonly product?: string | null;
      readonly policy?: string | null;
      readonly ended?: boolean | null;
    },
    { ledger }: CatalogContext,
  ) => {
    const ask = pageAsk(args, runId);
    const found = await exceptionHistory(ledger, {
      product: args.product == null ? null : requireProductId(args.product),
      policy: args.policy ?? null,
      ended: args.ended ?? false,
      limit: ask.first + 1,
      before: ask.after,
    });
    return connection(found.slice(0, ask.first), ask, found.length > ask.first);
  },
};

const REASON_MAX = 1_000;

interface GrantArgs {
  readonly policy: string;
  readonly product: string;
  readonly reason: string;
  readonly until: string;
}

/** Who grants an exception answers for it: it is recorded with name, reason and end, and never deleted. */
export const governanceMutations = {
  grantPolicyException: async (
    _source: unknown,
    args: GrantArgs,
    context: CatalogContext,
  ): Promise<PolicyException> => {
    requireAdmin(context.actor);
    const { configuration } = await context.policies.current();
    const product = requireProductId(args.product);
    const reason = args.reason.trim();
    const until = new Date(args.until);
    if (reason === '' || reason.length > REASON_MAX)
      throw new Refusal('BAD_INPUT', `reason must say why, in at most ${REASON_MAX} letters.`);
    if (Number.isNaN(until.getTime()))
      throw new Refusal('BAD_INPUT', 'until must be a moment, such as 2026-12-31T00:00:00Z.');
    if (ENFORCED.some(({ codes }) => codes.includes(args.policy)))
      throw new Refusal(
        'BAD_INPUT',
        `${args.policy} is part of what the platform stands on: there are no exceptions from it.`,
      );
    if (!rulesFor(configuration, { product }).some(({ policy }) => policy.id === args.policy))
      throw new Refusal('NOT_FOUND', `There is no policy ${args.policy}; \`weft policies\` lists them.`);
    const grant = { id: randomUUID(), policy: args.policy, product, reason, grantedBy: context.actor.name, until };
    const granted = await grantException(context.ledger, grant, configuration.exceptionDaysMax);
    if (granted === null)
      throw new Refusal(
        'BAD_INPUT',
        `until must be later than now and at most ${configuration.exceptionDaysMax} days away; found ${until.toISOString()}.`,
      );
    return granted;
  },

  revokePolicyException: async (_source: unknown, { id }: { id: string }, context: CatalogContext) => {
    requireAdmin(context.actor);
    const known = runId(id);
    if (known === null) throw new Refusal('NOT_FOUND', `${id.slice(0, 60)} is no exception's id, which is a UUID.`);
    return revokeException(context.ledger, known, context.actor.name);
  },
};

/** Resolvers of what hangs on products and policies. */
export const governance = {
  PolicyException: {
    // The database's clock decides; ours shows it.
    inForce: ({ revokedAt, until }: PolicyException) => revokedAt === null && until.getTime() > Date.now(),
  },
};

/** Judgements of one mesh by one configuration on one day: who asks again, or asks all products, makes nobody wait twice. */
interface Known {
  readonly configuration: Configuration;
  readonly today: string;
  readonly judgements: Map<ProductId, readonly Judgement[]>;
}
const known = new WeakMap<Mesh, Known>();

/** How live products stand, all in one go. */
export function standingOf({ graph, ledger, policies }: CatalogDeps) {
  return async (ids: readonly ProductId[]): Promise<(Standing | null)[]> => {
    const { mesh } = graph.current();
    const current = await policies.current();
    const judgements = await judgementsOf(mesh, ids, current);
    const exceptions = await exceptionsInForce(ledger, ids);
    return ids.map((id) => {
      const product = mesh.products.get(id);
      if (product === undefined) return null;
      const lifted = exceptions.filter((exception) => exception.product === id);
      return { findings: policyFindings(judgements.get(id) ?? [], product, lifted), exceptions: lifted };
    });
  };
}

async function judgementsOf(
  mesh: Mesh,
  ids: readonly ProductId[],
  governance: Governance,
): Promise<ReadonlyMap<ProductId, readonly Judgement[]>> {
  const { configuration } = governance;
  const today = dayOf(new Date());
  let held = known.get(mesh);
  if (held?.configuration !== configuration || held.today !== today) {
    held = { configuration, today, judgements: new Map() };
    known.set(mesh, held);
  }
  const { judgements } = held;
  const missing = ids.flatMap((id) => (judgements.has(id) ? [] : (mesh.products.get(id) ?? [])));
  for (const judged of await governance.judge(missing.map((product) => standing(product, mesh, today))))
    judgements.set(judged.product.id, judged.judgements);
  return judgements;
}

function placeOf({ domain, product }: PlaceArgs): Place {
  if (domain != null && domainId(domain) === null)
    throw new Refusal('NOT_FOUND', `${domain.slice(0, 60)} is no domain's id, which is like \`network\`.`);
  return { domain: domain ?? null, product: product == null ? null : requireProductId(product) };
}

function listed({ configuration }: Governance, place: Place) {
  return [...rulesFor(configuration, place).map(ofRule), ...ENFORCED.map(ofEnforced)];
}

function ofRule({ policy, severity, parameters }: Rule) {
  const origin = 'source' in policy ? 'organisation' : 'platform';
  const { id, reason, documentation, severity: defaultSeverity } = policy;
  return { id, codes: [id], reason, documentation, severity, defaultSeverity, origin, parameters, configurable: true };
}

function ofEnforced({ codes, reason, documentation }: Enforced) {
  const [id] = codes;
  const severity = 'error';
  return {
    id,
    codes,
    reason,
    documentation,
    severity,
    defaultSeverity: severity,
    origin: 'platform',
    parameters: {},
    configurable: false,
  };
}
